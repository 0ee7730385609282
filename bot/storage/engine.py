"""SQLAlchemy engines with our settings, and database errors as sentences."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from inference.errors import ProgramError, describe_os_error

# Maximum time to wait for a lock of another process, such as `labelbot migrate` or a backup.
BUSY_TIMEOUT_MS = 5_000
# Time limit for connecting to a remote server. The start of the bot waits for the connection.
CONNECT_TIMEOUT_S = 10
# Name of the program's connections: the application_name in pg_stat_activity.
APPLICATION_NAME = "labelbot"


class StorageError(ProgramError):
    """The database cannot be used. The message is one sentence for the operator."""


def make_engine(url: URL, **options: Any) -> AsyncEngine:
    """Make an engine. It connects at its first use.

    Args:
        url: address of an SQLite or PostgreSQL database.
        options: options of SQLAlchemy's create_async_engine.
    """
    options["hide_parameters"] = True  # errors are logged, and parameters may be private
    if url.get_backend_name() == "sqlite":
        engine = create_async_engine(url, **options)
        event.listen(engine.sync_engine, "connect", set_up_sqlite)
        return engine
    connect = {
        "dsn": address_of(url),
        "timeout": CONNECT_TIMEOUT_S,
        "server_settings": {"application_name": APPLICATION_NAME},
    }
    return create_async_engine("postgresql+asyncpg://", connect_args=connect, **options)


def address_of(url: URL) -> str:
    """Return the address of a server with its password, for the driver.

    The driver parses the address itself, as the driver knows all options of libpq, such as sslmode.
    """
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


class DatabaseLocked(StorageError):
    """Another program has locked the SQLite database."""


@contextmanager
def database_errors(name: str) -> Iterator[None]:
    """Turn errors of a database and its connection into one sentence.

    Args:
        name: name of the database, to begin a sentence with.

    Raises:
        DatabaseLocked: another program has locked the database.
        StorageError: the database or the connection failed.
    """
    try:
        yield
    except DBAPIError as error:
        if is_locked(error):
            raise DatabaseLocked(f"{name} is locked: another program writes to it. End that program first.") from error
        raise StorageError(f"{name} cannot be used: {reason_of(error)}.") from error
    except OSError as error:
        reason = "no answer" if isinstance(error, TimeoutError) else error.strerror or describe_os_error(error)
        raise StorageError(f"{name} cannot be reached: {reason}.") from error


def is_locked(error: DBAPIError) -> bool:
    """Return whether a statement failed because another program has locked the SQLite database."""
    # The lowest byte of an SQLite code is the kind of the error.
    return getattr(error.driver_exception, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


def reason_of(error: SQLAlchemyError) -> str:
    """Return the reason of a database error in one line, without a full stop."""
    reason = error.driver_exception if isinstance(error, DBAPIError) else error
    return " ".join(str(reason).split()).rstrip(".")


def is_permanent(error: SQLAlchemyError) -> bool:
    """Return whether a statement failed because of its values, so that a retry would fail as well.

    Other errors may be temporary: a database that is locked, full or unreachable, or has no tables yet.
    """
    if not isinstance(error, DBAPIError):
        return isinstance(error, StatementError)  # a value could not be converted for the driver
    if isinstance(error, DataError | IntegrityError):
        return True
    cause = error.driver_exception
    # SQLAlchemy reports asyncpg's errors about values as general errors. In SQLSTATE, the classes 22 and 23 are errors
    # of data and integrity.
    return isinstance(cause, ValueError | OverflowError) or str(getattr(cause, "sqlstate", "")).startswith(("22", "23"))


def set_up_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """Configure a new SQLite connection. This function listens to the event "connect"."""
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    # A write-ahead log lets readers read during a write. With synchronous=NORMAL, only a power cut can lose a
    # transaction.
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    # Overwrite deleted data, which not every build of SQLite does by default.
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.close()
