"""Connections from the event loop to SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Protocol, TypeAlias

import structlog
from sqlalchemy import URL, Connection, CursorResult, Executable, Result, Select, UpdateBase, create_engine, event, text
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.engine import is_locked, make_engine, set_up_sqlite
from bot.storage.group_commit import GroupCommit, Outcome, Parameters, Row, Waiting
from bot.storage.prepared import PreparedStatement
from bot.storage.serial_thread import SerialThread

# Opens a connection of the driver asyncpg.
Connect: TypeAlias = Callable[[], Awaitable[Any]]

# Explicit transactions around single statements would triple the round trips to the database.
AUTOCOMMIT = {"isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None, "skip_autocommit_rollback": True}
# Changes share one connection; the others are for reads. The ping before each use finds broken connections and replaces
# them, for example after a restart of the server.
POOL = {"pool_size": 4, "max_overflow": 0, "pool_pre_ping": True}

# Copies the write-ahead log into the database, whose deleted data is overwritten, and empties the log.
CHECKPOINT = text("PRAGMA wal_checkpoint(TRUNCATE)")

# Seconds to wait until a server has stored the last changes. A sent message that is not stored is sent again.
FINISH_TIMEOUT_S = 5.0
# Seconds to wait until a server has said goodbye. Its host may have vanished.
CLOSE_TIMEOUT_S = 1.0

log = structlog.get_logger()


class Connections(Protocol):
    """Runs statements, each as if in its own transaction. A statement after `close` opens a new connection."""

    async def execute(self, statement: Executable, parameters: Parameters) -> Result[Any]:
        """Run a statement and fetch all rows.

        Raises:
            SQLAlchemyError: the database or the connection failed.
        """

    async def fetch(self, statement: Select[Any] | UpdateBase, rows: Sequence[Row]) -> Sequence[Any]:
        """Run a statement for each row of parameters, all or none; return the rows of the results.

        Args:
            statement: statement whose parameters are no lists; an INSERT if there are several rows.
            rows: parameters, at least one row.

        Raises:
            SQLAlchemyError: the database or the connection failed.
        """

    def change(self, statement: UpdateBase, row: Row, *, urgent: bool) -> asyncio.Future[Any]:
        """Start to run a statement that returns no rows; return the future of its end. Changes run in their order.

        Args:
            statement: INSERT, UPDATE or DELETE.
            row: its parameters.
            urgent: False to wait a few milliseconds for other statements.
        """

    async def empty_log(self) -> None:
        """Remove what was deleted from the write-ahead log, if the log is a file of the bot."""

    async def close(self) -> None: ...


class SqliteConnection:
    """One connection, in its own thread. Statements share transactions; if one fails, each gets one of its own."""

    def __init__(self, url: URL) -> None:
        self._engine = create_engine(
            url.set(drivername="sqlite"),
            pool_size=1,
            max_overflow=0,
            hide_parameters=True,
            # NaN and Infinity are refused, as JSON does not have them. PostgreSQL refuses them by itself.
            json_serializer=json.JSONEncoder(allow_nan=False).encode,
            **AUTOCOMMIT,
        )
        event.listen(self._engine, "connect", set_up_sqlite)
        self._connection: Connection | None = None
        self._thread = SerialThread("sqlite")
        self._groups = GroupCommit(self._run_in_thread)
        self._prepared: dict[Sequence[object], PreparedStatement] = {}

    async def execute(self, statement: Executable, parameters: Parameters) -> Result[Any]:
        result: Result[Any] = await self._groups.submit(statement, parameters, urgent=True)
        return result

    async def fetch(self, statement: Select[Any] | UpdateBase, rows: Sequence[Row]) -> Sequence[Any]:
        found: Sequence[Any] = await self._groups.submit(statement, rows, urgent=True, prepared=True)
        return found

    def change(self, statement: UpdateBase, row: Row, *, urgent: bool) -> asyncio.Future[Any]:
        return self._groups.submit(statement, (row,), urgent=urgent, prepared=True)

    async def empty_log(self) -> None:
        # A checkpoint within a transaction fails, and is then repeated alone, see `_run`.
        if (await self.execute(CHECKPOINT, None)).scalar():
            log.warning("deleted data stays in the write-ahead log for now", reason="another program reads")

    async def close(self) -> None:
        await self._groups.finish()
        await self._thread.run(self._disconnect)
        self._thread.close()

    async def _run_in_thread(self, group: Sequence[Waiting]) -> Sequence[Outcome]:
        return await self._thread.run(partial(self._run, group))

    def _run(self, group: Sequence[Waiting]) -> Sequence[Outcome]:
        """Run statements in one transaction or, if one of them fails, each in its own."""
        if len(group) > 1:
            try:
                return self._run_together(group, self._connect())
            except Exception as error:  # noqa: BLE001  (each statement gets its own error below)
                failure = _as_sqlalchemy(error)
                if isinstance(failure, OperationalError) and is_locked(failure):
                    return [failure] * len(group)  # each of them would wait for the lock again
        return [self._run_alone(each) for each in group]

    def _run_together(self, group: Sequence[Waiting], connection: Connection) -> Sequence[Outcome]:
        driver = _driver(connection)
        driver.execute("BEGIN")
        try:
            outcomes = [self._run_one(each, connection, driver) for each in group]
            driver.execute("COMMIT")
        except BaseException:
            driver.execute("ROLLBACK")
            raise
        return outcomes

    def _run_alone(self, each: Waiting) -> Outcome:
        try:
            connection = self._connect()
            if each.prepared and len(each.parameters or ()) > 1:
                return self._run_together([each], connection)[0]
            return self._run_one(each, connection, _driver(connection))
        except Exception as error:  # noqa: BLE001  (whoever waits for the statement gets the error)
            return _as_sqlalchemy(error)

    def _run_one(self, each: Waiting, connection: Connection, driver: sqlite3.Connection) -> Outcome:
        if not each.prepared:
            return _fetched(connection.execute(each.statement, each.parameters))
        assert isinstance(each.statement, Select | UpdateBase), "`fetch` and `change` take no other"
        assert isinstance(each.parameters, Sequence), "`fetch` and `change` give rows"
        key = (each.statement, *each.parameters[0])
        prepared = self._prepared.get(key)
        if prepared is None:
            first, dialect = each.parameters[0], self._engine.dialect
            prepared = self._prepared[key] = PreparedStatement(each.statement, first, dialect)
        return [found for row in each.parameters for found in prepared.run(driver, row)]

    def _connect(self) -> Connection:
        if self._connection is None:
            self._connection = self._engine.connect()
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._engine.dispose()


def _driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection), "the engine has this driver"
    return driver


def _as_sqlalchemy(error: Exception) -> Exception:
    """Return an error of the driver, or of Python for a value that SQLite cannot store, as SQLAlchemy's."""
    if isinstance(error, sqlite3.Error):
        wrapped = DBAPIError.instance(None, None, error, sqlite3.Error, hide_parameters=True)
    elif isinstance(error, OverflowError | TypeError | ValueError):
        wrapped = DataError(None, None, error)
    else:
        return error
    wrapped.__cause__ = error
    return wrapped


