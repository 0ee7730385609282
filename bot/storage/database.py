"""The connection to the database, and statements that are the same for SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Self, TypeAlias

from sqlalchemy import URL, CursorResult, Executable, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.storage.engine import make_engine
from bot.storage.migrate import migrate

Row: TypeAlias = Mapping[str, Any]
Insert: TypeAlias = sqlite.Insert | postgresql.Insert

# Beginning and ending transactions around single statements would send each of them to the database and back three
# times more often.
AUTOCOMMIT = {"isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None, "skip_autocommit_rollback": True}
# A statement takes microseconds; more connections would be more threads to hand it to.
SQLITE_POOL = {"pool_size": 1, "max_overflow": 0}
# A statement takes a millisecond or so, most of it on the way; a restarted server is connected to anew without a word.
POSTGRESQL_POOL = {"pool_size": 4, "max_overflow": 0, "pool_pre_ping": True}


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
        pool = SQLITE_POOL if url.get_backend_name() == "sqlite" else POSTGRESQL_POOL
        return cls(make_engine(url, **AUTOCOMMIT, **pool))

    async def close(self) -> None:
        await self._engine.dispose()

    async def execute(self, statement: Executable, parameters: Row | Sequence[Row] | None = None) -> CursorResult[Any]:
        """Run a statement, once for each row of parameters, and fetch all that it returns.

        Where it fails for one of several rows, those before it may be done.
        """
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
