"""The benchmark of the pool with a tiny network; the measured values are not checked."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from inference.benchmarks import instructions, machine
from inference.benchmarks.instructions import CallgrindFailed, instructions_of
from inference.benchmarks.network import make_photo
from inference.benchmarks.processes import cpu_s, joint_bytes, launch, resident_bytes
from inference.models.store import ModelStore
from tests.support.colour_models import plain
from tests.support.processes import children


async def test_every_side_of_each_ratio_labels_the_photo(
    store: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "TURN_S", 0.05)
    photo = tmp_path / "photo.png"
    photo.write_bytes(plain("red", 400))
    before = children()
    figures = await machine.measure_model(store, "colours", photo, rounds=2)
    cost, waiting, loops, single = figures
    assert all(len(figure.turns) == 2 for figure in figures)
    assert all(figure.value > 0 for figure in (cost, loops, single))
    assert 0 <= waiting.value < 100
    assert children() == before


async def test_a_workers_memory_is_what_it_has_above_a_bare_python(store: ModelStore, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(plain("red"))
    memory, shared = await machine.measure_worker_memory(store, "colours", photo)
    assert 10 < memory.value < 150
    assert 1 < shared.value < machine.SHARING_WORKERS


async def test_the_peak_of_a_programs_memory_is_its_own_and_not_that_of_this_process() -> None:
    ballast = bytearray(200_000_000)
    small = await launch(sys.executable, "-c", "pass")
    large = await launch(sys.executable, "-c", "bytearray(100_000_000)")
    assert small.peak_bytes < 60_000_000 < len(ballast)
    assert 100_000_000 < large.peak_bytes < 160_000_000
    assert large.seconds > 0


async def test_a_program_that_fails_is_not_measured() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        await launch(sys.executable, "-c", "raise SystemExit(3)")


def test_the_cpu_time_of_processes_is_what_they_say_themselves() -> None:
    start_s, start_own_s = cpu_s([os.getpid()]), time.process_time()
    sum(range(10_000_000))
    assert cpu_s([os.getpid()]) - start_s == pytest.approx(time.process_time() - start_own_s, abs=1e-2)
    with waiting_python() as other:
        # Each time only grows, so the sum lies between the times before and the times after.
        before_s = cpu_s([other.pid]), cpu_s([os.getpid()])
        both_s = cpu_s([other.pid, os.getpid()])
        after_s = cpu_s([other.pid]), cpu_s([os.getpid()])
        assert min(before_s) > 0
        assert sum(before_s) <= both_s + 1e-9
        assert both_s <= sum(after_s) + 1e-9
        other.communicate(b"\n")
    with pytest.raises(OSError, match="Invalid argument"):
        cpu_s([other.pid])


def test_what_processes_share_is_counted_once() -> None:
    alone = joint_bytes([os.getpid()])
    assert alone == pytest.approx(resident_bytes(os.getpid()), rel=0.02)
    with waiting_python() as other:
        together = joint_bytes([os.getpid(), other.pid])
        assert alone < together < alone + resident_bytes(other.pid)
        other.communicate(b"\n")


@contextmanager
def waiting_python() -> Iterator[subprocess.Popen[bytes]]:
    """Start a Python that has nothing left to do but wait for its input to end."""
    command = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process


async def test_without_valgrind_no_instructions_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(CallgrindFailed, match="expected the program valgrind"):
        await instructions_of(["true"], 1)


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="needs valgrind")
async def test_the_same_work_takes_the_same_instructions_and_a_failure_is_told() -> None:
    count, again = await asyncio.gather(*(instructions_of(["/bin/cat"], 1) for _ in range(2)))
    assert count == pytest.approx(again, rel=0.01)
    assert count > 1000
    with pytest.raises(CallgrindFailed):
        await instructions_of(["/bin/false"], 1)


@pytest.mark.slow
async def test_a_workers_loop_runs_by_itself_and_ends_with_its_input(store: ModelStore, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(plain("red"))
    finished = await asyncio.to_thread(
        subprocess.run,
        instructions.worker_command(store.find("colours"), photo),
        input=b"3\n2\n",
        capture_output=True,
        check=True,
    )
    assert finished.stdout == b"done\ndone\n"


def test_the_photo_is_as_large_as_a_phones(tmp_path: Path) -> None:
    sample, photo = tmp_path / "sample.png", tmp_path / "photo.jpg"
    sample.write_bytes(plain("red"))
    make_photo(sample, photo)
    with Image.open(photo) as image:
        assert (image.size, image.format) == ((3024, 4032), "JPEG")
