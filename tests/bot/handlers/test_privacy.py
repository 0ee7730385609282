"""What is forgotten when somebody asks for it, over the local Bot API server."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.domain.callback_data import ERASE, MORE, VERSION, button_data
from bot.localchat.chats import Chat, User
from bot.localchat.html import parse_html
from bot.localchat.threads import Message
from tests.support.client import Client, connected_client
from tests.support.pictures import picture
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(home: Path) -> AsyncIterator[Client]:
    async with connected_client(home) as running:
        yield running


def data(key: object) -> str:
    return f"{VERSION}:{ERASE}:{key}"


def told(key: str) -> str:
    return parse_html(ENGLISH(key))[0]


def labels_of(home: Path) -> int:
    """How many files' labels the database holds."""
    with sqlite3.connect(home / "labelbot.sqlite3") as database:
        return int(database.execute("SELECT count(*) FROM predictions").fetchone()[0])


def rows_about(home: Path, number: int) -> list[str]:
    """Tables that hold a number anywhere, those of the last day's updates and messages aside."""
    with sqlite3.connect(home / "labelbot.sqlite3") as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return [
            name
            for name in tables
            if name not in ("inbox", "sends")
            and any(str(number) in str(row) for row in database.execute(f"SELECT * FROM {name}"))
        ]


async def settled(client: Client, reply: Message, text: str) -> None:
    shown = client.sim.store.chats[reply["chat"]["id"]].messages
    await client.sim.wait_for(lambda: shown[reply["message_id"]]["text"] == text, 30)


async def ask_in_private(client: Client, seed: int) -> tuple[Chat, User, Message]:
    chat, person = client.newcomer()
    await client.reply_to(client.sim.send_text(chat, person, "/top 3"))
    return chat, person, await client.reply_to(client.sim.send_photo(chat, person, picture(seed)))


async def test_neither_names_nor_words_are_kept_once_they_are_answered(client: Client, home: Path) -> None:
    chat = client.sim.add_private_chat(person := client.sim.add_user("Rumpelstiltskin"))
    await client.reply_to(client.sim.send_photo(chat, person, picture(6), caption="spindle"))
    await client.reply_to(client.sim.send_text(chat, person, "straw to gold"))
    await client.said_in(chat)
    with sqlite3.connect(home / "labelbot.sqlite3") as database:
        kept = "\n".join(database.iterdump())
    assert str(person.id) in kept
    assert [word for word in ("Rumpelstiltskin", "spindle", "straw") if word in kept] == []


async def test_a_person_is_forgotten_once_they_confirm_it(client: Client, home: Path) -> None:
    chat, person, answer = await ask_in_private(client, 1)
    group = client.sim.add_group("Readers", creator=client.sim.admin, members=(person,))
    in_group = await client.reply_to(
        client.sim.send_photo(group, person, picture(2), caption=f"@{client.sim.bot.username}")
    )
    question = await client.reply_to(client.sim.send_text(chat, person, "/deletemydata"))
    assert rows_about(home, person.id) == ["chats", "answers"]
    before = labels_of(home)
    await client.sim.press(question, data(person.id), person)
    await settled(client, question, told("privacy-deleted-me"))
    assert rows_about(home, person.id) == []
    assert labels_of(home) == before - 2
    assert (await client.sim.press(answer, button_data(MORE), person)).text == ENGLISH("buttons-forgotten")
    assert (await client.sim.press(in_group, button_data(MORE), person)).text == ENGLISH("buttons-forgotten")
    assert "the top 5 labels" in await client.text_after(client.sim.send_text(chat, person, "/top"))


async def test_nothing_is_forgotten_without_that(client: Client, home: Path) -> None:
    chat, person, _ = await ask_in_private(client, 3)
    question = await client.reply_to(client.sim.send_text(chat, person, "/deletemydata"))
    await client.sim.press(question, data("nothing"), person)
    await settled(client, question, told("privacy-kept-all"))
    assert rows_about(home, person.id) == ["chats", "answers"]


async def test_a_group_is_forgotten_by_its_admins_alone(client: Client, home: Path) -> None:
    _, creator = client.newcomer()
    _, member = client.newcomer()
    group = client.sim.add_group("Writers", creator=creator, members=(member,))
    await client.reply_to(client.sim.send_photo(group, member, picture(4), caption=f"@{client.sim.bot.username}"))
    question = await client.reply_to(client.sim.send_text(group, member, "/deletemydata"))
    assert (await client.sim.press(question, data("chat"), member)).text == ENGLISH("privacy-admins-only")
    assert (await client.sim.press(question, data(member.id), creator)).text == ENGLISH("privacy-not-yours")
    assert "answers" in rows_about(home, group.id)
    await client.sim.press(question, data("chat"), creator)
    await settled(client, question, told("privacy-deleted-chat"))
    assert rows_about(home, group.id) == []


async def test_a_hidden_admin_is_offered_the_group_alone(client: Client) -> None:
    _, creator = client.newcomer()
    group = client.sim.add_group("Hidden", creator=creator)
    question = await client.reply_to(client.sim.send_text(group, client.sim.anonymous, "/deletemydata"))
    assert question["text"] == told("privacy-delete-hidden")
    rows = question["reply_markup"]["inline_keyboard"]
    assert [button["callback_data"] for row in rows for button in row] == [data("chat"), data("nothing")]


async def test_a_group_that_the_bot_is_removed_from_is_forgotten(client: Client, home: Path) -> None:
    _, creator = client.newcomer()
    group = client.sim.add_group("Leavers", creator=creator)
    await client.reply_to(client.sim.send_photo(group, creator, picture(5), caption=f"@{client.sim.bot.username}"))
    await client.said_in(group)
    assert "answers" in rows_about(home, group.id)
    client.sim.groups.remove(group, client.sim.bot, by=creator)
    await client.said_in(group)
    assert rows_about(home, group.id) == ["chats"], "that the bot is not there"


async def test_in_a_group_privacy_answers_to_its_name_only(client: Client) -> None:
    _, creator = client.newcomer()
    group = client.sim.add_group("Curious", creator=creator)
    client.sim.send_text(group, creator, "/privacy")
    named = client.sim.send_text(group, creator, f"/privacy@{client.sim.bot.username}")
    assert await client.text_after(named) == parse_html(ENGLISH("privacy-kept", days=30))[0]
    assert len(await client.said_in(group)) == 1
