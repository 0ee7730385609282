"""Work in the background begins with a block and ends with it; errors of it are logged and end nothing else."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from bot.services.background import in_background, repeated

LONG_S = 3600.0


async def test_work_is_repeated_after_an_unexpected_error() -> None:
    rounds: list[int] = []
    third = asyncio.Event()

    async def work() -> None:
        rounds.append(len(rounds))
        if len(rounds) == 1:
            raise ValueError("unforeseen")
        if len(rounds) == 3:
            third.set()

    with capture_logs() as logs:
        async with repeated(work, 0.001):
            await third.wait()
    assert [line["log_level"] for line in logs] == ["error"]
    assert rounds == [0, 1, 2]


async def test_a_round_begins_early_when_it_is_due() -> None:
    due, done = asyncio.Event(), asyncio.Semaphore(0)

    async def work() -> None:
        due.clear()
        done.release()

    async with repeated(work, LONG_S, early=due.wait):
        await done.acquire()
        due.set()
        await done.acquire()


@pytest.mark.parametrize("turns", range(4))
async def test_a_block_that_ends_while_a_round_becomes_due_ends(turns: int) -> None:
    due, begun = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        due.clear()
        begun.set()

    async with asyncio.timeout(30):
        async with repeated(work, LONG_S, early=due.wait):
            await begun.wait()
            await asyncio.sleep(0)
            due.set()
            for _ in range(turns):
                await asyncio.sleep(0)


async def test_the_block_ends_after_the_cleanup_of_its_work() -> None:
    begun, events = asyncio.Event(), []

    async def work() -> None:
        begun.set()
        try:
            await asyncio.sleep(LONG_S)
        finally:
            await asyncio.sleep(0)
            events.append("cleaned up")

    async with in_background(work):
        await begun.wait()
    events.append("block over")
    assert events == ["cleaned up", "block over"]


async def test_a_cancellation_at_the_end_of_the_block_reaches_the_caller() -> None:
    begun, cleaning, may_end = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.sleep(LONG_S)
        finally:
            cleaning.set()
            await may_end.wait()

    async def use() -> None:
        async with in_background(work):
            await begun.wait()

    using = asyncio.create_task(use())
    await cleaning.wait()
    using.cancel()
    await asyncio.sleep(0)
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await using


async def test_an_error_that_ends_work_is_logged_at_once() -> None:
    begun = asyncio.Event()

    async def work() -> None:
        begun.set()
        raise ValueError("unforeseen")

    with capture_logs() as logs:
        async with in_background(work):
            await begun.wait()
    assert [(line["log_level"], line["exc_info"]) for line in logs] == [("error", True)]
