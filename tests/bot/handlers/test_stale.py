"""Updates that are not handled any more: old messages and dead letters."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from sqlalchemy import update

from bot.app import LabelBot
from bot.localchat.server import LocalChatServer
from bot.storage import tables
from bot.storage.database import Database
from bot.storage.database_url import sqlite_url
from bot.storage.inbox import ReceivedUpdate, ReceivedUpdates
from bot.transport.inbox import DEAD_LETTER_AFTER
from tests.support.client import ANSWER_TIMEOUT_S, Client, settings_for
from tests.support.pictures import picture
from tests.support.texts import ENGLISH

MAX_AGE_S = 600


async def unfinished(home: Path, body: dict[str, Any], **columns: int) -> None:
    """Leave an update in a database as a crashed run of the bot would."""
    database = await Database.open(sqlite_url(home / "labelbot.sqlite3"))
    await ReceivedUpdates(database).add([ReceivedUpdate(body["update_id"], None, body)])
    await database.execute(update(tables.inbox).values(**columns))
    await database.close()


async def test_old_messages_get_one_apology_in_a_private_chat_and_none_in_a_group(tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        sim = server.simulation
        old = [sim.send_photo(sim.private, sim.alice, picture(seed)) for seed in range(3)]
        in_group = sim.send_photo(sim.group, sim.alice, picture(3), caption=f"@{sim.bot.username}")
        for message in (*old, in_group):
            message["date"] -= MAX_AGE_S + 1
        fresh = sim.send_photo(sim.private, sim.alice, picture(4))
        fresh["date"] -= MAX_AGE_S - ANSWER_TIMEOUT_S
        async with LabelBot(settings_for(server, tmp_path, max_age=MAX_AGE_S)) as bot:
            client = Client(server, bot)
            assert (await client.text_after(old[0])) == ENGLISH("inbox-too-old")
            assert "%" in await client.text_after(fresh)
            assert len(await client.said_in(sim.private)) == 2
            assert await client.said_in(sim.group) == []


async def test_an_old_press_of_a_button_is_left_alone(tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        sim = server.simulation
        shown = sim.send_text(sim.private, sim.alice, "pressed")
        query = {"id": "1", "from": sim.alice.to_api(), "message": shown, "chat_instance": "1", "data": "1:use:x"}
        received_at = int(time.time()) - MAX_AGE_S - 1
        await unfinished(tmp_path, {"update_id": 5, "callback_query": query}, received_at=received_at)
        async with LabelBot(settings_for(server, tmp_path, max_age=MAX_AGE_S)) as bot:
            client = Client(server, bot)
            assert len(await client.said_in(sim.private)) == 1, "the answer to the text"
            assert not client.calls_of("answerCallbackQuery")


async def test_what_was_in_hand_at_crash_after_crash_gets_one_apology_and_admins_are_told(tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        sim = server.simulation
        admin_chat = sim.add_private_chat(sim.admin)
        photo = sim.send_photo(sim.private, sim.alice, picture(1))
        body = sim.store.updates.pending.pop()
        await unfinished(tmp_path, body, attempts=DEAD_LETTER_AFTER)
        told = ENGLISH("inbox-retired-for-admins", id=str(body["update_id"]), count=DEAD_LETTER_AFTER)
        for _ in range(2):
            async with LabelBot(settings_for(server, tmp_path)) as bot:
                client = Client(server, bot)
                assert (await client.text_after(photo)) == ENGLISH("inbox-retired")
                assert len(await client.said_in(sim.private)) == 1
                assert await client.said_in(admin_chat) == [told]
                assert not client.calls_of("getFile")
