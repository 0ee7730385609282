"""Messages that answer an update are sent once: what a bot does that finds a claim of its last run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from telegram import Bot, Chat, Message

from bot.app import LabelBot
from bot.localchat.server import LocalChatServer
from bot.storage.database_url import sqlite_url
from bot.storage.inbox import Received
from bot.storage.sends import Claim
from bot.storage.storage import Storage
from bot.transport.http import UnreadableResult
from bot.transport.idempotency import UNTOLD_ID, Claims, current_claims, mark_sending, send_once
from tests.support.client import Client, settings_for


@pytest.mark.parametrize(("message_id", "again"), [(77, False), (UNTOLD_ID, False), (None, True)])
async def test_after_a_crash_only_what_may_not_have_been_sent_is_sent_again(
    tmp_path: Path, message_id: int | None, again: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    async with LocalChatServer() as server:
        sim = server.simulation
        sim.send_text(sim.private, sim.alice, "/start")
        body = sim.store.updates.pending.pop()
        storage = await Storage.open(sqlite_url(tmp_path / "labelbot.sqlite3"))
        await storage.inbox.add([Received(body["update_id"], sim.private.id, body)])
        await storage.sends.claim(body["update_id"], 0, chat_id=sim.private.id)
        if message_id is not None:
            await storage.sends.confirm(body["update_id"], 0, chat_id=sim.private.id, message_id=message_id)
        await storage.close()
        async with LabelBot(settings_for(server, tmp_path)) as bot:
            said = await Client(server, bot).said_in(sim.private)
    assert len(said) == again
    assert ("sent again, maybe twice" in capfd.readouterr().out) == again


async def test_messages_of_tasks_that_a_handler_starts_belong_to_its_update(tmp_path: Path) -> None:
    storage = await Storage.open(sqlite_url(tmp_path / "labelbot.sqlite3"))
    bot = Bot("1:x")
    await storage.inbox.add([Received(9, 5, {})])
    current_claims.set(Claims(storage.sends, 9, {0: Claim(5, 70)}))
    sent = []

    def sending(message_id: int) -> Callable[[], Awaitable[Message]]:
        async def send() -> Message:
            await mark_sending()
            sent.append(message_id)
            return Message(message_id, datetime.now(UTC), Chat(5, Chat.PRIVATE))

        return send

    first = await asyncio.create_task(send_once(bot, 5, sending(71)))
    assert (first.chat_id, first.message_id, first.get_bot()) == (5, 70, bot), "it can be edited"
    await asyncio.create_task(send_once(bot, 5, sending(72)))
    assert sent == [72]
    assert await storage.sends.of_unfinished() == {9: {1: Claim(5, 72)}}
    await storage.close()


async def test_a_message_whose_id_telegram_did_not_tell_is_not_sent_again(tmp_path: Path) -> None:
    storage = await Storage.open(sqlite_url(tmp_path / "labelbot.sqlite3"))
    await storage.inbox.add([Received(9, 5, {})])
    sent = []

    async def send() -> Message:
        await mark_sending()
        sent.append(9)
        raise UnreadableResult("expected a message with an id")

    with pytest.raises(UnreadableResult, match="expected a message"):
        await Claims(storage.sends, 9).send(5, send)
    kept = await storage.sends.of_unfinished()
    assert kept == {9: {0: Claim(5, UNTOLD_ID)}}
    with pytest.raises(UnreadableResult, match="not known"):
        await Claims(storage.sends, 9, kept[9]).send(5, send)
    assert sent == [9]
    await storage.close()
