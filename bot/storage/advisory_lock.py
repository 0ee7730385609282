"""The instance lock of a PostgreSQL database: an advisory lock, which a separate connection holds."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

import asyncpg
from sqlalchemy import URL

from bot.storage.database_url import name_of
from bot.storage.engine import APPLICATION_NAME, CONNECT_TIMEOUT_S, StorageError, address_of, database_errors
from bot.storage.instance_lock import Instance

# Arbitrary key of the advisory lock, in two halves, as pg_locks shows it.
KEY = (0x6C61_6265, 0x6C62_6F75)
ACQUIRE = f"SELECT pg_try_advisory_lock({KEY[0]}, {KEY[1]})"
HOLDER = f"""
SELECT session.application_name, session.backend_start
FROM pg_locks AS held JOIN pg_stat_activity AS session USING (pid)
WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 2
  AND held.classid = {KEY[0]} AND held.objid = {KEY[1]} AND session.datname = current_database()
"""  # noqa: S608  (only constants are inserted)
# Name of the lock's connection in the server's list of sessions. The server truncates names at MAX_NAME_BYTES.
NAME = APPLICATION_NAME + " instance {pid}@{host}"
NAME_SHAPE = re.compile(APPLICATION_NAME + r" instance ([0-9]+)@(.*)")
MAX_NAME_BYTES = 63
# If the holder's machine disappears, the server frees the lock after 25 s, before a waiting instance gives up.
KEEPALIVE = {"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3"}
# Seconds between checks that the server still knows the session, and seconds to wait for an answer of the server.
CHECK_INTERVAL_S = 5.0
ANSWER_TIMEOUT_S = 10.0
# Time limit for the release when the bot stops. It may be short, as the end of the connection frees the lock as well.
RELEASE_TIMEOUT_S = 1.0


class AdvisoryLock:
    """Holds a session-level advisory lock; see `InstanceLock`.

    Args:
        url: address of the database.
    """

    def __init__(self, url: URL) -> None:
        self._url = url
        self._connection: asyncpg.Connection | None = None
        self._ended = asyncio.Event()

    async def acquire(self) -> bool:
        try:
            with self._database_errors():
                if self._connection is None:
                    self._connection = await self._connect()
                return bool(await self._connection.fetchval(ACQUIRE, timeout=ANSWER_TIMEOUT_S))
        except StorageError:
            self._forget()
            raise

    async def holder(self) -> Instance | None:
        with self._database_errors():
            connection = self._connection or await self._connect()
            try:
                row = await connection.fetchrow(HOLDER, timeout=ANSWER_TIMEOUT_S)
            finally:
                if connection is not self._connection:
                    await connection.close(timeout=ANSWER_TIMEOUT_S)
        return None if row is None else _instance(row["application_name"], row["backend_start"])

    async def lost(self) -> None:
        while not self._ended.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), CHECK_INTERVAL_S)
                break
            try:
                with self._database_errors():
                    assert self._connection is not None, "it is acquired"
                    await self._connection.fetchval("SELECT 1", timeout=ANSWER_TIMEOUT_S)
            except StorageError:
                break
        self._forget()

    async def release(self) -> None:
        if self._connection is not None:
            with suppress(StorageError), self._database_errors():
                await self._connection.close(timeout=RELEASE_TIMEOUT_S)
            self._forget()

    def _forget(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def _connect(self) -> asyncpg.Connection:
        here = Instance.current()
        name = NAME.format(pid=here.pid, host=here.host).encode()[:MAX_NAME_BYTES].decode(errors="ignore")
        connection = await asyncpg.connect(
            address_of(self._url),
            timeout=CONNECT_TIMEOUT_S,
            server_settings={"application_name": name, **KEEPALIVE},
        )
        ended = self._ended = asyncio.Event()
        connection.add_termination_listener(lambda _: ended.set())
        return connection

    @contextmanager
    def _database_errors(self) -> Iterator[None]:
        name = f"The database {name_of(self._url)}"
        with database_errors(name):
            try:
                yield
            # InternalClientError: the connection broke while the driver began a statement.
            except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
                reason = " ".join(str(error).split()).rstrip(".")
                raise StorageError(f"{name} cannot be used: {reason}.") from error


def _instance(name: str | None, since: datetime | None) -> Instance:
    """Parse an entry of the list of sessions. The list hides the details of other users' sessions."""
    shape = NAME_SHAPE.fullmatch(name or "")
    return Instance(since=since) if shape is None else Instance(shape[2], int(shape[1]), since)
