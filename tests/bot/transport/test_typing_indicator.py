"""The sign "typing" while the bot works for a chat."""

from __future__ import annotations

import asyncio

import pytest

from bot.localchat.faults import Delay
from bot.transport.typing_indicator import TypingIndicator
from tests.support.client import Client

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_it_is_renewed_while_it_lasts_and_ends_with_it(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.transport.typing_indicator.RENEWAL_S", 0.01)
    chat, _ = client.newcomer()
    message = await client.bot.application.bot.send_message(chat.id, "a message of the bot's own")
    typing = TypingIndicator()
    async with typing.shown(message):
        await client.sim.wait_for(lambda: len(client.calls("sendChatAction", chat)) >= 3)
        (showing,) = typing._tasks
    async with asyncio.timeout(5):
        await showing
    assert not typing._places


async def test_several_users_in_one_chat_share_one_sign_until_the_last_is_done(client: Client) -> None:
    chat, _ = client.newcomer()
    message = await client.bot.application.bot.send_message(chat.id, "a message of the bot's own")
    typing = TypingIndicator()
    async with typing.shown(message):
        async with typing.shown(message):
            await client.sim.wait_for(lambda: client.calls("sendChatAction", chat))
        (showing,) = typing._tasks
        assert not showing.done()
    await showing
    assert len(client.calls("sendChatAction", chat)) == 1


async def test_a_request_under_way_is_not_cut_off(client: Client) -> None:
    chat, _ = client.newcomer()
    message = await client.bot.application.bot.send_message(chat.id, "a message of the bot's own")
    fault = client.server.faults.add(Delay(0.1), method="sendChatAction", chat_id=chat.id)
    typing = TypingIndicator()
    async with typing.shown(message):
        (showing,) = typing._tasks
    await showing
    client.server.faults.remove(fault)
    (call,) = client.calls("sendChatAction", chat)
    assert call.status == 200
