"""Databases of every age are brought up to date, or refused with a sentence."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from bot.storage.database_url import sqlite_url
from bot.storage.migrate import StorageError, migrate
from bot.storage.tables import metadata


def test_a_missing_database_is_made_with_its_folder(tmp_path: Path) -> None:
    database = tmp_path / "not" / "there" / "labelbot.sqlite3"
    assert migrate(sqlite_url(database)) == "0003"
    with sqlite3.connect(database) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables == {"alembic_version", *metadata.tables}


def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    database = tmp_path / "labelbot.sqlite3"
    migrate(sqlite_url(database))
    with sqlite3.connect(database) as connection:
        connection.execute("INSERT INTO chats (id, top_k) VALUES (1, 3)")
    migrate(sqlite_url(database))
    with sqlite3.connect(database) as connection:
        assert connection.execute("SELECT id, top_k FROM chats").fetchall() == [(1, 3)]


def test_the_migrations_lead_to_the_tables_that_the_program_uses(tmp_path: Path) -> None:
    database = tmp_path / "labelbot.sqlite3"
    migrate(sqlite_url(database))
    engine = create_engine(f"sqlite:///{database}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    database = tmp_path / "labelbot.sqlite3"
    migrate(sqlite_url(database))
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StorageError, match="newer version of labelbot") as refused:
        migrate(sqlite_url(database))
    assert "\n" not in str(refused.value)
    with sqlite3.connect(database) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    database = tmp_path / "labelbot.sqlite3"
    database.write_text("Dear diary, " * 100)
    with pytest.raises(StorageError, match="not a database") as refused:
        migrate(sqlite_url(database))
    assert str(database) in str(refused.value)


def test_a_home_that_cannot_be_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(StorageError, match="cannot be made"):
        migrate(sqlite_url(tmp_path / "home" / "labelbot.sqlite3"))


@pytest.mark.parametrize("name", ["50%.sqlite3", "with space?.sqlite3", "ümläut#.sqlite3"])
def test_any_path_will_do(tmp_path: Path, name: str) -> None:
    migrate(sqlite_url(tmp_path / name))
    assert (tmp_path / name).is_file()
