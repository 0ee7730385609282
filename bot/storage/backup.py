"""Backups: an SQLite file with all data of an SQLite or PostgreSQL database."""

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

# Tables that even the oldest backups have.
OLDEST_TABLES = {"alembic_version", "chats", "predictions"}


def back_up(url: URL, file: Path) -> None:
    """Write a consistent backup while the bot runs. Blocking.

    An SQLite database is copied by SQLite itself. The tables of a PostgreSQL database are read in one snapshot.

    Args:
        url: address of the database.
        file: path of the backup. The file must not exist yet, and appears only when the backup is complete.

    Raises:
        StorageError: the file exists or cannot be written; or the database is missing, damaged or unreachable; or a
            PostgreSQL database was written by a newer version of the program.
    """
    if file.exists():
        raise StorageError(f"{file} already exists: name a new file or a folder, or add --keep N for names with dates.")
    with (
        _backup_errors(f"The backup {file} cannot be written"),
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
    """Replace a database by a backup. The old data stays until the backup has been verified. Blocking.

    Args:
        file: path of the backup.
        url: address of an SQLite or PostgreSQL database. The backup may come from either kind of database.
        replace: whether existing data may be replaced.

    Raises:
        StorageError: the file is not a backup, is damaged, or comes from a newer version of the program; or the
            database has data that may not be replaced; or the bot is running, the database is unreachable, or the
            disk is full.
    """
    database = Path(str(url.database)) if url.get_backend_name() == "sqlite" else None
    with _backup_errors(f"The backup {file} cannot be restored"), ExitStack() as stack:
        if database is not None:
            make_folder(database.parent)
        folder = stack.enter_context(TemporaryDirectory(prefix=".labelbot-", dir=database and database.parent))
        copy = Path(folder) / "restored"
        make_file(copy)
        shutil.copyfile(file, copy)
        _verify(copy, file)
        migrate(sqlite_url(copy), name=f"The backup {file}")
        if database is not None:
            _prepare_replacement(database, replace=replace)
            _finish(copy, database)
        else:
            copy_to_server(copy, url, replace=replace)


@contextmanager
def _backup_errors(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        # The error's own text is not used, as it names the temporary folder.
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


def _verify(copy: Path, file: Path) -> None:
    """Raise if the file is not an intact backup."""
    try:
        with closing(sqlite3.connect(copy)) as connection:
            (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    except sqlite3.DatabaseError as error:
        raise StorageError(f"{file} is not a backup, or is damaged: {error}.") from error
    if verdict != "ok":
        raise StorageError(f"The backup {file} is damaged: {_one_line(verdict)}.")
    if not tables >= OLDEST_TABLES:
        raise StorageError(f"{file} is not a backup: it lacks labelbot's tables.")


def _prepare_replacement(database: Path, *, replace: bool) -> None:
    """Prepare a database's file for its replacement: merge its log, and check that no program has the file open."""
    if not database.exists():
        return
    if not replace and _holds_rows(database):
        raise would_replace(sqlite_url(database))
    try:
        with closing(sqlite3.connect(database, timeout=0)) as connection:
            # SQLite ends the write-ahead log only if no other connection is open.
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        raise StorageError(f"The database {database} is in use ({error}): stop the bot first.") from error
    except sqlite3.DatabaseError:
        # The database is damaged. Its log is deleted, as it must not be applied to the restored database.
        for log in ("-wal", "-shm"):
            database.with_name(database.name + log).unlink(missing_ok=True)


def _holds_rows(database: Path) -> bool:
    """Return whether a database holds anything; True for a damaged one, of which nobody knows."""
    try:
        with closing(sqlite3.connect(database)) as connection:
            found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            names = [name.replace('"', '""') for (name,) in found if name != "alembic_version"]
            return any(connection.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone() for name in names)  # noqa: S608
    except sqlite3.Error:
        return True


def _finish(partial: Path, file: Path) -> None:
    """Merge a database into one file, sync it to the disk, and rename it."""
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
