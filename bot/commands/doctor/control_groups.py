"""What the control groups of this process grant it: how containers and systemd bound a program.

Both versions are in use: see admin-guide/cgroup-v2.rst, admin-guide/cgroup-v1/memory.rst and, for processor time in
version 1, scheduler/sched-bwc.rst in the kernel's documentation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MOUNT = "sys/fs/cgroup"


@dataclass(frozen=True, slots=True)
class Limit:
    """A bound on memory.

    Attributes:
        limit_bytes: that the group may use.
        available_bytes: of them, what is free, or taken by cached files that are not in use.
    """

    limit_bytes: int
    available_bytes: int


def granted_cores(root: Path = Path("/")) -> float | None:
    """Return the processor time that is granted, in cores, None where there is no bound.

    Args:
        root: of the file system in which `proc` and `sys` lie.
    """
    quotas = []
    for folder in _folders(root, "cpu"):
        quota, _, period = _read(folder / "cpu.max").partition(" ")
        if not quota:
            quota, period = _read(folder / "cpu.cfs_quota_us"), _read(folder / "cpu.cfs_period_us")
        if quota not in ("", "max", "-1"):
            quotas.append(int(quota) / int(period))
    return min(quotas, default=None)


def memory_limit(root: Path = Path("/")) -> Limit | None:
    """Return the bound on memory that leaves the least of it, None where there is none.

    Args:
        root: of the file system in which `proc` and `sys` lie.
    """
    limits = []
    for folder in _folders(root, "memory"):
        for limit_file, usage_file, cached in (
            ("memory.max", "memory.current", "inactive_file"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
        ):
            limit = _read(folder / limit_file)
            if limit in ("", "max"):
                continue
            statistics = dict(line.split(" ", 1) for line in _read(folder / "memory.stat").splitlines())
            in_use = int(_read(folder / usage_file)) - int(statistics.get(cached, 0))
            limits.append(Limit(int(limit), max(int(limit) - in_use, 0)))
    return min(limits, key=lambda limit: limit.available_bytes, default=None)


def _folders(root: Path, controller: str) -> Iterator[Path]:
    """The folders of the groups that bound this process: its own and, as each bounds what is in it, those around."""
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        mount = root / MOUNT / controllers if controllers else root / MOUNT
        group = Path(path.lstrip("/"))
        for relative in (group, *group.parents):
            # In a container, the path may be that of the host, of which only the container's own group is mounted.
            if (mount / relative).is_dir():
                yield mount / relative


def _read(path: Path) -> str:
    """A file's text without the end of the last line; nothing where there is no such file."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return ""
