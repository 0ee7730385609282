"""Photos that a person sends one by one, faster than Telegram takes answers: one message answers several."""

from __future__ import annotations

import copy
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.domain.callback_data import MORE, button_data
from bot.handlers.context import Services
from bot.localchat.chats import Chat
from bot.localchat.faults import Refused, RetryAfter
from bot.localchat.server import LocalChatServer
from tests.support.client import Client, connected_client, connected_client_at
from tests.support.pictures import picture

PHOTOS = 16


async def answered_photos(client: Client, chat: Chat) -> dict[int, list[int]]:
    """Return the ids of the messages with the photos that the buttons of each answer in a chat know."""
    services = client.bot.application.bot_data["services"]
    assert isinstance(services, Services)
    ids = [message["message_id"] for message in client.sim.messages(chat) if message["from"]["is_bot"]]
    stored = [await services.storage.answers.find(chat.id, message_id) for message_id in ids]
    return {answer.message_id: [photo.message_id for photo in answer.photos] for answer in stored if answer is not None}


async def test_photos_that_wait_for_their_answers_are_answered_together(tmp_path: Path) -> None:
    async with connected_client(tmp_path, messages_per_second_per_chat=1.0) as client:
        chat, person = client.newcomer()
        pending = client.sim.store.updates.pending
        first = len(pending)
        sent = [client.sim.send_photo(chat, person, picture(seed)) for seed in range(PHOTOS)]
        ids = [update["update_id"] for update in list(pending)[first:]]
        said = await client.said_in(chat)
        assert 3 < len(said) <= 3 + (PHOTOS - 3) // 2
        services = client.bot.application.bot_data["services"]
        assert isinstance(services, Services)
        answers = [message for message in client.sim.messages(chat) if message["from"]["is_bot"]]
        stored = [await services.storage.answers.find(chat.id, message["message_id"]) for message in answers]
        answered = [photo.message_id for answer in stored if answer is not None for photo in answer.photos]
        assert sorted(answered) == [message["message_id"] for message in sent]
        # After a crash each update knows the message that answered it.
        claims = await services.storage.sends.of_updates(ids)
        by_photo = {photo.message_id: answer.message_id for answer in stored if answer for photo in answer.photos}
        assert [claims[update_id][0].message_id for update_id in ids] == [
            by_photo[message["message_id"]] for message in sent
        ]
        await client.sim.press(answers[-1], button_data(MORE), person)


async def test_photos_of_a_merged_answer_that_is_refused_are_answered_one_by_one(tmp_path: Path) -> None:
    async with connected_client(tmp_path) as client:
        chat, person = client.newcomer()
        client.server.faults.add(RetryAfter(1), method="sendMessage", chat_id=chat.id, count=1)
        client.sim.send_photo(chat, person, picture(20))
        await client.sim.wait_for(lambda: client.calls("sendMessage", chat), 60)
        sent = [client.sim.send_photo(chat, person, picture(seed)) for seed in range(4)]
        await client.sim.wait_for(lambda: len(client.calls("sendMessage", chat)) == 2, 60)
        client.server.faults.add(Refused("SOMETHING_NEW"), method="sendMessage", chat_id=chat.id, count=1)
        said = await client.said_in(chat)
        assert len(said) == 1 + len(sent)


def crash_before_the_end(home: Path, updates: list[dict[str, Any]], *, recorded: bool) -> None:
    """Change a database as if the bot had crashed after its messages were sent, and before the updates were done."""
    with closing(sqlite3.connect(home / "labelbot.sqlite3")) as database, database:
        for update in updates:
            database.execute(
                "UPDATE inbox SET done_at = NULL, body = ? WHERE update_id = ?",
                (json.dumps(update), update["update_id"]),
            )
        if not recorded:
            database.execute("DELETE FROM answers")


@pytest.mark.slow
@pytest.mark.parametrize("recorded", [True, False])
async def test_the_buttons_of_a_merged_answer_know_all_its_photos_after_a_crash(
    tmp_path: Path, *, recorded: bool
) -> None:
    async with LocalChatServer() as server:
        async with connected_client_at(server, tmp_path, messages_per_second_per_chat=1.0) as client:
            chat, _person = client.newcomer()
            pending = server.simulation.store.updates.pending
            first = len(pending)
            for seed in range(PHOTOS):
                server.simulation.send_photo(chat, _person, picture(seed))
            updates = copy.deepcopy(list(pending)[first:])
            await client.said_in(chat)
            before = await answered_photos(client, chat)
        # With a record, some updates were done before the crash.
        crash_before_the_end(tmp_path, updates[1::2] if recorded else updates, recorded=recorded)
        async with connected_client_at(server, tmp_path) as client:
            await client.said_in(chat)
            assert await answered_photos(client, chat) == before
    assert max(map(len, before.values())) > 2, "some answers are merged"
