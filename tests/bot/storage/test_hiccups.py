"""A database that fails for seconds: each photo gets its labels and each command its effect, and nothing else."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, MutableMapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from bot.app import LabelBot, StartError
from bot.domain.callback_data import MORE, button_data, erasure_data, settings_data
from bot.localchat.faults import Delay
from bot.localchat.server import LocalChatServer
from bot.storage import database, durable, engine
from bot.storage.database import Database
from tests.support.client import Client, connected_client, settings_for
from tests.support.databases import Databases
from tests.support.keyboards import buttons, shown_now
from tests.support.pictures import picture
from tests.support.postgresql import Postgresql
from tests.support.processes import until
from tests.support.texts import ENGLISH

# Longer than SQLite waits for a lock here, and than the first pauses.
FAILS_FOR_S = 1.5


@asynccontextmanager
async def locked(home: Path) -> AsyncIterator[None]:
    """Lock an SQLite file against writing."""
    connection = sqlite3.connect(home / "labelbot.sqlite3", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


@pytest.mark.parametrize("method", ["getFile", "sendMessage"])
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
async def test_a_database_that_fails_for_a_moment_spoils_no_answer(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, kind: str, method: str
) -> None:
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 100)
    monkeypatch.setattr(durable, "MAX_PAUSE_S", 0.5)
    changes = {}
    if kind == "postgresql":
        server: Postgresql = request.getfixturevalue("postgresql_server")
        changes["database_url"] = SecretStr(await asyncio.to_thread(server.database))
    async with connected_client(tmp_path, **changes) as client:
        failing = server.out_of_reach() if kind == "postgresql" else locked(tmp_path)
        await photo_meets(client, failing, method)


async def photo_meets(client: Client, failing: AbstractAsyncContextManager[None], method: str) -> None:
    """Send a photo, and have the database fail once the bot calls a method for it."""
    chat, person = client.newcomer()
    client.server.faults.add(Delay(0.3), method=method, count=1)
    photo = client.sim.send_photo(chat, person, picture(1))
    await client.sim.wait_for(lambda: client.calls_of(method), 60)
    async with failing:
        await asyncio.sleep(FAILS_FOR_S)
    answer = await client.reply_to(photo)
    (said,) = await client.said_in(chat)
    assert "%" in said
    await client.sim.press(answer, button_data(MORE), person)
    (more,) = await client.said_in(chat)
    assert more.count("%") > said.count("%"), "its buttons work"


@asynccontextmanager
async def tables_failing(home: Path, *tables: str) -> AsyncIterator[None]:
    """Let every change of some tables of an SQLite database fail; the inbox works on, so that updates still come."""
    with closing(sqlite3.connect(home / "labelbot.sqlite3")) as database:
        names = {f"fail_{table}_{change}": (change, table) for table in tables for change in ("INSERT", "DELETE")}
        for name, (change, table) in names.items():
            database.execute(f"CREATE TRIGGER {name} BEFORE {change} ON {table} BEGIN SELECT json('!'); END")
        try:
            yield
        finally:
            for name in names:
                database.execute(f"DROP TRIGGER {name}")


async def attempts_failed(logs: list[MutableMapping[str, Any]], times: int) -> None:
    await until(lambda: sum(line["event"] == "the database fails" for line in logs) >= times)


async def test_what_people_set_waits_for_a_database_that_fails_for_a_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durable, "FIRST_PAUSE_S", 0.1)
    monkeypatch.setattr(durable, "MAX_PAUSE_S", 0.1)
    async with connected_client(tmp_path) as client:
        sim, (chat, person), (other, leaver) = client.sim, client.newcomer(), client.newcomer()
        menu = await client.reply_to(sim.send_text(other, leaver, "/settings"))
        await sim.press(menu, settings_data(other.id, "top_k"), leaver)
        await sim.wait_for(lambda: "4" in buttons(shown_now(client, menu)))
        choices = shown_now(client, menu)
        question = await client.reply_to(sim.send_text(other, leaver, "/deletemydata"))
        with capture_logs() as logs:
            async with tables_failing(tmp_path, "chats", "bans", "model_choices"):
                top = sim.send_text(chat, person, "/top 2")
                ban = sim.send_text(client.admin_chat, sim.admin, "/ban 77")
                use = sim.send_text(client.admin_chat, sim.admin, "/use starter here")
                pressing = asyncio.create_task(sim.press(choices, buttons(choices)["4"], leaver, timeout_s=30))
                await attempts_failed(logs, 16)
            said = [await client.text_after(message) for message in (top, ban, use)]
            assert (await pressing).text == ENGLISH("settings-saved")
            async with tables_failing(tmp_path, "chats", "answers"):
                erasing = asyncio.create_task(sim.press(question, erasure_data(str(leaver.id)), leaver, timeout_s=30))
                await attempts_failed(logs, 20)
            await erasing
        assert said[:2] == [ENGLISH("commands-top-set", count=2), ENGLISH("admin-banned", id="77")]
        assert "starter" in said[2]
        assert ENGLISH("privacy-deleted-me") in await client.said_in(other)
        assert not [line for line in logs if line["event"] == "unexpected error"]


async def test_what_people_set_is_given_up_after_a_while_with_an_apology(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durable, "PATIENCE_S", 0.5)
    async with connected_client(tmp_path) as client:
        chat, person = client.newcomer()
        async with tables_failing(tmp_path, "chats"):
            said = await client.text_after(client.sim.send_text(chat, person, "/top 2"))
        assert said.startswith(ENGLISH("failures-unexpected", reference="").split("(")[0])
        await client.order("/top 2")


async def test_a_database_that_another_program_has_locked_is_waited_for_at_the_start(
    tmp_path: Path, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 10)
    url = await asyncio.to_thread(databases.sqlite, tmp_path / "labelbot.sqlite3")
    with capture_logs() as logs:
        async with locked(tmp_path):
            opening = asyncio.create_task(Database.open(url))
            await until(lambda: logs)
            assert not opening.done()
        await (await opening).close()
    assert [line["event"] for line in logs] == ["waiting for a program that has locked the database"]


async def test_a_database_that_stays_locked_is_named_at_the_start(
    tmp_path: Path, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 10)
    monkeypatch.setattr(database, "LOCKED_S", 0.0)
    await asyncio.to_thread(databases.sqlite, tmp_path / "labelbot.sqlite3")
    async with LocalChatServer() as server, locked(tmp_path):
        with pytest.raises(StartError) as refused:
            await LabelBot(settings_for(server, tmp_path)).start()
    assert str(refused.value) == (
        f"The database {tmp_path / 'labelbot.sqlite3'} is locked: another program writes to it. End that program first."
    )
