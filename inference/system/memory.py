"""The memory that this process may still use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inference.system.control_groups import memory_limit


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory of the machine or, if that is less, of this process's control group.

    Attributes:
        available_bytes: memory that is free or holds inactive cached files.
        total_bytes: memory in all.
        limited: whether the control group limits the memory.
    """

    available_bytes: int
    total_bytes: int
    limited: bool


def read_memory(root: Path = Path("/")) -> Memory:
    """Read how much memory is available.

    Args:
        root: root folder of the file system with `proc` and `sys`.

    Raises:
        OSError: the system has no `proc/meminfo`.
    """
    lines = (root / "proc/meminfo").read_text().splitlines()
    kilobytes = {name: int(value.split()[0]) for name, _, value in (line.partition(":") for line in lines)}
    available_bytes, total_bytes = kilobytes["MemAvailable"] * 1024, kilobytes["MemTotal"] * 1024
    limit = memory_limit(root)
    # Version 1 of control groups expresses "no limit" as a huge number.
    if limit is None or limit.limit_bytes >= total_bytes:
        return Memory(available_bytes, total_bytes, limited=False)
    return Memory(min(available_bytes, limit.available_bytes), limit.limit_bytes, limited=True)
