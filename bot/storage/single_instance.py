"""Allows only one instance of the bot at a time per database."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import NoReturn

import structlog
from sqlalchemy import URL

from bot.limits.backoff import pauses_s
from bot.storage.advisory_lock import AdvisoryLock
from bot.storage.database_url import name_of
from bot.storage.engine import StorageError
from bot.storage.file_lock import FileLock
from bot.storage.instance_lock import Instance, InstanceLock, InstanceRuns, WaitedLock

log = structlog.get_logger()

# Seconds to wait for another instance to end. After a restart, the old instance may still answer the updates that it
# has begun, which takes at most 10 s by default.
WAIT_S = 30.0
POLL_INTERVAL_S = 0.1
# Seconds that a command waits for other commands, such as migrations that were started together.
COMMANDS_S = 5.0
FIRST_PAUSE_S = 0.1
# Maximum pause between attempts to get a lost lock back. It is short, as another instance may wait for the lock, too.
MAX_PAUSE_S = 5.0


def instance_lock(url: URL) -> InstanceLock:
    """Return the lock of a database, not yet acquired."""
    return FileLock(Path(str(url.database))) if url.get_backend_name() == "sqlite" else AdvisoryLock(url)


@asynccontextmanager
async def single_instance(url: URL, *, wait_s: float = WAIT_S) -> AsyncIterator[asyncio.Task[NoReturn]]:
    """Hold the lock of a database, after waiting for another instance to end.

    Args:
        url: address of the database.
        wait_s: maximum time to wait for the other instance, in seconds.

    Yields:
        A task that raises `InstanceRuns` if another instance takes over the lock, and never ends otherwise.

    Raises:
        InstanceRuns: another instance did not end in time.
        StorageError: the database cannot be used.
    """
    lock = instance_lock(url)
    try:
        await acquire_in_time(lock, name_of(url), wait_s)
        keeping = asyncio.create_task(_keep(lock, name_of(url)))
        try:
            yield keeping
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
    finally:
        await lock.release()


@contextmanager
def no_instance(url: URL) -> Iterator[None]:
    """Hold the lock of a database, so that no instance of the bot uses the database. Blocking.

    Raises:
        InstanceRuns: an instance uses the database.
        StorageError: the database cannot be used.
    """
    lock = instance_lock(url)
    with asyncio.Runner() as runner:
        try:
            if not runner.run(_acquired_soon(lock)):
                holder = runner.run(lock.holder()) or Instance()
                raise InstanceRuns(f"The bot works with the database {name_of(url)} ({holder}): stop it first.")
            yield
        finally:
            runner.run(lock.release())


async def acquire_in_time(lock: WaitedLock, name: str, wait_s: float = WAIT_S) -> None:
    """Acquire a lock, after waiting for another instance to end.

    Args:
        lock: lock of a database.
        name: name of the database.
        wait_s: maximum time to wait, in seconds.

    Raises:
        InstanceRuns: another instance did not end in time.
        StorageError: the database cannot be used.
    """
    clock = asyncio.get_running_loop()
    waited_for: Instance | None = None
    deadline_s = clock.time() + wait_s
    while not await lock.acquire():
        if waited_for is None:
            waited_for = await lock.holder()
            if waited_for is not None:
                log.warning(
                    "waiting for another instance to end", instance=str(waited_for), database=name, wait_s=wait_s
                )
        if clock.time() > deadline_s:
            raise InstanceRuns(
                f"Another instance of the bot works with the database {name} ({await lock.holder() or Instance()}) "
                f"and did not end within {wait_s:g} s: stop it, or give this one another LABELBOT_HOME and another bot."
            )
        await asyncio.sleep(POLL_INTERVAL_S)


async def _keep(lock: InstanceLock, name: str) -> NoReturn:
    """Reacquire a lock whenever it is lost.

    Raises:
        InstanceRuns: another instance acquired the lock first.
    """
    while True:
        await lock.lost()
        log.warning("the lock on the database is lost and acquired again", database=name)
        await _acquire_again(lock, name)
        log.info("the lock on the database is held again", database=name)


async def _acquire_again(lock: InstanceLock, name: str) -> None:
    clock = asyncio.get_running_loop()
    refused_s: float | None = None
    for pause_s in pauses_s(FIRST_PAUSE_S):
        try:
            if await lock.acquire():
                return
            holder = await lock.holder()
        except StorageError:  # no other instance can acquire the lock either
            holder = refused_s = None
        if holder is not None:
            refused_s = refused_s or clock.time()
            # After our connection broke, the server may still show this process as the holder for a while.
            if not holder.is_current() or clock.time() > refused_s + WAIT_S:
                raise InstanceRuns(
                    f"Another instance of the bot has taken over the database {name} ({holder}), so this one ends."
                )
        await asyncio.sleep(min(pause_s, MAX_PAUSE_S))


async def _acquired_soon(lock: InstanceLock) -> bool:
    """Acquire a lock, also if another command holds it for a moment; return whether it is held now."""
    deadline_s = time.monotonic() + COMMANDS_S
    while not await lock.acquire():
        if time.monotonic() >= deadline_s:
            return False
        await asyncio.sleep(POLL_INTERVAL_S)
    return True
