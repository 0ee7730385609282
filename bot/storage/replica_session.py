"""A replica's own connection to PostgreSQL: holds the replica's locks, listens, and runs short statements in turn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import asyncpg
from sqlalchemy import URL
from sqlalchemy.exc import DataError

from bot.storage.database_url import name_of
from bot.storage.engine import CONNECT_TIMEOUT_S, StorageError, address_of, database_errors

# Seconds to wait for an answer of the server. Other replicas take over the work of one that is silent for longer.
ANSWER_TIMEOUT_S = 3.0
CLOSE_TIMEOUT_S = 1.0
# Seconds between two attempts to get a lock that another replica holds for some statements.
EXCLUSION_INTERVAL_S = 0.02
# If a peer disappears without a word, either side notices within ten seconds: the server by these settings, the replica
# by the time limit of its statements.
DEAD_PEER = {
    "tcp_keepalives_idle": "3",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "9000",
}

Listener = Callable[[str], None]


class Exclusion:
    """A lock that replicas share: `async with` waits until neither this process nor another one holds it.

    The end of the session frees the lock. After a failure or a cancellation it is unknown who has the lock, so the
    session is ended.

    Args:
        session: session of this replica.
        key: number of the lock, as two halves.
    """

    def __init__(self, session: ReplicaSession, key: tuple[int, int]) -> None:
        self._session = session
        self._key = key
        self._here = asyncio.Lock()

    async def __aenter__(self) -> None:
        await self._here.acquire()
        try:
            while not (await self._session.fetch("SELECT pg_try_advisory_lock($1, $2)", *self._key))[0][0]:  # noqa: ASYNC110
                await asyncio.sleep(EXCLUSION_INTERVAL_S)
        except BaseException:
            self._session.drop()
            self._here.release()
            raise

    async def __aexit__(self, *_: object) -> None:
        try:
            await self._session.fetch("SELECT pg_advisory_unlock($1, $2)", *self._key)
        except StorageError:
            self._session.drop()
        except BaseException:
            self._session.drop()
            raise
        finally:
            self._here.release()


class ReplicaSession:
    """One connection, whose statements run one after another.

    Args:
        url: address of the database.
        listeners: functions that get the notifications of a channel, by the channel's name.

    Attributes:
        ended: event that is set while there is no connection.
    """

    def __init__(self, url: URL, listeners: dict[str, Listener]) -> None:
        self.ended = asyncio.Event()
        self.ended.set()
        self._url = url
        self._listeners = listeners
        self._connection: asyncpg.Connection | None = None
        self._turn = asyncio.Lock()

    async def connect(self, name: str) -> None:
        """Open the connection.

        Args:
            name: name of the connection in the server's list of sessions.

        Raises:
            StorageError: the database cannot be used.
        """
        with driver_errors(self._url):
            connection = await connect(self._url, name)
            try:
                async with asyncio.timeout(ANSWER_TIMEOUT_S):
                    for channel, listener in self._listeners.items():
                        await connection.add_listener(channel, _adapted(listener))
            except BaseException:
                connection.terminate()
                raise
        self._connection = connection
        self.ended.clear()
        connection.add_termination_listener(self._note_end)

    async def fetch(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        """Run a statement in a transaction of its own, and return its rows.

        Raises:
            DataError: the statement will never work, because of its values.
            StorageError: the database or the connection failed.
        """
        async with self._turn:
            if self._connection is None:
                raise StorageError(f"The database {name_of(self._url)} cannot be reached: no connection.")
            with driver_errors(self._url):
                return list(await self._connection.fetch(statement, *arguments, timeout=ANSWER_TIMEOUT_S))

    def drop(self) -> None:
        """Forget the connection, which may be dead."""
        connection, self._connection = self._connection, None
        self.ended.set()
        if connection is not None:
            connection.terminate()

    async def close(self) -> None:
        """Close the connection, which frees its locks."""
        connection, self._connection = self._connection, None
        self.ended.set()
        if connection is not None:
            with suppress(StorageError), driver_errors(self._url):
                await connection.close(timeout=CLOSE_TIMEOUT_S)

    def _note_end(self, connection: asyncpg.Connection) -> None:
        if connection is self._connection:
            self._connection = None
            self.ended.set()


async def connect(url: URL, name: str) -> asyncpg.Connection:
    """Connect to the server; a dead peer is noticed within seconds."""
    return await asyncpg.connect(
        address_of(url), timeout=CONNECT_TIMEOUT_S, server_settings={"application_name": name, **DEAD_PEER}
    )


@contextmanager
def driver_errors(url: URL) -> Iterator[None]:
    """Turn errors of asyncpg into `StorageError`, or `DataError` if the values of a statement are the reason."""
    name = f"The database {name_of(url)}"
    with database_errors(name):
        try:
            yield
        except (ValueError, OverflowError) as error:
            raise DataError(None, None, error) from error
        # InternalClientError: the connection broke while the driver began a statement.
        except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
            if str(getattr(error, "sqlstate", "")).startswith(("22", "23")):
                raise DataError(None, None, error) from error
            reason = " ".join(str(error).split()).rstrip(".")
            raise StorageError(f"{name} cannot be used: {reason}.") from error


def _adapted(listener: Listener) -> Callable[[object, int, str, object], None]:
    def listen(_connection: object, _pid: int, _channel: str, payload: object) -> None:
        listener(str(payload))

    return listen
