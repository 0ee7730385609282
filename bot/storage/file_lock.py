"""The instance lock of an SQLite database: a file lock, which the system releases when the process ends."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from bot.storage.engine import StorageError
from bot.storage.instance_lock import Instance
from bot.storage.private_files import OWNER_ONLY_FILE, make_data_folder

SUFFIX = ".lock"
# Limit on the bytes that are read; the JSON of an instance is smaller.
MAX_BYTES = 1_000


class FileLock:
    """Locks `<database>.lock`; see `InstanceLock`.

    Args:
        database: file of the database, which need not exist.
    """

    def __init__(self, database: Path) -> None:
        # Links are resolved: like SQLite, the lock treats two links to one file as the same database.
        self._file = Path(os.path.realpath(database) + SUFFIX)
        self._descriptor: int | None = None

    async def acquire(self) -> bool:
        make_data_folder(self._file.parent)
        with self._lock_errors():
            while True:
                descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT, OWNER_ONLY_FILE)
                if not _lock(descriptor, fcntl.LOCK_EX):
                    return False
                if self._is_at_its_place(descriptor):
                    break
                # The previous holder has removed the file meanwhile.
                os.close(descriptor)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps(asdict(Instance.current()), default=datetime.isoformat).encode(), 0)
        self._descriptor = descriptor
        return True

    async def holder(self) -> Instance | None:
        with self._lock_errors():
            try:
                descriptor = os.open(self._file, os.O_RDONLY)
            except FileNotFoundError:
                return None
            # Take a shared lock for a moment, to see whether the lock is free.
            if not _lock(descriptor, fcntl.LOCK_SH):
                return _read(self._file)
            os.close(descriptor)
            return None

    async def lost(self) -> None:
        await asyncio.get_running_loop().create_future()  # never returns: only the end of the process releases the lock

    async def release(self) -> None:
        if self._descriptor is not None:
            # The file is removed, so that another user can start the bot or restore a backup later.
            self._file.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None

    def _is_at_its_place(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), self._file.stat())
        except FileNotFoundError:
            return False

    @contextmanager
    def _lock_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StorageError(f"The file {self._file} cannot be locked: {error.strerror}.") from error


def _lock(descriptor: int, kind: int) -> bool:
    """Try to lock a file without waiting, and return whether it is locked. If it is not, close it."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            return False
        raise
    return True


def _read(file: Path) -> Instance:
    try:
        held = json.loads(file.read_bytes()[:MAX_BYTES])
        return Instance(str(held["host"]), int(held["pid"]), datetime.fromisoformat(held["since"]))
    except (OSError, ValueError, KeyError, TypeError):  # the file is about to be written or removed
        return Instance()
