"""The lock that keeps a second instance of the bot from working with the same database."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, Self

from bot.storage.engine import StorageError


class InstanceRuns(StorageError):
    """Another instance of the bot works with the database; the message names it."""


@dataclass(frozen=True, slots=True)
class Instance:
    """A process that holds the lock, as far as it is known.

    Attributes:
        host: name of its machine, or the beginning of it.
        pid: process id there.
        since: when it acquired the lock.
    """

    host: str | None = None
    pid: int | None = None
    since: datetime | None = None

    @classmethod
    def current(cls) -> Self:
        return cls(socket.gethostname(), os.getpid(), datetime.now(UTC))

    def __str__(self) -> str:
        process = "a process that cannot be named" if self.pid is None else f"process {self.pid}"
        host = "" if self.host is None else f" on {self.host}"
        since = "" if self.since is None else f", since {self.since.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        return process + host + since

    def is_current(self) -> bool:
        """Tell whether this process is meant."""
        return self.pid == os.getpid() and self.host is not None and socket.gethostname().startswith(self.host)


class InstanceLock(Protocol):
    """The lock of one database; at most one instance holds it, and the death of that instance frees it."""

    async def acquire(self) -> bool:
        """Take the lock if it is free, without waiting.

        Returns:
            Whether this process holds it now.

        Raises:
            StorageError: the database, or the folder it is in, cannot be used.
        """

    async def holder(self) -> Instance | None:
        """Return the instance that holds the lock, None if it is free.

        Raises:
            StorageError: the database, or the folder it is in, cannot be used.
        """

    async def lost(self) -> None:
        """Return once the acquired lock is lost."""

    async def release(self) -> None:
        """Free the lock if this process holds it; it can be acquired again."""
