"""Connections from the event loop to SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeAlias

import structlog
from sqlalchemy import URL, Connection, CursorResult, Executable, Result, create_engine, event, text
from sqlalchemy.exc import DataError, OperationalError

from bot.storage.engine import is_locked, make_engine, set_up_sqlite

Row: TypeAlias = Mapping[str, Any]
Parameters: TypeAlias = Row | Sequence[Row] | None
# Opens a connection of the driver asyncpg.
Connect: TypeAlias = Callable[[], Awaitable[Any]]

# Explicit transactions around single statements would triple the round trips to the database.
AUTOCOMMIT = {"isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None, "skip_autocommit_rollback": True}
# Four connections suffice, as a statement takes about a millisecond, mostly for the round trip. The ping before each
# use finds broken connections and replaces them, for example after a restart of the server.
POOL = {"pool_size": 4, "max_overflow": 0, "pool_pre_ping": True}

# Copies the write-ahead log into the database, whose deleted data is overwritten, and empties the log.
CHECKPOINT = text("PRAGMA wal_checkpoint(TRUNCATE)")

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

    async def empty_log(self) -> None:
        """Remove what was deleted from the write-ahead log, if the log is a file of the bot."""

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A statement that waits for its transaction."""

    statement: Executable
    parameters: Parameters
    result: asyncio.Future[Result[Any]]


class SqliteConnection:
    """One connection, in its own thread.

    A statement takes microseconds, and the switch to the thread and back several times as long. So statements that come
    in the same turn of the event loop, or while the thread works, share a switch and a transaction. If one of them
    fails, each gets a transaction of its own. No result is given before its transaction is committed.
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
        self._waiting: list[_Waiting] = []
        self._working: asyncio.Task[None] | None = None

    async def execute(self, statement: Executable, parameters: Parameters) -> Result[Any]:
        loop = asyncio.get_running_loop()
        result: asyncio.Future[Result[Any]] = loop.create_future()
        self._waiting.append(_Waiting(statement, parameters, result))
        if self._working is None:
            self._working = loop.create_task(self._work())
        return await result

    async def empty_log(self) -> None:
        # A checkpoint within a transaction fails, and is then repeated alone, see `_run`.
        if (await self.execute(CHECKPOINT, None)).scalar():
            log.warning("deleted data stays in the write-ahead log for now", reason="another program reads")

    async def close(self) -> None:
        if self._working is not None:
            await self._working
        closing, self._thread = self._thread, _thread()
        await asyncio.get_running_loop().run_in_executor(closing, self._engine.dispose)
        closing.shutdown()

    async def _work(self) -> None:
        """Run the waiting statements until there are none."""
        loop = asyncio.get_running_loop()
        group: Sequence[_Waiting] = ()
        try:
            while self._waiting:
                group = [each for each in self._waiting if not each.result.cancelled()]
                self._waiting = []
                for each, outcome in zip(
                    group, await loop.run_in_executor(self._thread, self._run, group), strict=True
                ):
                    _give(each.result, outcome)
        finally:
            self._working = None
            for each in (*group, *self._waiting):
                each.result.cancel()  # those without an outcome, if this task is cancelled
            self._waiting = []

    def _run(self, group: Sequence[_Waiting]) -> Sequence[Result[Any] | Exception]:
        """Run statements in one transaction or, if one of them fails, each in its own."""
        if len(group) > 1:
            try:
                with self._engine.connect() as connection:
                    return self._run_together(group, connection)
            except Exception as error:  # noqa: BLE001  (each statement gets its own error below)
                if isinstance(error, OperationalError) and is_locked(error):
                    return [error] * len(group)  # each of them would wait for the lock again
        return [self._run_alone(each) for each in group]

    @staticmethod
    def _run_together(group: Sequence[_Waiting], connection: Connection) -> Sequence[Result[Any]]:
        connection.exec_driver_sql("BEGIN")
        try:
            results = [_fetched(connection.execute(each.statement, each.parameters)) for each in group]
            connection.exec_driver_sql("COMMIT")
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise
        return results

    def _run_alone(self, each: _Waiting) -> Result[Any] | Exception:
        try:
            with self._engine.connect() as connection:
                return _fetched(connection.execute(each.statement, each.parameters))
        except (OverflowError, ValueError) as error:
            # SQLAlchemy does not wrap Python's errors for numbers and texts that SQLite cannot store.
            wrapped = DataError(None, None, error)
            wrapped.__cause__ = error
            return wrapped
        except Exception as error:  # noqa: BLE001  (whoever waits for the statement gets the error)
            return error


def _give(result: asyncio.Future[Result[Any]], outcome: Result[Any] | Exception) -> None:
    if result.done():
        return  # it was cancelled meanwhile
    if isinstance(outcome, Result):
        result.set_result(outcome)
    else:
        result.set_exception(outcome)


def _fetched(result: Result[Any]) -> Result[Any]:
    """Return a result with all its rows, which needs the connection no more."""
    return result.freeze()() if isinstance(result, CursorResult) and result.returns_rows else result


class ServerConnections:
    """A few connections to a PostgreSQL server."""

    def __init__(self, url: URL, connect: Connect | None = None) -> None:
        options = {} if connect is None else {"async_creator": connect}
        self._engine = make_engine(url, **AUTOCOMMIT, **POOL, **options)

    async def execute(self, statement: Executable, parameters: Parameters) -> Result[Any]:
        try:
            async with self._engine.connect() as connection:
                return await connection.execute(statement, parameters)
        except OSError as error:
            # SQLAlchemy does not wrap network errors.
            raise OperationalError(None, None, error) from error

    async def empty_log(self) -> None:
        pass  # the server's log is not the bot's to change

    async def close(self) -> None:
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._engine.dispose()
        except TimeoutError:
            log.warning("connections to the database are dropped", reason="it does not answer")


def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="sqlite")
