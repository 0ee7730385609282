"""The first calls to the Bot API, which wait for a network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs
from telegram.error import Forbidden, InvalidToken

from bot.localchat.faults import Answer, Cut, Effect, Refused, ServerError
from bot.localchat.server import LocalChatServer
from bot.transport.bot_client import TelegramBot
from bot.transport.connecting import check_token, connect
from bot.transport.http import AiohttpRequest, UnreadableResponse
from tests.support.processes import until


def client_of(server: LocalChatServer, token: str | None = None) -> TelegramBot:
    request = AiohttpRequest(connections=1, read_timeout_s=5)
    return TelegramBot(token or server.token, f"{server.api_url}/bot", request=request, get_updates_request=request)


@pytest.fixture
async def bot(server: LocalChatServer) -> AsyncIterator[TelegramBot]:
    client = client_of(server)
    yield client
    await client.shutdown()


@pytest.mark.parametrize("effect", [ServerError(502), Cut(after_effect=False)])
@pytest.mark.parametrize("method", ["getMe", "deleteWebhook"])
async def test_a_failing_connection_is_waited_for_and_told_once(
    server: LocalChatServer, bot: TelegramBot, effect: Effect, method: str
) -> None:
    server.faults.add(effect, method=method, count=4)
    with capture_logs() as logs:
        await connect(bot, server.api_url, first_pause_s=0.01)
    assert [line["event"] for line in logs] == ["waiting for the Bot API", "connected to the Bot API"]
    assert bot.username == server.simulation.bot.username


async def test_a_machine_whose_network_comes_later_is_connected_then() -> None:
    async with LocalChatServer() as before:
        port = int(before.api_url.rpartition(":")[2])
    later = LocalChatServer(port)
    bot = client_of(later)
    await check_token(bot)
    with capture_logs() as logs:
        connecting = asyncio.create_task(connect(bot, later.api_url, first_pause_s=0.05))
        await until(lambda: logs)
        assert f"nothing answers at 127.0.0.1 port {port}" in logs[0]["reason"]
        async with later:
            await asyncio.wait_for(connecting, 30)
            assert [call.method for call in later.simulation.calls] == ["getMe", "deleteWebhook"]
            await bot.shutdown()
    assert len(logs) == 2


async def test_what_does_not_pass_is_raised_at_once(server: LocalChatServer, bot: TelegramBot) -> None:
    fault = server.faults.add(Refused("FORBIDDEN", 403))
    with pytest.raises(Forbidden):
        await connect(bot, server.api_url)
    server.faults.remove(fault)
    server.faults.add(Answer(b"<html>"))
    with pytest.raises(UnreadableResponse):
        await connect(bot, server.api_url)


async def test_a_wrong_token_is_raised_at_once(server: LocalChatServer) -> None:
    bot = client_of(server, "1:wrong")
    for asking in (check_token(bot), connect(bot, server.api_url)):
        with pytest.raises(InvalidToken):
            await asking
    await bot.shutdown()
