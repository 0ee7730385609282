"""The link that makes the first admin, over the local Bot API server: what it does, and what it never does."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.domain.callback_data import ERASE, VERSION
from bot.localchat.chats import Chat, User
from bot.localchat.html import parse_html
from bot.localchat.server import LocalChatServer
from bot.views.texts import Languages
from tests.support.client import Client, connected_client_at
from tests.support.texts import ENGLISH

LANGUAGES = Languages.load()
ROWS = "SELECT id FROM claimed_admins"


def shown(*keys: str, **facts: str | float) -> str:
    return "\n\n".join(parse_html(ENGLISH(key, **facts))[0] for key in keys)


@asynccontextmanager
async def without_admins(home: Path, **changes: Any) -> AsyncIterator[Client]:
    async with (
        LocalChatServer() as server,
        connected_client_at(server, home, **{"admins": frozenset()} | changes) as client,
    ):
        yield client


async def opened(client: Client, chat: Chat, person: User, link: str | None) -> str:
    """Open a link, as the apps do; return what the bot says."""
    assert link is not None
    payload = link.partition("?start=")[2]
    return await client.text_after(client.sim.send_text(chat, person, f"/start {payload}"))


def claimed(home: Path) -> list[int]:
    with sqlite3.connect(home / "labelbot.sqlite3") as database:
        return [user_id for (user_id,) in database.execute(ROWS)]


def menus_of(client: Client, person: User, method: str) -> int:
    """How often the bot changed what the apps offer to a person."""
    scope = {"type": "chat", "chat_id": person.id}
    return sum(json.loads(call.parameters.get("scope", "null")) == scope for call in client.calls_of(method))


async def test_whoever_opens_the_link_is_the_first_admin_until_they_end_it(tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        async with connected_client_at(server, tmp_path, admins=frozenset()) as client:
            chat, person = client.newcomer()
            assert await client.text_after(client.sim.send_text(chat, person, "/workers")) == ENGLISH(
                "admin-only", id=str(person.id)
            )
            with capture_logs() as logs:
                said = await opened(client, chat, person, client.bot.claim_link)
            assert said == shown("claim-done", id=str(person.id))
            (line,) = [line for line in logs if "first admin is set" in line["event"]]
            assert line["id"] == person.id
            assert "worker ready" in await client.text_after(client.sim.send_text(chat, person, "/workers"))
            assert "/models" in await client.text_after(client.sim.send_text(chat, person, "/help"))
            await client.sim.wait_for(lambda: menus_of(client, person, "setMyCommands") == len(LANGUAGES.codes))
            assert await opened(client, chat, person, client.bot.claim_link) == shown("claim-already")
        assert claimed(tmp_path) == [person.id]

        async with connected_client_at(server, tmp_path, admins=frozenset()) as client:
            assert client.bot.claim_link is None
            assert "worker ready" in await client.text_after(client.sim.send_text(chat, person, "/workers"))
            kept = await client.text_after(client.sim.send_text(chat, person, "/privacy"))
            assert kept == f"{shown('privacy-kept', days=30)}\n\n{shown('claim-kept')}"
            question = await client.reply_to(client.sim.send_text(chat, person, "/deletemydata"))
            assert question["text"] == shown("privacy-delete-private", "claim-ends")
            await client.sim.press(question, f"{VERSION}:{ERASE}:{person.id}", person)
            await client.said_in(chat)
            assert claimed(tmp_path) == []
            await client.sim.wait_for(lambda: menus_of(client, person, "deleteMyCommands"))
            assert await client.text_after(client.sim.send_text(chat, person, "/workers")) == ENGLISH(
                "admin-only", id=str(person.id)
            )

        async with connected_client_at(server, tmp_path, admins=frozenset()) as client:
            assert client.bot.claim_link is not None


async def test_a_link_that_was_used_makes_nobody_else_an_admin(tmp_path: Path) -> None:
    async with without_admins(tmp_path) as client:
        link = client.bot.claim_link
        await opened(client, *client.newcomer(), link)
        chat, person = client.newcomer()
        assert await opened(client, chat, person, link) == shown("claim-refused")
        assert len(claimed(tmp_path)) == 1
        assert person.id not in claimed(tmp_path)


async def test_two_who_open_the_link_at_once_are_one_admin(tmp_path: Path) -> None:
    async with without_admins(tmp_path) as client:
        payload = str(client.bot.claim_link).partition("?start=")[2]
        people = [client.newcomer() for _ in range(5)]
        opening = [client.sim.send_text(chat, person, f"/start {payload}") for chat, person in people]
        said = [await client.text_after(message) for message in opening]
        assert sorted(said)[:4] == [shown("claim-refused")] * 4
        assert len(claimed(tmp_path)) == 1


async def test_wrong_and_expired_codes_get_the_same_kind_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with without_admins(tmp_path) as client:
        chat, person = client.newcomer()
        link = str(client.bot.claim_link)
        for wrong in (link[:-1] + ("A" if link[-1] != "A" else "B"), link + "A", "?start=claim-"):
            assert await opened(client, chat, person, wrong) == shown("claim-refused")
        assert client.bot.application.bot_data["services"].admins.code is not None
        monkeypatch.setattr(client.bot.application.bot_data["services"].admins.code, "_expires_s", 0.0)
        assert await opened(client, chat, person, link) == shown("claim-refused")
        assert claimed(tmp_path) == []


async def test_where_there_are_admins_no_link_is_made_and_none_is_taken(tmp_path: Path) -> None:
    async with without_admins(tmp_path, admins={7}) as client:
        assert client.bot.claim_link is None
        assert await opened(client, *client.newcomer(), f"?start=claim-{'A' * 32}") == shown("claim-refused")


async def test_guesses_count_as_requests(tmp_path: Path) -> None:
    async with without_admins(tmp_path, requests_per_minute_per_person=1.0) as client:
        chat, person = client.newcomer()
        for _ in range(14):
            client.sim.send_text(chat, person, f"/start claim-{'A' * 32}")
        refused = shown("claim-refused")
        assert sorted(await client.said_in(chat)) == sorted([*[refused] * 10, shown("limits-person")])


async def test_a_link_works_in_a_private_chat_by_ones_own_word_only(tmp_path: Path) -> None:
    async with without_admins(tmp_path) as client:
        sim, link = client.sim, str(client.bot.claim_link)
        payload = link.partition("?start=")[2]
        chat, person = client.newcomer()
        sim.send_text(sim.group, sim.alice, f"/start@{sim.bot.username} {payload}")
        sim.forward(sim.send_text(sim.private, sim.alice, "hi"), chat, person)
        aside = sim.add_private_chat(writer := sim.add_user("Writer"))
        forwarded = sim.forward(
            {**sim.send_text(aside, writer, "hello"), "text": f"/start {payload}"}
            | {"entities": [{"type": "bot_command", "offset": 0, "length": 6}]},
            chat,
            person,
        )
        assert await client.text_after(forwarded) == ENGLISH("commands-borrowed")
        await client.said_in(sim.group)
        assert claimed(tmp_path) == []
        assert await opened(client, chat, person, link) == shown("claim-done", id=str(person.id))


async def test_the_link_works_although_the_bot_is_closed_to_strangers(tmp_path: Path) -> None:
    async with without_admins(tmp_path, allowed={-5}, added_by_admins=True) as client:
        chat, person = client.newcomer()
        refusal = ENGLISH("access-not-allowed", id=str(person.id))
        assert await client.text_after(client.sim.send_text(chat, person, "/start hello")) == refusal
        assert await opened(client, chat, person, client.bot.claim_link) == shown("claim-done", id=str(person.id))
        assert "%" not in await client.text_after(client.sim.send_text(chat, person, "/help"))
        stranger_chat, stranger = client.newcomer()
        told = await opened(client, stranger_chat, stranger, f"?start=claim-{'A' * 32}")
        assert told == shown("claim-refused")


async def test_a_claim_that_cannot_be_stored_leaves_the_link_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with without_admins(tmp_path) as client:
        chat, person = client.newcomer()
        with sqlite3.connect(tmp_path / "labelbot.sqlite3") as database:
            database.execute("ALTER TABLE claimed_admins RENAME TO away")
        payload = str(client.bot.claim_link).partition("?start=")[2]
        client.sim.send_text(chat, person, f"/start {payload}")
        await client.said_in(chat)
        refused = ENGLISH("admin-only", id=str(person.id))
        assert await client.text_after(client.sim.send_text(chat, person, "/workers")) == refused
        with sqlite3.connect(tmp_path / "labelbot.sqlite3") as database:
            database.execute("ALTER TABLE away RENAME TO claimed_admins")
        assert await opened(client, chat, person, client.bot.claim_link) == shown("claim-done", id=str(person.id))
