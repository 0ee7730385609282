"""The connection to the database, and statements that are the same for SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Self, TypeAlias

from sqlalchemy import URL, CursorResult, Executable, Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.storage.migrate import migrate

Row: TypeAlias = Mapping[str, Any]
Insert: TypeAlias = sqlite.Insert | postgresql.Insert

# Another process, `labelbot migrate` or a backup, may hold the database this long before a query fails.
BUSY_TIMEOUT_MS = 5_000


class Database:
    """One statement at a time, each of them a transaction by itself. `Database.open` makes one.

    Statements are built once, with bound parameters: putting one together costs more than SQLite takes to run it.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._upserts: dict[tuple[str, tuple[str, ...]], Insert] = {}

    @classmethod
    async def open(cls, url: URL) -> Self:
        """Open a database, made or brought up to date first.

        Raises:
            StorageError: it cannot be used.
        """
        await asyncio.to_thread(migrate, url)
        return cls(_create_engine(url))

    async def close(self) -> None:
        await self._engine.dispose()

    async def execute(self, statement: Executable, parameters: Row | Sequence[Row] | None = None) -> CursorResult[Any]:
        """Run a statement; several rows of parameters are one transaction all the same. All its rows are fetched."""
        async with self._engine.connect() as connection:
            return await connection.execute(statement, parameters)

    async def upsert(self, table: Table, row: Row) -> None:
        """Insert a row or, where its key is taken, set the columns that it names in the row that has the key."""
        key = (table.name, tuple(row))
        if key not in self._upserts:
            insert = self.insert_into(table)
            primary_key = [column.name for column in table.primary_key]
            given = {name: insert.excluded[name] for name in row if name not in primary_key}
            self._upserts[key] = (
                insert.on_conflict_do_update(index_elements=primary_key, set_=given)
                if given
                else insert.on_conflict_do_nothing()
            )
        await self.execute(self._upserts[key], row)

    def insert_into(self, table: Table) -> Insert:
        """Start an INSERT that can say what happens where the key is taken."""
        return postgresql.insert(table) if self._engine.dialect.name == "postgresql" else sqlite.insert(table)


def _create_engine(url: URL) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=1,  # a statement takes microseconds; more connections would be more threads to hand it to
        max_overflow=0,
        # Beginning and ending transactions around single statements would send each of them to SQLite's thread and
        # back three times more often.
        isolation_level="AUTOCOMMIT",
        pool_reset_on_return=None,
        skip_autocommit_rollback=True,
        hide_parameters=True,  # an error's text ends up in the log
    )
    event.listen(engine.sync_engine, "connect", _set_up_connection)
    return engine


def _set_up_connection(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    # A write-ahead log lets readers read while one writes; with it, NORMAL loses no transaction but to a power cut.
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.close()
