"""What a process may take, and what it keeps; each test in a process of its own."""

from __future__ import annotations

import subprocess
import sys

MEGABYTE = 2**20


def run(program: str) -> str:
    """Run a program in which `memory` limits the process to 500 MB, of which it may keep 50 MB; return what it says."""
    setting = "from inference.process_memory import ProcessMemory\nmemory = ProcessMemory(500 * 2**20, 50 * 2**20)\n"
    command = [sys.executable, "-c", setting + program]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def test_growth_is_limited_for_a_while() -> None:
    said = run("""
memory.limit_growth(100 * 2**20)
try:
    bytearray(200 * 2**20)
except MemoryError:
    print("too much")
memory.limit_no_more()
memory.limit_no_more()
print(len(bytearray(200 * 2**20)))
try:
    bytearray(600 * 2**20)
except MemoryError:
    print("too much in all")
""")
    assert said.splitlines() == ["too much", str(200 * MEGABYTE), "too much in all"]


def test_growth_is_not_limited_where_an_engine_lifted_the_limit() -> None:
    said = run("""
import resource
hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))
memory.limit_growth(100 * 2**20)
held = bytearray(600 * 2**20)
memory.limit_no_more()
print(len(held), memory.give_back())
""")
    assert said == f"{600 * MEGABYTE} False\n"


def test_what_is_kept_is_told_and_what_can_be_freed_is_freed() -> None:
    said = run("""
print(memory.give_back())
held = bytearray(100 * 2**20)
print(memory.give_back())
cycle = [held]
cycle.append(cycle)
del held, cycle
print(memory.give_back())
small = [bytes(1000) for _ in range(100_000)]
print(memory.give_back())
del small
print(memory.give_back())
held = bytearray(100 * 2**20)
memory.note_base()
print(memory.give_back())
""")
    assert said.split() == ["False", "True", "False", "True", "False", "False"]
