"""Databases of every age and condition are looked at, and stay as they are."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import URL

from bot.storage.database_url import sqlite_url
from bot.storage.engine import StorageError
from bot.storage.inspection import Inspection, inspect
from bot.storage.migrate import migrate
from bot.storage.model_choices import ModelChoice
from bot.storage.storage import Storage


def sqlite_file(folder: Path) -> Path:
    """A database that is up to date, and the only file in its folder."""
    file = folder / "labelbot.sqlite3"
    migrate(sqlite_url(file))
    execute(file, "PRAGMA journal_mode=WAL")
    return file


def execute(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


async def choose(url: URL) -> None:
    storage = await Storage.open(url)
    await storage.model_choices.set(0, ModelChoice("birds", "starter"))
    await storage.model_choices.set(7, ModelChoice("insects", None))
    await storage.model_choices.set(8, ModelChoice(None, "birds"))
    await storage.close()


def test_what_admins_chose_is_seen(url: URL) -> None:
    asyncio.run(choose(url))
    inspection = inspect(url)
    assert inspection.chosen_models == {"birds", "insects"}
    assert inspection.known
    assert inspection.revision == inspection.newest == migrate(url)


def test_an_empty_database_has_no_revision_and_gets_none(server_url: URL) -> None:
    for _ in range(2):
        inspection = inspect(server_url)
        assert (inspection.revision, inspection.known) == (None, True)


def test_a_missing_file_stays_missing(tmp_path: Path) -> None:
    inspection = inspect(sqlite_url(tmp_path / "home" / "labelbot.sqlite3"))
    assert (inspection.revision, inspection.known) == (None, True)
    assert files(tmp_path) == {}


@pytest.mark.parametrize(("revision", "known"), [("0001", True), ("9999", False)])
def test_another_revision_is_known_if_it_is_older(tmp_path: Path, revision: str, known: bool) -> None:
    file = sqlite_file(tmp_path)
    execute(file, f"UPDATE alembic_version SET version_num = '{revision}'", "DROP TABLE model_choices")
    newest = inspect(sqlite_url(file)).newest
    assert inspect(sqlite_url(file)) == Inspection(revision, newest, known)


def test_looking_changes_no_file(tmp_path: Path) -> None:
    file = sqlite_file(tmp_path)
    before = files(tmp_path)
    inspect(sqlite_url(file))
    assert files(tmp_path) == before


def test_what_a_running_bot_has_not_moved_into_the_file_yet_is_seen(tmp_path: Path) -> None:
    file = sqlite_file(tmp_path)
    with closing(sqlite3.connect(file)) as bot:
        bot.execute("INSERT INTO model_choices (chat_id, model) VALUES (0, 'birds')")
        bot.commit()
        assert inspect(sqlite_url(file)).chosen_models == {"birds"}
        assert inspect(sqlite_url(file)).claimed_admins == 0
        bot.execute("INSERT INTO claimed_admins VALUES (5, 0)")
        bot.commit()
        assert inspect(sqlite_url(file)).claimed_admins == 1


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "labelbot.sqlite3"
    file.write_text("Dear diary, " * 100)
    with pytest.raises(StorageError, match="not a database") as refused:
        inspect(sqlite_url(file))
    assert str(file) in str(refused.value)


@pytest.mark.parametrize("table", ["alembic_version", "predictions"])
def test_a_damaged_file_is_refused_also_where_nothing_was_read(tmp_path: Path, table: str) -> None:
    file = sqlite_file(tmp_path)
    with closing(sqlite3.connect(file)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
    content = bytearray(file.read_bytes())
    content[(page - 1) * page_bytes : page * page_bytes] = b"\xff" * page_bytes
    file.write_bytes(content)
    with pytest.raises(StorageError, match=r"damaged|malformed") as refused:
        inspect(sqlite_url(file))
    assert str(file) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    url = URL.create("postgresql+asyncpg", "labelbot", "hunter2", "127.0.0.1", 9, "labelbot")
    with pytest.raises(StorageError, match=r"labelbot on 127\.0\.0\.1:9 cannot be reached") as refused:
        inspect(url)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("name", ["50%.sqlite3", "with space?.sqlite3", "ümläut#.sqlite3"])
def test_any_path_will_do(tmp_path: Path, name: str) -> None:
    migrate(sqlite_url(tmp_path / name))
    assert inspect(sqlite_url(tmp_path / name)).revision is not None
