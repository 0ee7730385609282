"""A database that fails for seconds while photos are looked at: each gets its labels, and nothing else."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.domain.callback_data import MORE, button_data
from bot.localchat.faults import Delay
from bot.storage import durable, engine
from tests.support.client import Client, connected_client
from tests.support.pictures import picture
from tests.support.postgresql import Postgresql

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
