"""The database: runs statements in SQLite or PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Self, TypeAlias

import structlog
from sqlalchemy import URL, CursorResult, Executable, Result, Select, Table, UpdateBase
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from bot.storage.connections import Connect, Connections, ServerConnections, SqliteConnection
from bot.storage.database_url import name_of
from bot.storage.durable import once_it_works
from bot.storage.engine import DatabaseLocked
from bot.storage.group_commit import Parameters, Row
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
        # Statements that failed although nobody waits for them. They are repeated.
        self._storing: set[asyncio.Task[None]] = set()

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
        for task in self._storing:
            task.cancel()
        await asyncio.gather(*self._storing, return_exceptions=True)
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

    async def fetch(self, statement: Select[Any] | UpdateBase, *rows: Row) -> Sequence[Any]:
        """Run a statement that comes with each photo. It costs a fraction of `execute`.

        Args:
            statement: SELECT or INSERT, with no lists as parameters; an INSERT if there are several rows.
            rows: parameters, at least one row. The statement runs for all rows or, if it fails, for none.

        Returns:
            The rows of the results, whose values have the names of their columns.
        """
        return await self._connections.fetch(statement, rows)

    async def run(self, statement: UpdateBase, row: Row, *, urgent: bool = True) -> None:
        """Run a statement that returns no rows.

        Args:
            statement: INSERT, UPDATE or DELETE, with no lists as parameters.
            row: its parameters.
            urgent: False to wait a few milliseconds for other statements, as nobody waits for this one.
        """
        await self._connections.change(statement, row, urgent=urgent)

    def store(self, statement: UpdateBase, row: Row, *, lost: str) -> None:
        """Start to run a statement that nobody waits for; if the database fails temporarily, repeat the statement.

        It shares the transaction of statements that come within milliseconds, and runs before changes that come later.

        Args:
            statement: INSERT, UPDATE or DELETE, with no lists as parameters.
            row: its parameters.
            lost: line of the log for a statement that will never work.
        """
        stored = self._connections.change(statement, row, urgent=False)
        stored.add_done_callback(partial(self._check, statement, row, lost))

    async def settled(self) -> None:
        """Wait until all that `store` repeats is stored."""
        if self._storing:
            await asyncio.wait(self._storing)

    def _check(self, statement: UpdateBase, row: Row, lost: str, stored: asyncio.Future[Any]) -> None:
        if stored.cancelled() or stored.exception() is None:
            return
        task = asyncio.create_task(self._repeat(statement, row, lost))
        self._storing.add(task)
        task.add_done_callback(self._storing.discard)

    async def _repeat(self, statement: UpdateBase, row: Row, lost: str) -> None:
        try:
            await once_it_works(partial(self.run, statement, row))
        except SQLAlchemyError as error:
            log.error(lost, reason=type(error).__name__)

    async def change(self, statement: Executable, parameters: Row | None = None) -> int:
        """Run a statement that returns no rows; return the number of changed rows."""
        result = await self._connections.execute(statement, parameters)
        assert isinstance(result, CursorResult), "statements without RETURNING give a CursorResult"
        return result.rowcount

    async def upsert(self, table: Table, row: Row, *, urgent: bool = True) -> None:
        """Insert a row or, if its key exists, set the given columns of the existing row; for `urgent` see `run`."""
        await self.run(self._upsert_into(table, row), row, urgent=urgent)

    def store_row(self, table: Table, row: Row, *, lost: str) -> None:
        """Start to insert or change a row like `upsert`; nobody waits for it, see `store`."""
        self.store(self._upsert_into(table, row), row, lost=lost)

    def _upsert_into(self, table: Table, row: Row) -> Insert:
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
        return self._upserts[key]

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
