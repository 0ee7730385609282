"""Inspects a database without changing it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from alembic.runtime.migration import MigrationContext
from sqlalchemy import URL, Connection, select
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.storage.database_url import name_of
from bot.storage.engine import StorageError, database_errors, make_engine
from bot.storage.migrate import known_revisions
from bot.storage.tables import claimed_admins, model_choices

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Inspection:
    """The state of a database.

    Attributes:
        revision: revision of its tables; None if there are no tables yet.
        newest: revision of the tables that this program works with.
        known: True if this program knows the revision; False if a newer version of the program wrote the tables.
        chosen_models: names of the models that admins chose, for all chats or for one chat; empty if the revision is
            not the newest.
        claimed_admins: number of people who became admins by a link; 0 if the revision is not the newest.
    """

    revision: str | None
    newest: str
    known: bool
    chosen_models: frozenset[str] = frozenset()
    claimed_admins: int = 0


def inspect(url: URL) -> Inspection:
    """Inspect a database, which need not exist. Blocking.

    Raises:
        StorageError: the database cannot be reached or opened, is not a database, or is damaged.
    """
    with database_errors(f"The database {name_of(url)}"):
        absent = url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists()
    if absent:
        return _inspection(None)
    return asyncio.run(read_only(url, lambda connection: _inspect_connection(connection, name_of(url))))


def read_revision(url: URL) -> str | None:
    """Return the revision of a database's tables; None if there is no database, or no tables yet. Blocking.

    Raises:
        StorageError: the database cannot be reached or opened, or is not a database.
    """
    with database_errors(f"The database {name_of(url)}"):
        if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
            return None
    return asyncio.run(read_only(url, _revision))


def has_tables(url: URL) -> bool:
    """Return whether there is a database with the tables of this version of the program. Blocking.

    Raises:
        StorageError: the database cannot be used, or is of another version of the program.
    """
    revision, newest = read_revision(url), known_revisions()[-1]
    if revision is None:
        return False
    if revision != newest:
        raise StorageError(
            f"The database {name_of(url)} is at revision {revision}, but this program reads {newest}: "
            "run labelbot migrate first."
        )
    return True


async def read_only(url: URL, work: Callable[[Connection], T]) -> T:
    """Run some work with a connection that changes nothing; the bot may be running.

    Raises:
        StorageError: the database cannot be reached or opened, or is not a database.
    """
    engine = _read_only_engine(url)
    try:
        with database_errors(f"The database {name_of(url)}"):
            async with engine.connect() as connection:
                return await connection.run_sync(work)
    finally:
        await engine.dispose()


def _read_only_engine(url: URL) -> AsyncEngine:
    if url.get_backend_name() != "sqlite":
        return make_engine(url, execution_options={"postgresql_readonly": True})
    file = str(url.database)
    # Reading in WAL mode creates two files, which the bot cannot use if they belong to another user. If there is no
    # write-ahead log, the option "immutable" avoids these files.
    how = {"mode": "ro"} if Path(f"{file}-wal").exists() else {"immutable": "1"}
    # `make_engine` is not used here, as its settings change the file.
    return create_async_engine(
        url.set(database=f"file:{quote(file)}", query={**how, "uri": "true"}), hide_parameters=True
    )


def _inspect_connection(connection: Connection, name: str) -> Inspection:
    if connection.dialect.name == "sqlite":
        verdict = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())
        if verdict != "ok":
            raise StorageError(f"The database {name} is damaged: {' '.join(verdict.split())}.")
    inspection = _inspection(_revision(connection))
    if inspection.revision != inspection.newest:
        return inspection
    chosen = connection.scalars(select(model_choices.c.model).where(model_choices.c.model.is_not(None)))
    claimed = len(connection.scalars(select(claimed_admins.c.id)).all())
    return replace(inspection, chosen_models=frozenset(chosen), claimed_admins=claimed)


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _inspection(revision: str | None) -> Inspection:
    known = known_revisions()
    return Inspection(revision, known[-1], known=revision is None or revision in known)
