"""Instructions of a program, counted by callgrind, which simulates a processor: other load changes nothing."""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from pathlib import Path

from inference.errors import InferenceError
from inference.models.bundle import Bundle
from inference.pool.launch import ENVIRONMENT
from inference.system.environment import child_environment

COLLECTED = re.compile(rb"Collected : ([0-9]+)")


class CallgrindFailed(InferenceError):
    """Callgrind is not installed, or the program failed under it."""


def worker_command(bundle: Bundle, photo: Path) -> tuple[str, ...]:
    """Return the command of `inference.benchmarks.worker_loop`."""
    return (sys.executable, "-m", "inference.benchmarks.worker_loop", str(bundle.directory), str(photo))


async def instructions_of(command: Sequence[str], photos: int) -> int:
    """Run a loop to its end, and count its instructions, those of its start included.

    Args:
        command: program that reads a number of photos from its standard input, as `bare_loop` does.
        photos: number of photos.

    Raises:
        CallgrindFailed: valgrind is not installed, or the program failed.
    """
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise CallgrindFailed("expected the program valgrind, which counts instructions. Received: none on the PATH")
    process = await asyncio.create_subprocess_exec(
        *(valgrind, "--tool=callgrind", "--callgrind-out-file=/dev/null", *command),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env=child_environment() | ENVIRONMENT,
    )
    _, log = await process.communicate(f"{photos}\n".encode())
    collected = COLLECTED.search(log)
    if process.returncode or collected is None:
        reason = log.decode(errors="replace").strip().rpartition("\n")[2]
        raise CallgrindFailed(f"expected a number of instructions from valgrind. Received: {reason}")
    return int(collected[1])
