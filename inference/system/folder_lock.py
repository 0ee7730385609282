"""A lock on a folder, for files that are read, changed and written back."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let one program at a time change the files of a folder, which is made if it is absent.

    A second program would otherwise write back what it had read, and the change of the first would be lost. The system
    releases the lock when a program ends.

    Raises:
        OSError: the folder cannot be made or opened.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
