"""Small files of which a program that crashes, or a full disk, leaves the old or the new content and no half of it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from inference.errors import naming


def write_whole(path: Path, text: str) -> None:
    """Write a text in one step. A new file can be read only by its owner; an existing one keeps its owner and its mode.

    Args:
        path: file to write, in a folder that exists; not a symbolic link, which would be replaced.
        text: its new content.

    Raises:
        OSError: the file cannot be written; it stays as it was. The error names the file.
    """
    with naming(path):
        descriptor, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            if path.exists():
                status = path.stat()
                # A service that runs as another user than the person who changes its file can then still read it.
                if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
                    os.chown(part, status.st_uid, status.st_gid)
                Path(part).chmod(status.st_mode & 0o777)
            Path(part).replace(path)
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise
