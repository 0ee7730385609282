"""Fetching updates: in order, once, through faults, and an end when the token is revoked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from telegram import Bot, Update
from telegram.error import InvalidToken

from bot.localchat.faults import Cut, Effect, RetryAfter, ServerError
from bot.localchat.server import LocalChatServer
from bot.polling import Poller
from bot.telegram_http import AiohttpRequest


@pytest.fixture(autouse=True)
def new_types_of_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # as the app does; else each flood wait warns


@pytest.fixture
async def server() -> AsyncIterator[LocalChatServer]:
    async with LocalChatServer() as running:
        yield running


@asynccontextmanager
async def polling(
    server: LocalChatServer, token: str | None = None
) -> AsyncIterator[tuple[asyncio.Queue[object], asyncio.Task[None], Poller]]:
    queue: asyncio.Queue[object] = asyncio.Queue()
    async with AiohttpRequest(connections=1, read_timeout_s=5) as request:
        bot = Bot(token or server.token, f"{server.api_url}/bot", request=request, get_updates_request=request)
        poller = Poller(bot, queue, allowed_updates=["message"])
        task = asyncio.create_task(poller.run())
        try:
            yield queue, task, poller
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def texts(queue: asyncio.Queue[object], count: int) -> list[str | None]:
    found = []
    async with asyncio.timeout(30):
        for _ in range(count):
            update = await queue.get()
            assert isinstance(update, Update)
            assert update.message is not None
            found.append(update.message.text)
    return found


def send(server: LocalChatServer, *said: str) -> None:
    for text in said:
        server.world.send_text(server.world.private, server.world.alice, text)


async def test_updates_come_in_order_and_once(server: LocalChatServer) -> None:
    send(server, "waiting", "before")
    async with polling(server) as (queue, _, _):
        assert await texts(queue, 2) == ["waiting", "before"]
        send(server, "and", "after")
        assert await texts(queue, 2) == ["and", "after"]
        assert queue.empty()


async def test_only_the_kinds_asked_for_come(server: LocalChatServer) -> None:
    async with polling(server) as (queue, _, _):
        message = server.world.send_text(server.world.private, server.world.alice, "one")
        assert await texts(queue, 1) == ["one"]
        server.world.edit_text(server.world.private, message, "one, edited")
        send(server, "two")
        assert await texts(queue, 1) == ["two"]


@pytest.mark.parametrize("effect", [ServerError(502), RetryAfter(1), Cut(after_effect=False), Cut(after_effect=True)])
async def test_polling_goes_on_after_a_fault_and_loses_nothing(server: LocalChatServer, effect: Effect) -> None:
    server.faults.add(effect, method="getUpdates", count=1)
    async with polling(server) as (queue, _, _):
        send(server, "one", "two")
        assert await texts(queue, 2) == ["one", "two"]
        assert queue.empty()


async def test_a_token_that_is_refused_ends_polling_with_an_error(server: LocalChatServer) -> None:
    async with polling(server, token="1:revoked") as (_, task, _):
        async with asyncio.timeout(10):
            with pytest.raises(InvalidToken):
                await task


async def test_what_was_confirmed_does_not_come_again(server: LocalChatServer) -> None:
    send(server, "one")
    async with polling(server) as (queue, task, poller):
        await texts(queue, 1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        send(server, "two")
        await poller.confirm()
    async with polling(server) as (queue, _, _):
        assert await texts(queue, 1) == ["two"]
