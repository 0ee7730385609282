"""The two ways from the event loop to a database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Protocol, TypeAlias

from sqlalchemy import URL, Executable, Result, create_engine, event
from sqlalchemy.exc import DataError, OperationalError

from bot.storage.engine import make_engine, set_up_sqlite

Row: TypeAlias = Mapping[str, Any]
Parameters: TypeAlias = Row | Sequence[Row] | None

# Beginning and ending transactions around single statements would send each of them to the database and back three
# times more often.
AUTOCOMMIT = {"isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None, "skip_autocommit_rollback": True}
# A statement takes a millisecond or so, most of it on the way; a restarted server is connected to anew without a word.
POOL = {"pool_size": 4, "max_overflow": 0, "pool_pre_ping": True}


class Connections(Protocol):
    """Runs statements, each of them a transaction by itself; after `close` it connects anew where it is used again."""

    async def execute(self, statement: Executable, parameters: Parameters) -> Result[Any]:
        """Run a statement and fetch all that it returns.

        Raises:
            SQLAlchemyError: the database or the way to it failed.
        """

    async def close(self) -> None: ...


class SqliteConnection:
    """One connection, in a thread of its own.

    A statement takes microseconds, and most of its time is the way to the thread and back: once here, four times with
    SQLAlchemy's asynchronous engine.
    """

    def __init__(self, url: URL) -> None:
        self._engine = create_engine(
            url.set(drivername="sqlite"),
            pool_size=1,
            max_overflow=0,
            hide_parameters=True,
            # NaN and Infinity are no JSON, as PostgreSQL sees by itself.
            json_serializer=partial(json.dumps, allow_nan=False),
            **AUTOCOMMIT,
        )
        event.listen(self._engine, "connect", set_up_sqlite)
        self._thread = _thread()

    async def execute(self, statement: Executable, parameters: Parameters) -> Result[Any]:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._execute, statement, parameters)

    async def close(self) -> None:
        closing, self._thread = self._thread, _thread()
        await asyncio.get_running_loop().run_in_executor(closing, self._engine.dispose)
        closing.shutdown()

    def _execute(self, statement: Executable, parameters: Parameters) -> Result[Any]:
        try:
            with self._engine.connect() as connection:
                result = connection.execute(statement, parameters)
                return result.freeze()() if result.returns_rows else result
        except (OverflowError, ValueError) as error:
            # What SQLite refuses comes in SQLAlchemy's words; numbers and texts that it cannot hold, in Python's.
            raise DataError(None, None, error) from error


class ServerConnections:
    """A few connections to a PostgreSQL server."""

    def __init__(self, url: URL) -> None:
        self._engine = make_engine(url, **AUTOCOMMIT, **POOL)

    async def execute(self, statement: Executable, parameters: Parameters) -> Result[Any]:
        try:
            async with self._engine.connect() as connection:
                return await connection.execute(statement, parameters)
        except OSError as error:
            # Whatever the server says comes in SQLAlchemy's words; that nobody answers comes in the network's.
            raise OperationalError(None, None, error) from error

    async def close(self) -> None:
        await self._engine.dispose()


def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="sqlite")
