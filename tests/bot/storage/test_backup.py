"""Backups of each kind of database, restored into each kind; and what is refused."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, insert, select

from bot.storage.backup import back_up, restore
from bot.storage.database import Database
from bot.storage.database_url import postgresql_url, sqlite_url
from bot.storage.engine import StorageError
from bot.storage.migrate import migrate
from bot.storage.storage import Storage
from bot.storage.tables import metadata
from tests.support.full_disk import small_files_only

LABEL = {"model": "starter", "version": "v1"}
ROWS: dict[str, list[dict[str, Any]]] = {
    "chats": [
        {"id": -1001234567890, "top_k": 3, "mode": "auto", "threshold": 0.1},
        {"id": 2**52, "language": "uk", "privacy_mode_told_at": 2**33},
    ],
    "predictions": [
        {"file_unique_id": f"file-{number}", "predictions": [["ночь 🌙", 0.1 + number, 7]], "threshold": 0.3}
        | {"created_at": 2**33}
        | LABEL
        for number in range(1_100)
    ],
    "model_choices": [{"chat_id": 0, "model": "second", "previous": None}],
    "bans": [{"id": 666}],
    "claimed_admins": [{"id": 5, "claimed_at": 2**33}],
    "chat_upgrades": [{"old_id": -8, "new_id": -1001234567890}],
    "inbox": [
        {"update_id": 1, "chat_id": 5, "body": {"message": {"text": "'\"\\"}}, "received_at": 7, "attempts": 0},
        {"update_id": 2, "body": None, "received_at": 7, "attempts": 1, "done_at": 8},
    ],
    "sends": [{"update_id": 1, "ordinal": 0, "chat_id": 5, "claimed_at": 7}],
    "answers": [
        {"chat_id": 5, "message_id": 6, "asked_message_id": 4, "photos": [{"still": False}], "answered_at": 9} | LABEL
    ],
    "taught_classes": [{"id": 2**52, "chat_id": 5, "name": "Rex 🐕", "key": "rex 🐕", "created_at": 7}],
    "taught_photos": [
        {"id": 2**52, "class_id": 2**52, "chat_id": 5, "giver_id": 5, "file_id": "file", "file_unique_id": "unique"}
        | {"short_side_px": 90, "message_id": 4, "embedding": bytes(range(256)), "teaching_id": 1, "given_at": 7}
        | LABEL
    ],
    "consents": [{"chat_id": 5, "person_id": 5, "agreed_at": 7}],
    "teach_requests": [
        {"id": 2**52, "chat_id": 5, "asker_id": 5, "name": "Rex", "photos": [[4, 5, []]], "created_at": 7}
    ],
    "corrections": [
        {
            "chat_id": 5,
            "photo_id": 4,
            "voter_id": 5,
            "certainty": "sure",
            "said": "class:кот",
            "is_right": False,
            "voted_at": 7,
        }
        | LABEL
    ],
    "replicas": [{"id": 2**41, "host": "vm", "pid": 7, "seen_at": 7.5, "leads": True, "fenced": False}],
    "chat_leases": [
        {"chat_id": 5, "replica_id": 2**41, "last_replica_id": 2**41, "moves": 1, "arrived": 2, "pending": True}
        | {"pending_at": 7.5, "served_at": 6.5}
    ],
    "send_pace": [{"id": 1, "next_at": 7.5}],
    "counters": [{"day": date(2026, 1, 31), "name": "photos", "value": 2**40}],
}


@pytest.fixture(params=["into sqlite", "into postgresql"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    """An empty database to restore into."""
    if request.param == "into sqlite":
        return sqlite_url(tmp_path / "new home" / "labelbot.sqlite3")
    return postgresql_url(request.getfixturevalue("postgresql_server").database())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "backup"


async def opened(url: URL, work: Callable[[Database], Any]) -> Any:
    database = await Database.open(url)
    try:
        return await work(database)
    finally:
        await database.close()


def fill(url: URL) -> None:
    async def insert_all(database: Database) -> None:
        for name, rows in ROWS.items():
            table = metadata.tables[name]
            await database.execute(insert(table), [dict.fromkeys(table.columns.keys()) | row for row in rows])

    asyncio.run(opened(url, insert_all))


def contents(url: URL) -> dict[str, list[Any]]:
    async def read_all(database: Database) -> dict[str, list[Any]]:
        tables = metadata.sorted_tables
        return {
            table.name: [tuple(row) for row in await database.execute(select(table).order_by(*table.primary_key))]
            for table in tables
        }

    found: dict[str, list[Any]] = asyncio.run(opened(url, read_all))
    return found


def ban(url: URL) -> None:
    async def add(database: Database) -> None:
        await database.upsert(metadata.tables["bans"], {"id": 777})

    asyncio.run(opened(url, add))


def files_beside(path: Path) -> set[str]:
    return {found.name for found in path.parent.iterdir()}


def test_what_is_restored_is_what_was_backed_up(url: URL, target: URL, file: Path) -> None:
    fill(url)
    before = contents(url)
    assert {name: len(rows) for name, rows in before.items()} == {name: len(rows) for name, rows in ROWS.items()}
    back_up(url, file)
    assert files_beside(file) <= {"backup", "home"}
    restore(file, target, replace=False)
    assert contents(target) == before
    assert contents(sqlite_url(file)) == before, "the backup is still one"


def test_a_database_with_something_in_it_is_replaced_on_request_only(url: URL, file: Path) -> None:
    fill(url)
    back_up(url, file)
    before = contents(url)
    ban(url)
    with pytest.raises(StorageError, match="--yes") as refused:
        restore(file, url, replace=False)
    assert "\n" not in str(refused.value)
    assert contents(url)["bans"] == [(666,), (777,)]
    restore(file, url, replace=True)
    assert contents(url) == before


async def test_a_backup_holds_one_moment_while_the_bot_writes(url: URL, storage: Storage, file: Path) -> None:
    async def write() -> int:
        for count in range(1, 10_000):
            await storage.bans.add(count)
            await storage.counters.add("photos", 1)
            if backing_up.done():
                return count
        raise AssertionError("the backup takes longer than so many statements")

    backing_up = asyncio.create_task(asyncio.to_thread(back_up, url, file))
    written = await write()
    await backing_up
    held = await asyncio.to_thread(contents, sqlite_url(file))
    counted = sum(value for _day, _name, value in held["counters"])
    assert counted <= len(held["bans"]) <= counted + 1 <= written + 1
    assert await storage.counters.totals() == {"photos": written}


async def test_nothing_is_restored_under_a_running_bot(url: URL, storage: Storage, file: Path) -> None:
    await asyncio.to_thread(back_up, url, file)
    await storage.bans.add(777)
    with pytest.raises(StorageError, match="stop the bot first"):
        await asyncio.to_thread(restore, file, url, replace=True)
    await storage.close()
    await asyncio.to_thread(restore, file, url, replace=True)
    assert (await asyncio.to_thread(contents, url))["bans"] == []


def test_a_backup_overwrites_no_file(url: URL, file: Path) -> None:
    migrate(url)
    file.write_text("photos of a wedding")
    with pytest.raises(StorageError, match="already exists"):
        back_up(url, file)
    assert file.read_text() == "photos of a wedding"


def test_a_database_that_is_missing_is_not_made_to_back_it_up(tmp_path: Path, file: Path) -> None:
    with pytest.raises(StorageError, match="no database"):
        back_up(sqlite_url(tmp_path / "missing"), file)
    assert files_beside(file) == set()


def test_a_server_that_was_never_migrated_is_not_backed_up(server_url: URL, file: Path) -> None:
    with pytest.raises(StorageError) as refused:
        back_up(server_url, file)
    assert "\n" not in str(refused.value)
    assert files_beside(file) == set()


def test_a_folder_that_is_missing_is_told(url: URL, tmp_path: Path) -> None:
    migrate(url)
    file = tmp_path / "missing" / "backup"
    with pytest.raises(StorageError, match=f"^The backup {file} cannot be written: No such file or directory.$"):
        back_up(url, file)


def test_a_damaged_database_is_not_backed_up(tmp_path: Path, file: Path) -> None:
    database = tmp_path / "home" / "labelbot.sqlite3"
    fill(sqlite_url(database))
    damage(database)
    with pytest.raises(StorageError, match=r"damaged|malformed"):
        back_up(sqlite_url(database), file)
    assert files_beside(file) == {"home"}


def test_a_disk_that_is_full_keeps_nothing_of_a_backup(url: URL, file: Path) -> None:
    fill(url)
    with small_files_only(200_000), pytest.raises(StorageError) as failed:
        back_up(url, file)
    assert "\n" not in str(failed.value)
    assert ".labelbot-" not in str(failed.value)
    if url.get_backend_name() == "postgresql":
        assert str(file) in str(failed.value)
    assert files_beside(file) <= {"home"}


def test_a_disk_that_is_full_keeps_the_database_as_it_was(tmp_path: Path, file: Path) -> None:
    full, small = (sqlite_url(tmp_path / name / "labelbot.sqlite3") for name in ("full", "small"))
    fill(full)
    back_up(full, file)
    ban(small)
    with small_files_only(200_000), pytest.raises(StorageError, match=f"The backup {file} cannot be restored: "):
        restore(file, small, replace=True)
    assert contents(small)["bans"] == [(777,)]
    assert files_beside(tmp_path / "small" / "labelbot.sqlite3") == {"labelbot.sqlite3"}


def damage(database: Path) -> None:
    """Overwrite pages in the middle of a database."""
    content = bytearray(database.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 40_960] = b"\xa5" * 40_960
    database.write_bytes(content)


def rewritten(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (damage, "damaged"),
        (lambda file: file.write_bytes(file.read_bytes()[:-40_000]), "damaged"),
        (lambda file: file.write_text("Dear diary, " * 1000), "not a backup"),
        (lambda file: file.write_bytes(b""), "not a backup"),
        (lambda file: rewritten(file, "DROP TABLE chats"), "not a backup"),
        (lambda file: rewritten(file, "UPDATE alembic_version SET version_num = '9999'"), "newer version"),
    ],
    ids=["damaged", "cut", "text", "empty", "foreign", "newer"],
)
def test_what_is_no_sound_backup_is_refused_and_the_database_stays(
    tmp_path: Path, file: Path, spoil: Callable[[Path], object], said: str
) -> None:
    url = sqlite_url(tmp_path / "home" / "labelbot.sqlite3")
    fill(url)
    back_up(url, file)
    ban(url)
    spoil(file)
    spoilt = file.read_bytes()
    with pytest.raises(StorageError, match=said) as refused:
        restore(file, url, replace=True)
    assert str(file) in str(refused.value)
    assert "\n" not in str(refused.value)
    assert contents(url)["bans"] == [(666,), (777,)]
    assert file.read_bytes() == spoilt


def test_an_old_backup_is_brought_up_to_date(tmp_path: Path, file: Path) -> None:
    rewritten(
        file,
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)",
        "INSERT INTO alembic_version VALUES ('0001')",
        "CREATE TABLE chats (id BIGINT NOT NULL PRIMARY KEY, top_k INTEGER NOT NULL)",
        "INSERT INTO chats VALUES (5, 2)",
        "CREATE TABLE predictions (file_unique_id VARCHAR(64) NOT NULL, model VARCHAR(128) NOT NULL,"
        " version VARCHAR(64) NOT NULL, predictions JSON NOT NULL, threshold FLOAT NOT NULL,"
        " created_at INTEGER NOT NULL, PRIMARY KEY (file_unique_id, model, version))",
        "CREATE INDEX predictions_created_at ON predictions (created_at)",
    )
    url = sqlite_url(tmp_path / "home" / "labelbot.sqlite3")
    restore(file, url, replace=False)
    assert contents(url)["chats"][0][:2] == (5, 2)


def test_a_damaged_database_can_be_replaced(tmp_path: Path, file: Path) -> None:
    database = tmp_path / "home" / "labelbot.sqlite3"
    fill(sqlite_url(database))
    back_up(sqlite_url(database), file)
    before = contents(sqlite_url(database))
    database.write_text("Dear diary, " * 1000)
    for log in ("-wal", "-shm"):
        database.with_name(database.name + log).write_bytes(b"left over")
    restore(file, sqlite_url(database), replace=True)
    assert contents(sqlite_url(database)) == before
