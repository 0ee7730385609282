"""Databases of every age are brought up to date, or refused with a sentence."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import URL, Connection, MetaData

from bot.storage.backup import restore
from bot.storage.database_url import sqlite_url
from bot.storage.dated_backups import back_up_before_migration
from bot.storage.engine import StorageError, make_engine
from bot.storage.migrate import MIGRATION_LOCK, MIGRATIONS, migrate
from bot.storage.tables import metadata

T = TypeVar("T")
HEAD = max(file.name[:4] for file in (MIGRATIONS / "versions").glob("0*.py"))
# As the program of revision 0002 left a database, with a row in each table.
REVISION_0002 = """
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
CREATE TABLE chats (id BIGINT NOT NULL PRIMARY KEY, top_k INTEGER NOT NULL);
CREATE TABLE predictions (
    file_unique_id VARCHAR(64) NOT NULL, model VARCHAR(128) NOT NULL, version VARCHAR(64) NOT NULL,
    predictions JSON NOT NULL, threshold FLOAT NOT NULL, created_at INTEGER NOT NULL,
    PRIMARY KEY (file_unique_id, model, version)
);
CREATE INDEX predictions_created_at ON predictions (created_at);
CREATE TABLE model_choices (chat_id BIGINT NOT NULL PRIMARY KEY, model VARCHAR(64), previous VARCHAR(64));
CREATE TABLE bans (id BIGINT NOT NULL PRIMARY KEY);
INSERT INTO alembic_version VALUES ('0002');
INSERT INTO chats VALUES (-1001234567890, 3);
INSERT INTO predictions VALUES ('file', 'starter', 'v1', '[["cat", 0.5, 281]]', 0.3, 1700000000);
INSERT INTO model_choices VALUES (0, 'second', NULL);
INSERT INTO bans VALUES (666);
"""


async def connected(url: URL, work: Callable[[Connection], T]) -> T:
    engine = make_engine(url)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def run(url: URL, *statements: str) -> list[tuple[Any, ...]]:
    """Run statements beside the program; return the rows of the last one."""

    def run_all(connection: Connection) -> list[tuple[Any, ...]]:
        for statement in statements:
            result = connection.exec_driver_sql(statement)
        return [tuple(row) for row in result] if result.returns_rows else []

    return asyncio.run(connected(url, run_all))


def differences(url: URL) -> list[Any]:
    """What sets a database's tables apart from those that the program knows."""

    def compare(connection: Connection) -> list[Any]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    return asyncio.run(connected(url, compare))


@pytest.fixture
def old(empty_url: URL) -> URL:
    """A database of revision 0002."""
    url = empty_url
    if url.get_backend_name() == "sqlite":
        Path(str(url.database)).parent.mkdir()
    run(url, *filter(str.strip, REVISION_0002.split(";")))
    if url.get_backend_name() == "sqlite":
        # Of one that is open to others, the program says that it closes it.
        Path(str(url.database)).chmod(0o600)
    return url


def test_the_migrations_lead_to_the_tables_that_the_program_uses(empty_url: URL) -> None:
    assert migrate(empty_url) == HEAD
    assert differences(empty_url) == []


def test_migrating_again_changes_nothing(url: URL) -> None:
    migrate(url)
    run(url, "INSERT INTO chats (id, top_k) VALUES (1, 3)")
    assert migrate(url) == HEAD
    assert run(url, "SELECT id, top_k, mode FROM chats") == [(1, 3, None)]


def test_an_old_database_keeps_what_is_in_it(old: URL) -> None:
    assert migrate(old) == HEAD
    assert differences(old) == []
    assert run(old, "SELECT id, top_k, mode FROM chats") == [(-1001234567890, 3, None)]
    # The cache of labels is emptied, as its rows know no kinds.
    assert run(old, "SELECT * FROM predictions") == []
    assert run(old, "SELECT chat_id, model FROM model_choices") == [(0, "second")]
    assert run(old, "SELECT id FROM bans") == [(666,)]


def test_an_old_database_is_backed_up_as_it_is(old: URL, tmp_path: Path) -> None:
    file = back_up_before_migration(old, tmp_path)
    assert file is not None
    with closing(sqlite3.connect(file)) as backup:
        assert backup.execute("SELECT version_num FROM alembic_version").fetchall() == [("0002",)]
        assert backup.execute("SELECT id, top_k FROM chats").fetchall() == [(-1001234567890, 3)]
        (predictions,) = backup.execute("SELECT predictions FROM predictions").fetchone()
        assert json.loads(predictions) == [["cat", 0.5, 281]]
    migrate(old)
    assert back_up_before_migration(old, tmp_path) is None
    restore(file, old, replace=True)
    assert run(old, "SELECT id, top_k, mode FROM chats") == [(-1001234567890, 3, None)]


