"""Connections from the event loop to SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Protocol, TypeAlias

import structlog
from sqlalchemy import URL, Executable, Result, create_engine, event
from sqlalchemy.exc import DataError, OperationalError

from bot.storage.engine import make_engine, set_up_sqlite

Row: TypeAlias = Mapping[str, Any]
Parameters: TypeAlias = Row | Sequence[Row] | None

# Explicit transactions around single statements would triple the round trips to the database.
AUTOCOMMIT = {"isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None, "skip_autocommit_rollback": True}
# Four connections suffice, as a statement takes about a millisecond, mostly for the round trip. The ping before each
# use finds broken connections and replaces them, for example after a restart of the server.
POOL = {"pool_size": 4, "max_overflow": 0, "pool_pre_ping": True}

# Seconds to wait until a server has said goodbye. Its host may have vanished.
CLOSE_TIMEOUT_S = 1.0

log = structlog.get_logger()


class Connections(Protocol):
    """Runs statements, each in its own transaction. A statement after `close` opens a new connection."""

    async def execute(self, statement: Executable, parameters: Parameters) -> Result[Any]:
        """Run a statement and fetch all rows.

        Raises:
            SQLAlchemyError: the database or the connection failed.
        """

    async def close(self) -> None: ...


class SqliteConnection:
    """One connection, in its own thread.

    A statement takes microseconds, mostly for the switch to the thread and back. This class switches once per
    statement, SQLAlchemy's asynchronous engine four times.
    """

    def __init__(self, url: URL) -> None:
        self._engine = create_engine(
            url.set(drivername="sqlite"),
            pool_size=1,
            max_overflow=0,
            hide_parameters=True,
            # NaN and Infinity are refused, as JSON does not have them. PostgreSQL refuses them by itself.
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
            # SQLAlchemy does not wrap Python's errors for numbers and texts that SQLite cannot store.
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
            # SQLAlchemy does not wrap network errors.
            raise OperationalError(None, None, error) from error

    async def close(self) -> None:
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._engine.dispose()
        except TimeoutError:
            log.warning("connections to the database are dropped", reason="it does not answer")


def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="sqlite")
