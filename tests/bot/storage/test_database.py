"""The connection to the database, and what is said where there is none."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Connection, Table, func, insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError

from bot.storage.connections import SqliteConnection
from bot.storage.database import Database
from bot.storage.database_url import postgresql_url, sqlite_url
from bot.storage.engine import StorageError, is_locked, is_permanent
from bot.storage.group_commit import Outcome, Waiting
from bot.storage.storage import Storage
from bot.storage.tables import bans, inbox, model_choices
from tests.support.databases import Databases
from tests.support.postgresql import Postgresql
from tests.support.processes import HANG_S


async def test_a_row_is_inserted_or_the_one_with_its_key_set(database: Database) -> None:
    await database.upsert(model_choices, {"chat_id": 7, "model": "first", "previous": "older"})
    await database.upsert(model_choices, {"chat_id": 7, "model": "second"})
    await database.upsert(model_choices, {"chat_id": 8, "model": None})
    rows = await database.execute(select(model_choices).order_by(model_choices.c.chat_id))
    assert [tuple(row) for row in rows] == [(7, "second", "older"), (8, None, None)]


async def test_a_row_of_nothing_but_its_key_is_there_once(database: Database) -> None:
    for _ in range(2):
        await database.upsert(bans, {"id": 7})
    assert list((await database.execute(select(bans.c.id))).scalars()) == [7]


async def test_an_error_shows_nothing_of_the_row(database: Database) -> None:
    row = {"chat_id": 7, "model": "a secret"}
    await database.execute(insert(model_choices), row)
    with pytest.raises(IntegrityError) as refused:
        await database.execute(insert(model_choices), row)
    assert "a secret" not in str(refused.value)


async def test_more_at_once_than_there_are_connections_wait_for_their_turn(database: Database) -> None:
    await asyncio.gather(*(database.upsert(bans, {"id": number}) for number in range(200)))
    assert (await database.execute(select(func.count()).select_from(bans))).scalar() == 200


async def test_statements_at_once_share_a_transaction_of_sqlite(
    tmp_path: Path, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await Database.open(await asyncio.to_thread(databases.sqlite, tmp_path / "labelbot.sqlite3"))
    begun = []
    together = SqliteConnection._run_together

    def counted(self: SqliteConnection, group: Sequence[Waiting], connection: Connection) -> Sequence[Outcome]:
        begun.append(len(group))
        return together(self, group, connection)

    monkeypatch.setattr(SqliteConnection, "_run_together", counted)
    *_, count = await asyncio.gather(
        *(database.upsert(bans, {"id": number}) for number in range(9)),
        database.execute(select(func.count()).select_from(bans)),
    )
    assert begun == [10]
    assert count is not None
    assert count.scalar() == 9  # they run in the order in which they came
    await database.close()


async def test_changes_that_nobody_waits_for_join_the_next_transaction(
    tmp_path: Path, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.storage.group_commit.LINGER_S", 3600.0)
    database = await Database.open(await asyncio.to_thread(databases.sqlite, tmp_path / "labelbot.sqlite3"))
    for number in range(3):
        database.store_row(bans, {"id": number}, lost="lost")
    await asyncio.sleep(0)
    assert list((await database.execute(select(bans.c.id))).scalars()) == [0, 1, 2]
    database.store_row(bans, {"id": 3}, lost="lost")
    await database.close()
    assert len(list((await database.execute(select(bans.c.id))).scalars())) == 4
    await database.close()


async def test_a_change_that_nobody_waits_for_runs_soon(database: Database) -> None:
    database.store_row(bans, {"id": 7}, lost="lost")
    async with asyncio.timeout(HANG_S):
        while (await database.execute(select(func.count()).select_from(bans))).scalar() != 1:  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def test_a_change_that_nobody_waits_for_is_repeated_until_it_works(
    tmp_path: Path, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.storage.engine.BUSY_TIMEOUT_MS", 10)
    monkeypatch.setattr("bot.storage.durable.FIRST_PAUSE_S", 0.01)
    url = await asyncio.to_thread(databases.sqlite, tmp_path / "labelbot.sqlite3")
    database = await Database.open(url)
    await database.upsert(bans, {"id": 1})
    with closing(sqlite3.connect(str(url.database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for number in (2, 3):
            database.store_row(bans, {"id": number}, lost="lost")
        with pytest.raises(OperationalError):
            await database.upsert(bans, {"id": 4})
    await database.settled()
    assert list((await database.execute(select(bans.c.id))).scalars()) == [1, 2, 3]
    await database.close()


async def test_changes_at_once_share_a_transaction_of_a_server(
    postgresql_server: Postgresql, databases: Databases
) -> None:
    database = await Database.open(await asyncio.to_thread(databases.postgresql, postgresql_server))
    await asyncio.gather(*(database.upsert(bans, {"id": number}) for number in range(9)))
    transactions = set((await database.execute(text("SELECT xmin::text FROM bans"))).scalars())
    assert len(transactions) == 1
    await database.close()


async def test_of_statements_at_once_only_the_wrong_one_fails(database: Database) -> None:
    # A server runs statements at once in any order.
    await database.upsert(bans, {"id": 1})
    good, *wrong, last = await asyncio.gather(
        database.upsert(bans, {"id": 3}),
        database.upsert(bans, {"id": 10**400}),
        database.execute(insert(bans), {"id": 1}),
        database.upsert(bans, {"id": 2}),
        return_exceptions=True,
    )
    assert (good, last) == (None, None)
    assert [isinstance(error, SQLAlchemyError) and is_permanent(error) for error in wrong] == [True, True]
    assert sorted((await database.execute(select(bans.c.id))).scalars()) == [1, 2, 3]


async def test_statements_at_once_wait_for_a_lock_together(
    tmp_path: Path, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.storage.engine.BUSY_TIMEOUT_MS", 50)
    url = await asyncio.to_thread(databases.sqlite, tmp_path / "labelbot.sqlite3")
    database = await Database.open(url)
    await database.upsert(bans, {"id": 1})
    with closing(sqlite3.connect(str(url.database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        rows = [database.upsert(bans, {"id": number}) for number in range(100)]
        failed = await asyncio.gather(*rows, return_exceptions=True)
    assert [isinstance(error, OperationalError) and is_locked(error) for error in failed] == [True] * 100
    await database.upsert(bans, {"id": 2})
    await database.close()


async def test_a_statement_that_is_cancelled_leaves_the_others_alone(database: Database) -> None:
    cancelled = asyncio.create_task(database.upsert(bans, {"id": 1}))
    others = [asyncio.create_task(database.upsert(bans, {"id": number})) for number in (2, 3)]
    await asyncio.sleep(0)
    cancelled.cancel()
    await asyncio.gather(*others)
    assert {2, 3} <= set((await database.execute(select(bans.c.id))).scalars())


async def test_a_database_is_closed_after_the_statements_that_wait(tmp_path: Path, databases: Databases) -> None:
    url = await asyncio.to_thread(databases.sqlite, tmp_path / "labelbot.sqlite3")
    database = await Database.open(url)
    rows = [asyncio.create_task(database.upsert(bans, {"id": number})) for number in range(5)]
    await asyncio.sleep(0)
    await database.close()
    await asyncio.gather(*rows)
    assert (await database.execute(select(func.count()).select_from(bans))).scalar() == 5
    await database.close()


ODD_ROWS: list[tuple[Table, dict[str, Any]]] = [
    (bans, {"id": 2**63}),
    (bans, {"id": 10**400}),
    (model_choices, {"chat_id": 7, "model": "\ud800"}),
    (inbox, {"update_id": 7, "body": {"a set": {1, 2}}, "received_at": 1, "attempts": 1}),
    (inbox, {"update_id": 7, "body": {}, "received_at": None, "attempts": 1}),
]


@pytest.mark.parametrize(("table", "row"), ODD_ROWS)
async def test_what_cannot_be_stored_is_told_from_a_database_that_fails(
    database: Database, table: Table, row: dict[str, Any]
) -> None:
    with pytest.raises(SQLAlchemyError) as refused:
        await database.execute(insert(table), row)
    assert is_permanent(refused.value)
    await database.execute(text("DROP TABLE bans"))
    with pytest.raises(SQLAlchemyError) as failed:
        await database.upsert(bans, {"id": 7})
    assert not is_permanent(failed.value)


async def test_a_text_that_only_postgresql_cannot_hold_is_no_failure_of_the_server(server_url: URL) -> None:
    database = await Database.open(server_url)
    with pytest.raises(SQLAlchemyError) as refused:
        await database.upsert(model_choices, {"chat_id": 7, "model": "a\x00b"})
    assert is_permanent(refused.value)
    await database.close()


async def test_a_reader_beside_the_bot_does_not_lock_it_out(tmp_path: Path) -> None:
    storage = await Storage.open(sqlite_url(tmp_path / "database"))
    with sqlite3.connect(tmp_path / "database", isolation_level=None) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM chats").fetchall()
        await storage.chats.change(1, {"top_k": 4})
        reader.execute("COMMIT")
    assert (await storage.chats.settings(1)).top_k == 4
    reader.close()
    await storage.close()


async def test_a_server_that_hung_up_is_connected_to_anew(server_url: URL) -> None:
    database, beside = await Database.open(server_url), await Database.open(server_url)
    await database.upsert(bans, {"id": 7})
    hang_up = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    assert (await beside.execute(text(f"{hang_up} AND pid <> pg_backend_pid()"))).scalar()
    await database.upsert(bans, {"id": 8})
    await database.close()
    await beside.close()


async def test_a_server_that_is_gone_fails_a_statement_and_serves_the_next(
    postgresql_server: Postgresql, server_url: URL
) -> None:
    database = await Database.open(server_url)
    async with postgresql_server.out_of_reach():
        with pytest.raises(OperationalError, match="No such file") as failed:
            await database.upsert(bans, {"id": 7})
    assert not is_permanent(failed.value)
    await database.upsert(bans, {"id": 7})
    await database.close()


@pytest.fixture
def closed_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        yield listener.getsockname()[1]


async def refusal(url: URL) -> str:
    with pytest.raises(StorageError) as refused:
        await Database.open(url)
    assert "\n" not in str(refused.value)
    assert "hunter2" not in str(refused.value)
    return str(refused.value)


async def test_a_server_that_is_not_there_is_named(closed_port: int) -> None:
    said = await refusal(postgresql_url(f"postgres://me:hunter2@127.0.0.1:{closed_port}/labels"))
    assert said.startswith(f"The database labels on 127.0.0.1:{closed_port} cannot be reached: ")


async def test_a_host_that_nobody_knows_is_named() -> None:
    said = await refusal(postgresql_url("postgresql://me:hunter2@no-such-host.invalid/labels"))
    assert said.startswith("The database labels on no-such-host.invalid cannot be reached: ")


async def test_a_wrong_password_is_told(postgresql_server: Postgresql) -> None:
    said = await refusal(postgresql_url(postgresql_server.address("postgres", password="hunter2-wrong")))
    assert "password authentication failed" in said


async def test_a_database_that_is_not_there_is_told(postgresql_server: Postgresql) -> None:
    assert '"nowhere" does not exist' in await refusal(postgresql_url(postgresql_server.address("nowhere")))


async def test_an_option_that_is_none_is_told(postgresql_server: Postgresql) -> None:
    said = await refusal(postgresql_url(postgresql_server.address("postgres") + "&nonsense=1"))
    assert "nonsense" in said
