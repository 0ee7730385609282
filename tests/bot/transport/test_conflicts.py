"""What is told if something else fetches the updates of this bot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, MutableMapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from bot.localchat.server import LocalChatServer
from bot.storage.database import Database
from bot.storage.inbox import ReceivedUpdates
from bot.storage.sends import Sends
from bot.transport.bot_client import TelegramBot
from bot.transport.conflicts import Conflicts
from bot.transport.http import AiohttpRequest
from bot.transport.inbox import Inbox
from bot.transport.polling import Poller
from tests.support.processes import until

Logs = Sequence[MutableMapping[str, Any]]


@asynccontextmanager
async def polling(server: LocalChatServer, database: Database, conflicts: Conflicts) -> AsyncIterator[Poller]:
    async with AiohttpRequest(connections=1, read_timeout_s=5) as request:
        bot = TelegramBot(server.token, f"{server.api_url}/bot", request=request, get_updates_request=request)
        inbox = Inbox(max_age_s=3600)
        await inbox.open(ReceivedUpdates(database), Sends(database), bot)
        poller = Poller(
            bot, inbox, allowed_updates=["message"], poll_timeout_s=1, first_pause_s=0.01, conflicts=conflicts
        )
        task = asyncio.create_task(poller.run())
        try:
            yield poller
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def poll_as_well(server: LocalChatServer) -> None:
    """What another program does with the same token."""
    async with aiohttp.ClientSession() as session:
        while True:
            await session.get(f"{server.api_url}/bot{server.token}/getUpdates?timeout=1")
            await asyncio.sleep(0.05)


def told(logs: Logs) -> list[str]:
    return [line["event"] for line in logs]


async def test_another_program_that_polls_is_told_once_and_so_is_its_end(
    server: LocalChatServer, database: Database
) -> None:
    conflicts = Conflicts(told_after_s=0.3, over_after_s=2.0)
    with capture_logs() as logs:
        async with polling(server, database, conflicts):
            other = asyncio.create_task(poll_as_well(server))
            await until(lambda: logs)
            await asyncio.sleep(1)
            assert told(logs) == ["another program polls with this bot's token"]
            assert "@BotFather" in logs[0]["advice"]
            other.cancel()
            await until(lambda: len(logs) > 1)
    assert told(logs)[1:] == ["no other program takes this bot's updates any more"]


async def test_a_webhook_is_told_as_one(server: LocalChatServer, database: Database) -> None:
    with capture_logs() as logs:
        conflicts = Conflicts(told_after_s=0.1, over_after_s=0.1)
        async with polling(server, database, conflicts) as poller, aiohttp.ClientSession() as session:
            assert poller.conflict == ""
            method = f"{server.api_url}/bot{server.token}"
            await session.get(f"{method}/setWebhook?url=https://bot.example/hook")
            await until(lambda: logs)
            assert "409" in poller.conflict
            await session.get(f"{method}/deleteWebhook")
            await until(lambda: len(logs) > 1)
            assert poller.conflict == ""
    assert told(logs) == [
        "a webhook keeps updates from this bot",
        "no other program takes this bot's updates any more",
    ]


@pytest.mark.parametrize(("times", "lines"), [((0.0, 1.0), 0), ((0.0, 1.0, 9.0), 0), ((0.0, 1.0, 11.0, 12.0), 1)])
def test_a_conflict_that_passes_is_not_told(times: tuple[float, ...], lines: int) -> None:
    conflicts = Conflicts()
    with capture_logs() as logs:
        for time_s in times:
            conflicts.refused("terminated by other getUpdates request", time_s)
            conflicts.succeeded(time_s + 0.1)
        conflicts.succeeded(times[-1] + 100)
        conflicts.refused("terminated by other getUpdates request", times[-1] + 101)
    assert len(logs) == 2 * lines
