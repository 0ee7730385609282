"""Who may read the database, its companions and backups: their owner, whatever the umask."""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import text

from bot.storage.backup import back_up, restore
from bot.storage.database import Database
from bot.storage.database_url import sqlite_url
from bot.storage.migrate import migrate
from bot.storage.private_files import make_database_file
from inference import ModelStore
from tests.support.colour_models import install_colours

COMPANIONS = ("labelbot.sqlite3-shm", "labelbot.sqlite3-wal")


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=oct, autouse=True)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "new" / "home"


@pytest.fixture
def database(home: Path) -> Path:
    return home / "labelbot.sqlite3"


def mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


def modes(folder: Path) -> dict[str, str]:
    return {file.name: mode(file) for file in folder.iterdir()}


def let_others_in(folder: Path) -> None:
    folder.chmod(0o755)
    for file in folder.iterdir():
        file.chmod(0o664)


async def change(database: Path) -> Database:
    """Have a database be written to, so that it has a write-ahead log for as long as it is open."""
    opened = await Database.open(sqlite_url(database))
    await opened.execute(text("CREATE TABLE IF NOT EXISTS noise (x)"))
    return opened


async def test_a_new_database_and_its_home_are_for_their_owner(home: Path, database: Path) -> None:
    opened = await change(database)
    assert mode(home) == "0o700"
    assert modes(home) == dict.fromkeys((database.name, *COMPANIONS), "0o600")
    await opened.close()
    assert mode(database) == "0o600"


async def test_a_database_that_was_open_to_others_is_closed_to_them_and_they_are_told_of_once(
    home: Path, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    opened = await change(database)
    let_others_in(home)
    with caplog.at_level(logging.WARNING, "bot.storage"):
        for _ in range(2):
            await asyncio.to_thread(migrate, sqlite_url(database))
    assert set(modes(home).values()) == {"0o600"}
    told = [record.getMessage() for record in caplog.records if record.name.startswith("bot.storage")]
    assert len(told) == 3
    assert all("removed other users' permissions" in line for line in told)
    # Others may have been let in on purpose, to the models for one.
    assert mode(home) == "0o755"
    # The one who has it open noticed nothing.
    await opened.execute(text("INSERT INTO noise VALUES (1)"))
    await opened.close()


def test_a_database_by_a_link_is_closed_where_it_lies(database: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "disk"
    elsewhere.mkdir()
    with closing(sqlite3.connect(elsewhere / "data")) as connection:
        connection.execute("CREATE TABLE noise (x)")
    (elsewhere / "data").chmod(0o644)
    database.parent.mkdir(parents=True)
    database.symlink_to(elsewhere / "data")
    migrate(sqlite_url(database))
    assert modes(elsewhere) == {"data": "0o600"}


def test_a_backup_and_what_is_restored_are_for_their_owner(
    database: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    migrate(sqlite_url(database))
    back_up(sqlite_url(database), tmp_path / "backup")
    assert mode(tmp_path / "backup") == "0o600"
    (tmp_path / "backup").chmod(0o644)
    restore(tmp_path / "backup", sqlite_url(database), replace=True)
    assert mode(database) == "0o600"
    other = tmp_path / "other" / "labelbot.sqlite3"
    restore(tmp_path / "backup", sqlite_url(other), replace=False)
    assert (mode(other.parent), mode(other)) == ("0o700", "0o600")
    assert [file.name for file in other.parent.iterdir()] == [other.name]
    # None of them was open to others for a moment.
    assert [record for record in caplog.records if record.name.startswith("bot.storage")] == []


def test_a_home_that_a_model_is_installed_into_is_for_its_owner(home: Path, tmp_path: Path) -> None:
    install_colours(ModelStore(home), tmp_path)
    assert mode(home) == "0o700"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody else")
def test_anothers_file_stays_as_it_is() -> None:
    # Unlike a test's own folder, open to all.
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        database = Path(folder) / "database"
        database.touch()
        database.chmod(0o644)
        os.seteuid(54321)
        try:
            make_database_file(database)
            make_database_file(Path(folder) / "new")
        finally:
            os.seteuid(0)
        assert mode(database) == "0o644"


def test_what_cannot_be_made_is_left_to_whoever_opens_it(home: Path) -> None:
    make_database_file(home / "no-such-folder" / "database")
    assert not home.exists()
