"""The database: runs statements in SQLite or PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Self, TypeAlias

import structlog
from sqlalchemy import URL, CursorResult, Executable, Result, Table
from sqlalchemy.dialects import postgresql, sqlite

from bot.storage.connections import Connect, Connections, Parameters, Row, ServerConnections, SqliteConnection
from bot.storage.database_url import name_of
from bot.storage.engine import DatabaseLocked
from bot.storage.migrate import migrate

log = structlog.get_logger()

# Seconds to wait at the start for another program that has locked an SQLite database, such as a backup of the file. An
# instance that ends is waited for as long.
LOCKED_S = 30.0
LOCKED_PAUSE_S = 0.1

Insert: TypeAlias = sqlite.Insert | postgresql.Insert


class Database:
    """Runs single statements, each in its own transaction. `Database.open` creates the object.

    Statements are built once, with bound parameters: building a statement takes longer than running it in SQLite.
    """

    def __init__(self, connections: Connections, insert: Callable[[Table], Insert]) -> None:
        """Use the given connections.

        Args:
            connections: connections to the database.
            insert: function that starts an INSERT of the database's dialect.
        """
        self._connections = connections
        self._insert = insert
        self._upserts: dict[tuple[str, tuple[str, ...]], Insert] = {}

    @classmethod
    async def open(cls, url: URL, connect: Connect | None = None) -> Self:
        """Create or migrate a database, and open it. If another program has locked an SQLite database, wait for it.

        Args:
            url: address of the database.
            connect: function that opens a connection to a server; None for an ordinary connection.

        Raises:
            DatabaseLocked: the other program did not unlock the database in time.
            StorageError: the database cannot be used.
        """
        await _migrate_unlocked(url)
        if url.get_backend_name() == "sqlite":
            return cls(SqliteConnection(url), sqlite.insert)
        return cls(ServerConnections(url, connect), postgresql.insert)

    async def close(self) -> None:
        await self._connections.close()

    async def empty_log(self) -> None:
        """Remove what was deleted from the write-ahead log of an SQLite database.

        Raises:
            SQLAlchemyError: the database failed.
        """
        await self._connections.empty_log()

    async def execute(self, statement: Executable, parameters: Parameters = None) -> Result[Any]:
        """Run a statement once for each row of parameters, and return all rows of the result.

        If the statement fails for one of several rows of parameters, it may have been executed for earlier rows.
        """
        return await self._connections.execute(statement, parameters)

    async def change(self, statement: Executable, parameters: Row | None = None) -> int:
        """Run a statement that returns no rows; return the number of changed rows."""
        result = await self._connections.execute(statement, parameters)
        assert isinstance(result, CursorResult), "statements without RETURNING give a CursorResult"
        return result.rowcount

    async def upsert(self, table: Table, row: Row) -> None:
        """Insert a row or, if its key exists, set the given columns of the existing row."""
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
        """Start an INSERT of the database's dialect, which supports ON CONFLICT."""
        return self._insert(table)


async def _migrate_unlocked(url: URL) -> None:
    clock = asyncio.get_running_loop()
    deadline_s, is_waiting = clock.time() + LOCKED_S, False
    while True:
        try:
            await asyncio.to_thread(migrate, url)
            return
        except DatabaseLocked:
            if clock.time() > deadline_s:
                raise
            if not is_waiting:
                log.warning(
                    "waiting for a program that has locked the database", database=name_of(url), wait_s=LOCKED_S
                )
                is_waiting = True
        await asyncio.sleep(LOCKED_PAUSE_S)