def _fetched(result: Result[Any]) -> Result[Any]:
    """Return a result with all its rows, which needs the connection no more."""
    return result.freeze()() if isinstance(result, CursorResult) and result.returns_rows else result


class ServerConnections:
    """A few connections to a PostgreSQL server.

    Changes share transactions, so that the server writes its log once for all of them. If one fails, each gets a
    transaction of its own. Other statements run at once.
    """

    def __init__(self, url: URL, connect: Connect | None = None) -> None:
        options = {} if connect is None else {"async_creator": connect}
        self._engine = make_engine(url, **AUTOCOMMIT, **POOL, **options)
        self._groups = GroupCommit(self._run)

    async def execute(self, statement: Executable, parameters: Parameters) -> Result[Any]:
        if isinstance(statement, UpdateBase):
            result: Result[Any] = await self._groups.submit(statement, parameters, urgent=True)
            return result
        return await self._run_alone(statement, parameters)

    async def fetch(self, statement: Select[Any] | UpdateBase, rows: Sequence[Row]) -> Sequence[Any]:
        return (await self.execute(statement, rows[0] if len(rows) == 1 else rows)).all()

    def change(self, statement: UpdateBase, row: Row, *, urgent: bool) -> asyncio.Future[Any]:
        return self._groups.submit(statement, row, urgent=urgent)

    async def empty_log(self) -> None:
        pass  # the server's log is not the bot's to change

    async def close(self) -> None:
        try:
            async with asyncio.timeout(FINISH_TIMEOUT_S):
                await self._groups.finish()
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._engine.dispose()
        except TimeoutError:
            log.warning("connections to the database are dropped", reason="it does not answer")

    async def _run(self, group: Sequence[Waiting]) -> Sequence[Outcome]:
        """Run statements in one transaction or, if one of them fails, each in its own."""
        if len(group) > 1:
            try:
                async with self._engine.connect() as connection:
                    return await _run_together(group, connection)
            except OSError as error:
                return [_wrapped(error)] * len(group)  # each of them would wait for the server again
            except Exception as error:  # noqa: BLE001  (each statement gets its own error below)
                if isinstance(error, DBAPIError) and error.connection_invalidated:
                    return [error] * len(group)
        outcomes: list[Outcome] = []
        for each in group:
            try:
                outcomes.append(await self._run_alone(each.statement, each.parameters))
            except Exception as error:  # noqa: BLE001  (whoever waits for the statement gets the error)
                outcomes.append(error)
        return outcomes

    async def _run_alone(self, statement: Executable, parameters: Parameters) -> Result[Any]:
        try:
            async with self._engine.connect() as connection:
                return await connection.execute(statement, parameters)
        except OSError as error:
            raise _wrapped(error) from error


async def _run_together(group: Sequence[Waiting], connection: AsyncConnection) -> Sequence[Outcome]:
    await connection.exec_driver_sql("BEGIN")
    try:
        results = [await connection.execute(each.statement, each.parameters) for each in group]
        await connection.exec_driver_sql("COMMIT")
    except BaseException:
        await connection.exec_driver_sql("ROLLBACK")
        raise
    return results


def _wrapped(error: OSError) -> OperationalError:
    """Return a network error as SQLAlchemy's, which does not wrap it."""
    wrapped = OperationalError(None, None, error)
    wrapped.__cause__ = error
    return wrapped
