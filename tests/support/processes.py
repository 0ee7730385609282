"""Inspection of processes from outside, and ways to stop and kill them."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeAlias

# Returns the process ids of all workers that run, or are being started, on a pool's host.
WorkersOfHost: TypeAlias = Callable[[], set[int]]
# A limit for broken tests only; no test asserts a time.
HANG_S = 60.0


async def until(condition: Callable[[], object]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(HANG_S):
        while not condition():  # noqa: ASYNC110  (nobody announces what other processes do)
            await asyncio.sleep(0.005)


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not waited for does not."""
    try:
        return _stat(pid)[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # the latter if it ends between opening and reading
        return False


def children(parent: int | None = None) -> set[int]:
    """The processes that one, by default this one, started and did not yet wait for, zombies among them.

    Without the database server that all tests of a session share.
    """
    pids: set[int] = set()
    for task in Path(f"/proc/{parent or 'self'}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that has just ended
            pids.update(map(int, (task / "children").read_text().split()))
    return {pid for pid in pids if not _is_database(pid)}


def _is_database(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text() == "postgres\n"
    except (FileNotFoundError, ProcessLookupError):
        return False


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def private_memory_bytes(pid: int) -> int:
    """What RLIMIT_DATA counts of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmData:")[2].split()[0]) * 1024


def environment_of(pid: int) -> bytes:
    """The variables that a process was started with."""
    return Path(f"/proc/{pid}/environ").read_bytes()


def peak_memory_bytes(pid: int) -> int:
    """What a process had in memory at most, with libraries and whatever it shares."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def resident_bytes(pid: int) -> int:
    """What a process holds in memory by itself, without files and what it shares."""
    _, resident, shared, *_ = map(int, Path(f"/proc/{pid}/statm").read_text().split())
    return (resident - shared) * os.sysconf("SC_PAGE_SIZE")


def mapped_files(pid: int) -> str:
    """The shared libraries and other files in a process's memory."""
    return Path(f"/proc/{pid}/maps").read_text()


async def until_at_work(pid: int) -> None:
    """Wait until a process has computed for a while, so that it is in the midst of something that takes longer."""
    before = cpu_ticks(pid)
    await until(lambda: cpu_ticks(pid) >= before + 5)


@contextmanager
def stopped(*pids: int) -> Iterator[None]:
    """Keep processes from running meanwhile; those that die are none the worse."""
    assert all(pids), "0 stands for the whole process group"
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    # On a busy machine the signal takes a while, in which a process would still read what it is sent.
    while not all(map(_stands_still, pids)):
        time.sleep(0.001)
    try:
        yield
    finally:
        for pid in pids:
            if alive(pid):
                os.kill(pid, signal.SIGCONT)


def _stands_still(pid: int) -> bool:
    """Return whether all threads of a process have stopped, or are gone."""
    try:
        threads = [int(each.name) for each in Path(f"/proc/{pid}/task").iterdir()]
        return all(_stat(thread)[0] in "TZX" for thread in threads)
    except (FileNotFoundError, ProcessLookupError):
        return not alive(pid)


def cpu_ticks(pid: int) -> int:
    """Time on a CPU, in hundredths of a second."""
    fields = _stat(pid)
    return int(fields[11]) + int(fields[12])


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; before it stands the name, which may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
