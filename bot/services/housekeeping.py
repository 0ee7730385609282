"""Periodic work: saving counters and deleting expired data."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.services.background import repeated
from bot.services.metrics import Statistics
from bot.storage.dated_backups import delete_expired_backups
from bot.storage.engine import reason_of
from bot.storage.storage import Storage
from inference.errors import describe_os_error

log = structlog.get_logger()

# Seconds between two saves of the counts. A crash loses the counts since the last save; a save takes only one or two
# statements.
SAVE_COUNTS_EVERY_S = 10.0
# The shortest time for which anything is kept is a day, which this makes at most a 24th longer.
DELETE_EXPIRED_EVERY_S = 3600.0
# Limit in seconds on the last save. The counts of a few seconds are not worth a longer wait.
LAST_SAVE_TIMEOUT_S = 1.0


@asynccontextmanager
async def housekeeping(
    storage: Storage, statistics: Statistics, *, home: Path, retention_days: int, leading: asyncio.Event | None = None
) -> AsyncIterator[None]:
    """Save counts and delete expired data regularly while the block runs; save the last counts at its end.

    Args:
        storage: the database.
        statistics: counters to save.
        home: folder of Labelbot's data, with the automatic backups.
        retention_days: days for which answers and labels are kept.
        leading: event from which on this replica deletes expired data; None without replicas.
    """

    async def delete_expired() -> None:
        if leading is not None:
            await leading.wait()
        await storage.delete_expired(retention_days=retention_days)
        try:
            await asyncio.to_thread(delete_expired_backups, home, retention_days=retention_days)
        except OSError as error:
            log.warning("expired backups not deleted", reason=describe_os_error(error))

    try:
        async with (
            repeated(partial(_try, statistics.save), SAVE_COUNTS_EVERY_S),
            repeated(partial(_try, delete_expired), DELETE_EXPIRED_EVERY_S),
        ):
            yield
    finally:
        try:
            async with asyncio.timeout(LAST_SAVE_TIMEOUT_S):
                await _try(statistics.save)
        except TimeoutError:
            log.warning("the last counts are lost", reason="the database does not answer")


async def _try(work: Callable[[], Awaitable[None]]) -> None:
    """Do some work; if the database fails, log the failure. The work is then done the next time."""
    try:
        await work()
    except SQLAlchemyError as error:
        log.warning("housekeeping not done", work=work.__name__, reason=reason_of(error))
