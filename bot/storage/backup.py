"""Backups: one SQLite file with all that a database holds, whichever kind of database that is."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import URL

from bot.storage.database_url import sqlite_url
from bot.storage.engine import StorageError
from bot.storage.migrate import migrate
from bot.storage.private_files import make_file, make_folder
from bot.storage.server_copy import copy_from_server, copy_to_server, would_replace

# In every backup, whatever its age.
OLDEST_TABLES = {"alembic_version", "chats", "predictions"}


def back_up(url: URL, file: Path) -> None:
    """Write a backup as it was at one moment, while the bot goes on. Blocking.

    SQLite copies itself; of PostgreSQL all tables are read in one snapshot.

    Args:
        url: of the database.
        file: does not exist yet, and does not until the backup is whole.

    Raises:
        StorageError: the file exists or cannot be written, or the database is missing, damaged or out of reach; one
            on a server also where it is of another version than this program.
    """
    if file.exists():
        raise StorageError(f"{file} exists already: a backup goes into a new file.")
    with (
        _failures_in_words(f"The backup {file} cannot be written"),
        TemporaryDirectory(prefix=".labelbot-", dir=file.absolute().parent) as folder,
    ):
        partial = Path(folder) / "backup"
        make_file(partial)
        if url.get_backend_name() == "sqlite":
            _copy_file(Path(str(url.database)), partial)
        else:
            copy_from_server(url, partial, f"The backup {file}")
        _finish(partial, file)


def restore(file: Path, url: URL, *, replace: bool) -> None:
    """Put a backup in a database's place; what was there stays until the backup is found whole. Blocking.

    Args:
        file: a backup.
        url: of the database; one of the other kind than the backup was made of will do.
        replace: whether what the database holds may go.

    Raises:
        StorageError: the file is no backup, damaged or of a newer version of the program; the database holds something
            that may not go; the bot runs; the database is out of reach; or there is no room for it.
    """
    database = Path(str(url.database)) if url.get_backend_name() == "sqlite" else None
    with _failures_in_words(f"The backup {file} cannot be restored"), ExitStack() as stack:
        if database is not None:
            make_folder(database.parent)
        folder = stack.enter_context(TemporaryDirectory(prefix=".labelbot-", dir=database and database.parent))
        copy = Path(folder) / "restored"
        make_file(copy)
        shutil.copyfile(file, copy)
        _check(copy, file)
        migrate(sqlite_url(copy), name=f"The backup {file}")
        if database is not None:
            _leave(database, replace=replace)
            _finish(copy, database)
        else:
            copy_to_server(copy, url, replace=replace)


@contextmanager
def _failures_in_words(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        # Its text would name a folder that is gone by now.
        raise StorageError(f"{what}: {error.strerror or error}.") from error


def _copy_file(database: Path, partial: Path) -> None:
    if not database.exists():
        raise StorageError(f"There is no database {database}.")
    try:
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(partial)) as target:
            source.backup(target)
            (verdict,) = target.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.Error as error:
        raise StorageError(f"The database {database} cannot be copied: {error}.") from error
    if verdict != "ok":
        raise StorageError(f"The database {database} is damaged: {_one_line(verdict)}.")


def _check(copy: Path, file: Path) -> None:
    """Refuse what is no backup, or was one."""
    try:
        with closing(sqlite3.connect(copy)) as connection:
            (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    except sqlite3.DatabaseError as error:
        raise StorageError(f"{file} is no backup, or a damaged one: {error}.") from error
    if verdict != "ok":
        raise StorageError(f"The backup {file} is damaged: {_one_line(verdict)}.")
    if not tables >= OLDEST_TABLES:
        raise StorageError(f"{file} is no backup: it lacks the tables of labelbot.")


def _leave(database: Path, *, replace: bool) -> None:
    """Make sure that a database's file may be replaced: its log is part of it, and no program has it open."""
    if not database.exists():
        return
    if not replace:
        raise would_replace(sqlite_url(database))
    try:
        with closing(sqlite3.connect(database, timeout=0)) as connection:
            # To end the write-ahead log, SQLite must be alone with the database.
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        raise StorageError(f"The database {database} is in use ({error}): stop the bot first.") from error
    except sqlite3.DatabaseError:
        # Damaged, which may be why a backup is wanted; its log must not end up with the restored one.
        for log in ("-wal", "-shm"):
            database.with_name(database.name + log).unlink(missing_ok=True)


def _finish(partial: Path, file: Path) -> None:
    """Have a database be one file that is safely on the disk, and give it its name."""
    try:
        with closing(sqlite3.connect(partial)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise StorageError(f"{file} cannot be written: {error}.") from error
    with partial.open("rb") as written:
        os.fsync(written.fileno())
    partial.replace(file)


def _one_line(text: str) -> str:
    return " ".join(text.split())
