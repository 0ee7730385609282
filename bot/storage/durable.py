"""Repeats database statements until they work: they must not be lost, or somebody waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.limits.backoff import pauses_s
from bot.storage.engine import StorageError, is_permanent, reason_of

P = ParamSpec("P")
T = TypeVar("T")
log = structlog.get_logger()

FIRST_PAUSE_S = 0.5
# Parts of SQLite's and PostgreSQL's errors for a missing table. Waiting does not help, as the table does not come back.
NO_TABLE = ("no such table", "does not exist")
# Longest pause between two attempts. Somebody waits for an answer, and a restarted database is back within seconds.
MAX_PAUSE_S = 5.0
# Seconds for which a person waits until something is stored. A database that fails for longer most likely does not come
# back.
PATIENCE_S = 60.0


async def once_it_works(statement: Callable[[], Awaitable[T]]) -> T:
    """Run a statement; if the database fails temporarily, run the statement again until the database works.

    Args:
        statement: function that runs the statement. The statement may run more than once.

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
    """Store data that the next start needs; if the database fails temporarily, wait until it works."""
    try:
        await once_it_works(statement)
    except SQLAlchemyError as error:
        log.error("not stored: the next start may do it again", reason=type(error).__name__)


def patient(method: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Make a method wait for a database that fails temporarily, for at most `PATIENCE_S` seconds.

    The method may run more than once. It then also raises `StorageError`: the database failed for too long. A write
    that was under way at that time may still be carried out.
    """

    @wraps(method)
    async def repeated(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await once_it_works(partial(method, *args, **kwargs))
        except TimeoutError:
            raise StorageError(f"The database has failed for {PATIENCE_S:g} s.") from None

    return repeated
