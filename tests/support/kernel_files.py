"""Files of other machines' /proc and /sys."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def kernel_files(
    root: Path, *, cgroup: str = "", groups: Mapping[str, str] | None = None, proc: Mapping[str, str] | None = None
) -> None:
    """Write such files below a folder that stands for the root of the file system.

    Args:
        root: the folder.
        cgroup: content of /proc/self/cgroup.
        groups: contents of files below /sys/fs/cgroup.
        proc: contents of further files below /proc.
    """
    files = {f"sys/fs/cgroup/{name}": content for name, content in (groups or {}).items()}
    files |= {f"proc/{name}": content for name, content in (proc or {}).items()}
    for name, content in (files | {"proc/self/cgroup": cgroup}).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{content.rstrip()}\n")
