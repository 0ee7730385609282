"""Albums: one answer for all photos, over the local Bot API server."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from bot.app import LabelBot
from bot.localchat.chats import Chat, User
from bot.localchat.faults import Delay
from bot.localchat.server import LocalChatServer
from bot.services.label_cache import LabelCache
from tests.support.client import Client, connected_client, settings_for
from tests.support.pictures import picture
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Long enough for photos that are sent at once.
QUIET_S = 0.3

LINE = re.compile(r"^(\d+)\. (Not sure: )?.+ \d+%$")
FOOTER = ["", "starter"]


def wait_less(bot: LabelBot) -> None:
    bot.application.bot_data["services"].albums._quiet_s = QUIET_S


@asynccontextmanager
async def started(server: LocalChatServer, home: Path) -> AsyncIterator[None]:
    async with LabelBot(settings_for(server, home)) as bot:
        wait_less(bot)
        yield


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    async with connected_client(tmp_path_factory.mktemp("home")) as running:
        wait_less(running.bot)
        yield running


def lines_of(text: str) -> list[str]:
    """The lines about photos."""
    lines = text.split("\n")
    assert lines[-2:] == FOOTER
    return lines[:-2]


def group_of_album_lovers(client: Client) -> tuple[Chat, User]:
    """A group of which every message reaches the bot, and somebody there."""
    _, person = client.newcomer()
    group = client.sim.add_group("Album lovers", creator=person)
    group.statuses[client.sim.bot.id] = "administrator"
    return group, person


def text_of(chat: Chat, message_id: int) -> str:
    return str(chat.messages[message_id]["text"])


async def test_an_album_gets_one_answer_with_a_line_for_each_photo(client: Client) -> None:
    chat, person = client.newcomer()
    photos = client.sim.send_album(chat, person, [picture(seed) for seed in range(10)])
    lines = lines_of(await client.text_after(photos[0]))
    assert [found[1] for line in lines if (found := LINE.match(line))] == [str(number) for number in range(1, 11)]
    assert len(await client.said_in(chat)) == 1


async def test_videos_have_a_line_and_what_cannot_be_looked_at_has_one_that_says_why(client: Client) -> None:
    chat, person = client.newcomer()
    album = client.sim.new_album_id()
    first = client.sim.send_photo(chat, person, picture(1), media_group_id=album)
    client.sim.send_video(chat, person, b"moving", thumbnail=picture(2), media_group_id=album)
    client.sim.send_document(chat, person, b"no image", file_name="a.jpg", mime_type="image/jpeg", media_group_id=album)
    photo, video, broken = lines_of(await client.text_after(first))
    assert LINE.match(photo)
    assert LINE.match(video)
    assert broken == f"3. {ENGLISH('failures-not-an-image')}"


async def test_a_forwarded_album_is_one_too(client: Client) -> None:
    chat, person = client.newcomer()
    photos = client.sim.send_album(chat, person, [picture(seed) for seed in range(3)])
    own_chat, other = client.newcomer()
    album = client.sim.new_album_id()
    forwarded = [client.sim.forward(photo, own_chat, other, media_group_id=album) for photo in photos]
    assert len(lines_of(await client.text_after(forwarded[0]))) == 3
    assert len(await client.said_in(own_chat)) == 1


async def test_two_albums_at_once_are_told_apart(client: Client) -> None:
    chat, person = client.newcomer()
    albums = client.sim.new_album_id(), client.sim.new_album_id()
    sent = [client.sim.send_photo(chat, person, picture(seed), media_group_id=albums[seed % 2]) for seed in range(5)]
    first, second = await asyncio.gather(client.text_after(sent[0]), client.text_after(sent[1]))
    assert (len(lines_of(first)), len(lines_of(second))) == (3, 2)


async def test_a_late_photo_is_added_to_the_answer_in_its_place(client: Client) -> None:
    chat, person = client.newcomer()
    album = client.sim.new_album_id()
    first = client.sim.send_photo(chat, person, picture(1), media_group_id=album)
    reply = await client.reply_to(first)
    assert "▰" in reply["text"], "a single photo is answered like any other"
    client.sim.send_photo(chat, person, picture(2), media_group_id=album)
    await client.sim.wait_for(lambda: "2. " in text_of(chat, reply["message_id"]), timeout_s=30)
    assert len(lines_of(text_of(chat, reply["message_id"]))) == 2
    assert len(await client.said_in(chat)) == 1


async def test_in_a_group_a_photo_counts_that_comes_while_the_others_are_answered(client: Client) -> None:
    group, person = group_of_album_lovers(client)
    album, sent = client.sim.new_album_id(), len(client.calls_of("sendMessage"))
    client.server.faults.add(Delay(1.0), method="sendMessage", count=1)
    caption = f"@{client.sim.bot.username}"
    first = client.sim.send_photo(group, person, picture(1), media_group_id=album, caption=caption)
    await client.sim.wait_for(lambda: len(client.calls_of("sendMessage")) > sent, timeout_s=30)
    client.sim.send_photo(group, person, picture(2), media_group_id=album)
    reply = await client.reply_to(first)
    await client.sim.wait_for(lambda: "2. " in text_of(group, reply["message_id"]), timeout_s=30)
    assert len(await client.said_in(group)) == 1


async def test_who_asks_about_one_photo_of_an_album_hears_of_that_one_alone(client: Client) -> None:
    group, person = group_of_album_lovers(client)
    album = client.sim.new_album_id()
    photo = client.sim.send_photo(group, person, picture(1), media_group_id=album)
    client.sim.send_text(group, person, "/label", reply_to=photo)
    reply = await client.reply_to(photo)
    client.sim.send_photo(group, person, picture(2), media_group_id=album)
    assert await client.said_in(group) == [reply["text"]]


async def test_in_a_group_a_mention_asks_for_the_whole_album(client: Client) -> None:
    group, person = group_of_album_lovers(client)
    left_alone = client.sim.send_album(group, person, [picture(seed) for seed in range(2)])
    caption = f"@{client.sim.bot.username} look"
    asked = client.sim.send_album(group, person, [picture(seed) for seed in range(3)], caption=caption)
    assert len(lines_of(await client.text_after(asked[0]))) == 3
    assert len(await client.said_in(group)) == 1
    assert left_alone[0]["message_id"] not in {
        message["reply_to_message"]["message_id"]
        for message in client.sim.messages(group)
        if "reply_to_message" in message
    }


async def test_a_photo_that_comes_after_a_restart_still_counts(tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        sim = server.simulation
        album = sim.new_album_id()
        async with started(server, tmp_path):
            first = sim.send_photo(sim.private, sim.alice, picture(1), media_group_id=album)
            reply = await sim.wait_for_reply(first, 60)
        async with started(server, tmp_path):
            sim.send_photo(sim.private, sim.alice, picture(2), media_group_id=album)
            shown = sim.private.messages
            await sim.wait_for(lambda: "2. " in shown[reply["message_id"]]["text"], 60)
        assert sum(message["from"]["is_bot"] for message in sim.messages(sim.private)) == 1


@pytest.mark.slow
async def test_a_photo_that_comes_after_a_crash_in_the_middle_of_the_answer_still_counts(tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        sim = server.simulation
        album = sim.new_album_id()
        async with started(server, tmp_path):
            first = sim.send_photo(sim.private, sim.alice, picture(1), media_group_id=album)
            reply = await sim.wait_for_reply(first, 60)
        with sqlite3.connect(tmp_path / "labelbot.sqlite3") as database:
            # As a crash leaves it after the message was sent, and before that was noted.
            ((update_id,),) = database.execute("SELECT update_id FROM sends")
            body = json.dumps({"update_id": update_id, "message": first})
            database.execute("UPDATE inbox SET done_at = NULL, body = ? WHERE update_id = ?", (body, update_id))
            database.execute("DELETE FROM answers")
        sim.send_photo(sim.private, sim.alice, picture(2), media_group_id=album)
        async with started(server, tmp_path):
            shown = sim.private.messages
            await sim.wait_for(lambda: "2. " in shown[reply["message_id"]]["text"], 60)
        own = [message for message in shown.values() if message["from"]["is_bot"]]
        assert [message["message_id"] for message in own] == [reply["message_id"]]


def broken(*_: object) -> None:
    raise RuntimeError("a mistake of the program")


async def test_a_late_photo_that_fails_costs_the_answered_ones_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with connected_client(tmp_path) as client:
        wait_less(client.bot)
        chat, person = client.newcomer()
        album = client.sim.new_album_id()
        client.server.faults.add(Delay(4 * QUIET_S), method="sendMessage", chat_id=chat.id, count=1)
        first = client.sim.send_photo(chat, person, picture(1), media_group_id=album)
        await client.sim.wait_for(lambda: client.calls("sendMessage", chat), 60)
        monkeypatch.setattr(LabelCache, "put", broken)
        late = client.sim.send_photo(chat, person, picture(2), media_group_id=album)
        await client.said_in(chat)
        replies = [message for message in chat.messages.values() if message["from"]["is_bot"]]
        assert len(replies) == 2, "an answer and an apology"
        (answer,) = (reply for reply in replies if "%" in reply["text"])
        assert answer in client.sim.replies(first)
        (apology,) = (reply for reply in replies if "went wrong" in reply["text"])
        assert apology in client.sim.replies(late)
