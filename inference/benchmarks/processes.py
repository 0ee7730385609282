"""CPU time and memory of processes, as the kernel counts them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

# Clock of the CPU time of a process, in the number of a clock: CPUCLOCK_SCHED of the Linux kernel.
CPU_CLOCK = 2

# Program of a small process that starts the measured process. The peak memory of a child process begins with the peak
# of its parent, so the parent must be small.
LAUNCHER = """
import resource, subprocess, sys, time
start = time.perf_counter()
status = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
sys.exit(status)
"""


@dataclass(frozen=True, slots=True)
class Run:
    """Duration of a program's run, and the peak of its resident memory."""

    seconds: float
    peak_bytes: int


def cpu_s(pids: Iterable[int]) -> float:
    """Return the CPU time so far of running processes together, in user and system mode, to the nanosecond.

    The number of the clock is made from the process id as clock_getcpuclockid(3) of the C library does.

    Raises:
        OSError: one of the processes is gone.
    """
    return sum(time.clock_gettime(~pid << 3 | CPU_CLOCK) for pid in pids)


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process, in bytes."""
    return _kilobytes(Path(f"/proc/{pid}/status").read_text(encoding="utf-8"), "VmRSS")


def joint_bytes(pids: Iterable[int]) -> int:
    """Return the resident memory of like processes together, in bytes; what they share is counted once.

    Unlike the sum of their proportional set sizes, it does not depend on other processes with the same libraries.
    """
    rollups = [Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8") for pid in pids]
    private = sum(_kilobytes(each, "Private_Clean") + _kilobytes(each, "Private_Dirty") for each in rollups)
    return private + max(_kilobytes(each, "Shared_Clean") + _kilobytes(each, "Shared_Dirty") for each in rollups)


async def bare_python_bytes() -> int:
    """Return the resident memory of an idle Python interpreter, in bytes."""
    return _kilobytes(await output_of(sys.executable, "-c", "print(open('/proc/self/status').read())"), "VmRSS")


async def launch(*command: str) -> Run:
    """Run a program to its end, and measure it.

    Raises:
        CalledProcessError: the program failed.
    """
    seconds, peak_bytes = (await output_of(sys.executable, "-S", "-c", LAUNCHER, *command)).split()
    return Run(float(seconds), int(peak_bytes))


async def output_of(*command: str) -> str:
    """Run a program to its end, and return its output.

    Raises:
        CalledProcessError: the program failed.
    """
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE)
    output, _ = await process.communicate()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return output.decode()


def _kilobytes(fields: str, name: str) -> int:
    """Return a field of a file in /proc, in bytes."""
    return int(fields.partition(f"{name}:")[2].split()[0]) * 1024
