"""Work that goes on in the background while the bot runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import partial

import structlog

log = structlog.get_logger()


@asynccontextmanager
async def in_background(work: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Run work while the block runs; then cancel it, and wait until it has ended. An error of it is logged at once."""
    task = asyncio.create_task(_logged(work))
    try:
        yield
    finally:
        task.cancel()
        # Unlike `await task`, this does not take a cancellation of the caller for that of the work.
        await asyncio.wait({task})


def repeated(
    work: Callable[[], Awaitable[None]], every_s: float, *, early: Callable[[], Awaitable[object]] | None = None
) -> AbstractAsyncContextManager[None]:
    """Do some work now and then while the block runs. An unexpected error is logged, and ends only one round.

    Args:
        work: one round of the work; the first begins at once.
        every_s: seconds between two rounds.
        early: function that returns when the next round is due earlier; None if that never happens.
    """
    return in_background(partial(_repeat, work, every_s, early))


async def _repeat(
    work: Callable[[], Awaitable[None]], every_s: float, early: Callable[[], Awaitable[object]] | None
) -> None:
    while True:
        await _logged(work)
        if early is None:
            await asyncio.sleep(every_s)
        else:
            # `wait_for` would lose a cancellation that comes just after `early` has returned.
            with suppress(TimeoutError):
                async with asyncio.timeout(every_s):
                    await early()


async def _logged(work: Callable[[], Awaitable[None]]) -> None:
    try:
        await work()
    except Exception:
        log.exception("unexpected error of work in the background")
