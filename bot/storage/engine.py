"""Connections to the database, set up alike wherever they are made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from inference.errors import ProgramError, describe_os_error

# Another process, `labelbot migrate` or a backup, may hold the database this long before a query fails.
BUSY_TIMEOUT_MS = 5_000
# On the way to a server elsewhere; whoever starts the bot waits for it.
CONNECT_TIMEOUT_S = 10
# By which a server's list of sessions names this program's.
APPLICATION_NAME = "labelbot"


class StorageError(ProgramError):
    """The database cannot be used; the message is one sentence for the person who runs the program."""


def make_engine(url: URL, **options: Any) -> AsyncEngine:
    """Make an engine; it connects when it is used first.

    Args:
        url: of SQLite or PostgreSQL.
        options: those of SQLAlchemy.
    """
    options["hide_parameters"] = True  # an error's text ends up in the log
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
    """Write the address of a server, with its password, for the driver to read.

    The driver knows all that PostgreSQL's own programs take there, sslmode for one.
    """
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def refusals_in_words(name: str) -> Iterator[None]:
    """Turn what a database and the way to it refuse into one sentence.

    Args:
        name: of the database; for a sentence to begin with.

    Raises:
        StorageError: it was refused.
    """
    try:
        yield
    except DBAPIError as error:
        raise StorageError(f"{name} cannot be used: {reason_of(error)}.") from error
    except OSError as error:
        reason = "no answer" if isinstance(error, TimeoutError) else error.strerror or describe_os_error(error)
        raise StorageError(f"{name} cannot be reached: {reason}.") from error


def reason_of(error: SQLAlchemyError) -> str:
    """Say in one line, without a full stop, what the database refused."""
    reason = error.driver_exception if isinstance(error, DBAPIError) else error
    return " ".join(str(reason).split()).rstrip(".")


def is_permanent(error: SQLAlchemyError) -> bool:
    """Tell whether a statement failed for what it was to store, so that it will fail again however often it is tried.

    All else may pass: a database that is locked or full or gone, and one whose tables are not there.
    """
    if not isinstance(error, DBAPIError):
        return isinstance(error, StatementError)  # a value could not be made ready for the driver
    if isinstance(error, DataError | IntegrityError):
        return True
    cause = error.driver_exception
    # asyncpg's errors of values come as SQLAlchemy's most general ones; SQL's classes 22 and 23 are data and integrity.
    return isinstance(cause, ValueError | OverflowError) or str(getattr(cause, "sqlstate", "")).startswith(("22", "23"))


def set_up_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    """Listen for new connections with this."""
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    # A write-ahead log lets readers read while one writes; with it, NORMAL loses no transaction but to a power cut.
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    # What is deleted is overwritten: not every build of SQLite does so by itself.
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.close()
