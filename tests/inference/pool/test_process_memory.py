"""Memory limits of a process and the memory that it retains; each test has a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

MEGABYTE = 2**20


def run(program: str) -> str:
    """Run a program; `memory` leaves 500 MB to the process, 150 MB to images, and 50 MB when it rests."""
    setting = """
from inference.pool.process_memory import ProcessMemory
memory = ProcessMemory(max_bytes=500 * 2**20, max_image_bytes=150 * 2**20, max_retained_bytes=50 * 2**20)
"""
    command = [sys.executable, "-c", setting + program]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def test_images_get_less_than_models() -> None:
    said = run("""
def fits(megabytes):
    try:
        return len(bytearray(megabytes * 2**20)) > 0
    except MemoryError:
        return False
print(fits(100), fits(200))
with memory.loading_models():
    model = bytearray(200 * 2**20)
    print(fits(400))
print(fits(100), fits(200))
del model
memory.reset_baseline()
print(fits(100), fits(200))
""")
    assert said.split() == ["True", "False", "False", "True", "False", "True", "False"]


@pytest.mark.slow
def test_an_engine_that_needs_more_lifts_the_bound_for_good() -> None:
    said = run("""
import resource
with memory.loading_models():
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))
held = bytearray(600 * 2**20)
memory.reset_baseline()
with memory.loading_models():
    more = bytearray(600 * 2**20)
print(memory.release())
del held, more
print(len(bytearray(600 * 2**20)), memory.release())
""")
    assert said.split() == ["False", str(600 * MEGABYTE), "False"]


def test_what_is_kept_is_told_and_what_can_be_freed_is_freed() -> None:
    said = run("""
print(memory.release())
held = bytearray(100 * 2**20)
print(memory.release())
cycle = [held]
cycle.append(cycle)
del held, cycle
print(memory.release())
small = [bytes(1000) for _ in range(100_000)]
print(memory.release())
del small
print(memory.release())
held = bytearray(100 * 2**20)
memory.reset_baseline()
print(memory.release())
""")
    assert said.split() == ["False", "True", "False", "True", "False", "False"]
