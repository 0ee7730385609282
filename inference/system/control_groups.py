"""The limits of this process's control groups, as set by containers and systemd.

Control groups of version 1 and of version 2 are in use. The kernel's documentation describes them in
admin-guide/cgroup-v2.rst, admin-guide/cgroup-v1/memory.rst and, for processor time in version 1,
scheduler/sched-bwc.rst.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MOUNT = "sys/fs/cgroup"


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit on memory.

    Attributes:
        limit_bytes: memory that the group may use.
        available_bytes: part of this memory that is free or holds inactive cached files.
    """

    limit_bytes: int
    available_bytes: int


def granted_cores(root: Path = Path("/")) -> float | None:
    """Return the limit on processor time, in cores; None if there is no limit.

    Args:
        root: root folder of the file system with `proc` and `sys`.
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
    """Return the tightest limit on memory; None if there is no limit.

    Args:
        root: root folder of the file system with `proc` and `sys`.
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
    """Yield the folders of this process's group and of its parent groups, whose limits also apply."""
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        mount = root / MOUNT / controllers if controllers else root / MOUNT
        group = Path(path.lstrip("/"))
        for relative in (group, *group.parents):
            # In a container, the path may be a path on the host, but only the container's own group is mounted.
            if (mount / relative).is_dir():
                yield mount / relative


def _read(path: Path) -> str:
    """Return a file's text, stripped; "" if the file does not exist."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return ""
