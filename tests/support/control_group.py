"""A control group of the kernel, which limits the memory of the processes in it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.processes import HANG_S

MOUNT = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class MemoryGroup:
    """A group of processes that share a limit on memory.

    Attributes:
        folder: the group's files.
        peak_file, deaths_file: names of the files with the highest use in bytes, and with the number of deaths.
    """

    folder: Path
    peak_file: str
    deaths_file: str

    def starter(self, cores: set[int]) -> tuple[str, ...]:
        """Return a command that executes the one after it in this group, on some cores only."""
        script = 'echo $$ > "$0/cgroup.procs" && exec taskset --cpu-list "$@"'
        return ("sh", "-c", script, str(self.folder), ",".join(map(str, cores)))

    @property
    def peak_bytes(self) -> int:
        return int((self.folder / self.peak_file).read_text())

    @property
    def deaths(self) -> int:
        """Number of processes that the kernel killed, as the group had no memory left."""
        lines = dict(line.split() for line in (self.folder / self.deaths_file).read_text().splitlines())
        return int(lines["oom_kill"])


@contextmanager
def memory_group(limit_bytes: int) -> Iterator[MemoryGroup]:
    """Make a group of version 1 or 2 below this process's own; skip the test if that is not allowed."""
    groups = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
    own = {controllers: path.lstrip("/") for _, controllers, path in groups}
    old = "memory" in own
    folder = (MOUNT / "memory" / own["memory"] if old else MOUNT / own[""]) / f"labelbot-tests-{os.getpid()}"
    try:
        folder.mkdir()
        (folder / ("memory.limit_in_bytes" if old else "memory.max")).write_text(str(limit_bytes))
    except OSError as error:
        if folder.is_dir():
            folder.rmdir()
        pytest.skip(f"needs to be allowed to make control groups: {error.strerror}: {error.filename}")
    try:
        names = ("memory.max_usage_in_bytes", "memory.oom_control") if old else ("memory.peak", "memory.events")
        yield MemoryGroup(folder, *names)
    finally:
        _remove(folder)


def _remove(folder: Path) -> None:
    """Remove a group, once the processes that were killed in it have ended."""
    ends_s = time.monotonic() + HANG_S
    while True:
        try:
            folder.rmdir()
            return
        except OSError:
            if time.monotonic() > ends_s:
                raise
            time.sleep(0.02)
