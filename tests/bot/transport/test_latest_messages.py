"""Which replies quote: in a private chat, those that are not right below the message that they answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from telegram import Chat, Message, ReplyParameters

from bot.localchat.faults import Delay, RetryAfter
from bot.localchat.server import LocalChatServer
from bot.localchat.threads import Message as SentMessage
from bot.transport.latest_messages import LatestMessages
from tests.support.client import Client, connected_client_at
from tests.support.pictures import picture

pytestmark = pytest.mark.asyncio(loop_scope="module")
NOW = datetime.now(UTC)


def received(message_id: int, *, chat_id: int = 7, album: str | None = None) -> Message:
    return Message(message_id, NOW, Chat(chat_id, Chat.PRIVATE), media_group_id=album)


async def quotes(latest: LatestMessages, message_id: int, *, chat_id: int = 7, sent_id: int = 100) -> bool:
    """Send a reply to a message; return whether it quotes."""
    data: dict[str, Any] = {"chat_id": chat_id}

    async def call() -> dict[str, Any]:
        return {"message_id": sent_id}

    await latest.send(data, ReplyParameters(message_id), call)
    return data["reply_parameters"] is not None


async def test_a_reply_right_below_its_message_quotes_nothing() -> None:
    latest = LatestMessages()
    latest.note(received(1))
    assert not await quotes(latest, 1, sent_id=2)
    assert await quotes(latest, 1)


async def test_a_message_that_came_in_between_makes_a_reply_quote() -> None:
    latest = LatestMessages()
    for message_id in (2, 1):
        latest.note(received(message_id))
    assert await quotes(latest, 1, sent_id=3)
    assert await quotes(latest, 2)


async def test_replies_in_groups_and_in_chats_without_a_known_message_quote() -> None:
    latest = LatestMessages(max_chats=1)
    latest.note(received(1, chat_id=-7))
    assert await quotes(latest, 1, chat_id=-7)
    assert await quotes(latest, 1, chat_id=7)
    latest.note(received(1, chat_id=8))
    latest.note(received(1, chat_id=9))
    assert await quotes(latest, 1, chat_id=8)
    latest.note(received(1, chat_id=9))
    assert not await quotes(latest, 1, chat_id=9)


async def test_the_parts_of_an_album_count_as_one_message() -> None:
    latest = LatestMessages()
    for message_id in (3, 1, 2):
        latest.note(received(message_id, album="a"))
    assert not await quotes(latest, 1, sent_id=5)
    latest.note(received(4, album="a"))
    assert await quotes(latest, 1)


async def test_a_result_without_an_id_makes_the_next_reply_quote() -> None:
    latest = LatestMessages()
    latest.note(received(1))

    async def call() -> str:
        return "?"

    assert await latest.send({"chat_id": 7}, None, call) == "?"
    assert await quotes(latest, 1)


# With a running bot


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    async with LocalChatServer() as server, connected_client_at(server, tmp_path_factory.mktemp("home")) as running:
        yield running


def quoted_id(answer: SentMessage) -> int | None:
    quoted = answer.get("reply_to_message")
    return None if quoted is None else int(quoted["message_id"])


async def test_of_photos_sent_one_after_the_other_each_gets_a_plain_answer(client: Client) -> None:
    chat, person = client.newcomer()
    for number in range(2):
        answer = await client.reply_to(client.sim.send_photo(chat, person, picture(number)))
        assert quoted_id(answer) is None


async def test_of_photos_sent_at_once_each_answer_quotes_its_photo_but_one_right_below(client: Client) -> None:
    chat, person = client.newcomer()
    photos = [client.sim.send_photo(chat, person, picture(number)) for number in range(2)]
    await client.said_in(chat)
    answers = client.sim.messages(chat)[2:]
    ids = [photo["message_id"] for photo in photos]
    # If the second photo is answered first, that answer is right below it.
    assert [quoted_id(answer) for answer in answers] in (ids, [None, ids[0]])


async def test_a_photo_that_comes_while_an_answer_waits_makes_the_answer_quote(client: Client) -> None:
    chat, person = client.newcomer()
    client.server.faults.add(RetryAfter(1), method="sendMessage", chat_id=chat.id, count=1)
    first = client.sim.send_text(chat, person, "/help")
    await client.sim.wait_for(lambda: client.calls("sendMessage", chat))
    second = client.sim.send_text(chat, person, "/top")
    await client.said_in(chat)
    first_answer, second_answer = client.sim.messages(chat)[2:]
    assert quoted_id(first_answer) == first["message_id"]
    assert quoted_id(second_answer) == second["message_id"]


async def test_a_reply_to_an_older_photo_quotes_it(client: Client) -> None:
    chat, person = client.newcomer()
    photo = client.sim.send_photo(chat, person, picture(1))
    await client.reply_to(photo)
    client.sim.send_text(chat, person, "/label", reply_to=photo)
    await client.said_in(chat)
    assert quoted_id(client.sim.messages(chat)[-1]) == photo["message_id"]


async def test_after_a_restart_only_an_answer_right_below_its_message_is_plain(tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        async with connected_client_at(server, tmp_path, stop_timeout_s=0.1) as client:
            (quiet, person), (busy, other) = client.newcomer(), client.newcomer()
            # The answers to these photos never leave in this run.
            server.faults.add(Delay(60), method="getFile")
            last = client.sim.send_photo(quiet, person, picture(1))
            early = client.sim.send_photo(busy, other, picture(2))
            await client.sim.wait_for(lambda: len(client.calls_of("getFile")) == 2)
            await client.reply_to(client.sim.send_text(busy, other, "/help"))
        server.faults.clear()
        async with connected_client_at(server, tmp_path) as client:
            assert quoted_id(await client.reply_to(last)) is None
            await client.said_in(busy)
            assert quoted_id(client.sim.messages(busy)[-1]) == early["message_id"]
