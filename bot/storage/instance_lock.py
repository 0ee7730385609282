"""The lock that allows only one instance of the bot per database."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, Self

from bot.storage.engine import StorageError


class InstanceRuns(StorageError):
    """Another instance of the bot uses the database. The message names that instance."""


@dataclass(frozen=True, slots=True)
class Instance:
    """The process that holds the lock.

    Attributes:
        host: name of the machine, maybe truncated.
        pid: process id on that machine.
        since: time when the process acquired the lock.
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
        """Return whether this instance is the current process."""
        return self.pid == os.getpid() and self.host is not None and socket.gethostname().startswith(self.host)


class WaitedLock(Protocol):
    """A lock of a database that another instance may hold."""

    async def acquire(self) -> bool:
        """Acquire the lock if it is free, without waiting.

        Returns:
            Whether this process holds the lock now.

        Raises:
            StorageError: the database or its folder cannot be used.
        """

    async def holder(self) -> Instance | None:
        """Return the instance that holds the lock; None if the lock is free.

        Raises:
            StorageError: the database or its folder cannot be used.
        """


class InstanceLock(WaitedLock, Protocol):
    """The lock of a database. At most one instance holds the lock, and the end of its process releases the lock."""

    async def lost(self) -> None:
        """Return once the acquired lock is lost."""

    async def release(self) -> None:
        """Release the lock if this process holds it."""
