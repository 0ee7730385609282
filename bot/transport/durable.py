"""Statements that matter more than time: if the database fails for now, they wait until it works."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.limits.backoff import pauses_s
from bot.storage.engine import is_permanent, reason_of

T = TypeVar("T")
log = structlog.get_logger()

FIRST_PAUSE_S = 0.5
# Words of SQLite and of PostgreSQL: a table that is gone does not come back.
NO_TABLE = ("no such table", "does not exist")
# Somebody waits for an answer; a restarted server is back within seconds.
MAX_PAUSE_S = 5.0


async def once_it_works(statement: Callable[[], Awaitable[T]]) -> T:
    """Run a statement; if the database fails for now, run it again until it works.

    Args:
        statement: function that runs the statement, which may be run twice.

    Raises:
        SQLAlchemyError: the statement will never work.
    """
    for pause_s in pauses_s(FIRST_PAUSE_S, MAX_PAUSE_S):
        try:
            return await statement()
        except SQLAlchemyError as error:
            if is_permanent(error) or any(words in reason_of(error) for words in NO_TABLE):
                raise
            log.error("the database fails", reason=type(error).__name__, wait_s=pause_s)
        await asyncio.sleep(pause_s)
    raise AssertionError("the pauses have no end")


async def until_stored(statement: Callable[[], Awaitable[None]]) -> None:
    """Store what the next start needs; if the database fails for now, wait until it works."""
    try:
        await once_it_works(statement)
    except SQLAlchemyError as error:
        log.error("not stored: the next start may do it again", reason=type(error).__name__)