def test_migrations_since_replicas_only_add(tmp_path: Path) -> None:
    """Replicas of the version before work with the newer tables until they are restarted, one after the other."""

    def tables(revision: str) -> dict[str, dict[str, Any]]:
        url = sqlite_url(tmp_path / revision / "labelbot.sqlite3")
        migrate(url, revision=revision)

        def reflect(connection: Connection) -> dict[str, dict[str, Any]]:
            (found := MetaData()).reflect(connection)
            return {table.name: dict(table.columns) for table in found.sorted_tables}

        return asyncio.run(connected(url, reflect))

    versions = sorted(file.name[:4] for file in (MIGRATIONS / "versions").glob("0*.py"))
    since = versions[versions.index("0012") :]
    for before, after in zip(map(tables, since), map(tables, since[1:]), strict=False):
        for name, columns in before.items():
            assert after[name].keys() >= columns.keys()
            added = [column for key, column in after[name].items() if key not in columns]
            assert all(column.nullable or column.server_default is not None for column in added)


def test_a_database_without_claimed_admins_gets_their_table(url: URL) -> None:
    migrate(url)
    columns = ("kind", "kind_probability", "frames", "familiarity")
    run(url, *(f"ALTER TABLE predictions DROP COLUMN {column}" for column in columns))
    run(url, "DROP INDEX answers_asked", "DROP INDEX inbox_unfinished")
    columns = ("never_say", "teachers", "corrections", "time_zone")
    run(url, *(f"ALTER TABLE chats DROP COLUMN {column}" for column in columns))
    tables = ("taught_classes", "taught_photos", "consents", "teach_requests", "corrections")
    run(url, *(f"DROP TABLE {table}" for table in (*tables, "replicas", "chat_leases", "send_pace", "chat_upgrades")))
    run(url, "DROP TABLE claimed_admins", "UPDATE alembic_version SET version_num = '0003'")
    run(url, "INSERT INTO bans VALUES (666)")
    assert migrate(url) == HEAD
    assert differences(url) == []
    assert run(url, "SELECT id FROM bans") == [(666,)]
    assert run(url, "SELECT id FROM claimed_admins") == []


def test_a_migration_that_fails_leaves_the_database_as_it_was(
    old: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrations = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, migrations)
    (migrations / "versions" / "9999_broken.py").write_text(
        f"from alembic import op\nrevision, down_revision = '9999', '{HEAD}'\n"
        "def upgrade():\n    op.execute('CREATE TABLE half (id INTEGER)')\n    op.execute('NONSENSE')\n"
    )
    monkeypatch.setattr("bot.storage.migrate.MIGRATIONS", migrations)
    with pytest.raises(StorageError, match="syntax error") as refused:
        migrate(old)
    assert "\n" not in str(refused.value)
    assert run(old, "SELECT version_num FROM alembic_version") == [("0002",)]
    with pytest.raises(Exception, match="half"):
        run(old, "SELECT * FROM half")
    monkeypatch.undo()
    assert migrate(old) == HEAD


def test_a_database_of_a_newer_version_is_refused_and_left_alone(url: URL) -> None:
    migrate(url)
    run(url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StorageError, match="newer version of labelbot") as refused:
        migrate(url)
    assert "\n" not in str(refused.value)
    assert "hunter2" not in str(refused.value)
    assert run(url, "SELECT version_num FROM alembic_version") == [("9999",)]


async def test_a_program_waits_while_another_migrates_the_same_server(server_url: URL) -> None:
    engine = make_engine(server_url)
    async with engine.connect() as another:
        await another.exec_driver_sql(f"SELECT pg_advisory_lock({MIGRATION_LOCK})")
        migrating = asyncio.create_task(asyncio.to_thread(migrate, server_url))
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        while not (await another.exec_driver_sql(waiting)).scalar():
            assert not migrating.done()
        await another.exec_driver_sql(f"SELECT pg_advisory_unlock({MIGRATION_LOCK})")
        assert await migrating == HEAD
    await engine.dispose()


@pytest.mark.slow
def test_programs_that_migrate_at_once_do_it_one_after_the_other(old: URL, tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LABELBOT_")}
    place = {"LABELBOT_HOME": str(tmp_path / "home")}
    if old.get_backend_name() == "postgresql":
        place["LABELBOT_DATABASE_URL"] = old.render_as_string(hide_password=False)
    program = (Path(sys.executable).with_name("labelbot"), "migrate")
    runs = [subprocess.Popen(program, env=kept | place, cwd=tmp_path, stderr=subprocess.PIPE) for _ in range(4)]
    assert [(run.communicate()[1], run.returncode) for run in runs] == [(b"", 0)] * 4
    assert differences(old) == []


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
    migrate(sqlite_url(tmp_path / "not" / "there" / name))
    assert (tmp_path / "not" / "there" / name).is_file()
