"""Replicas of the bot that share one PostgreSQL database: which are alive, which leads, and how a dead one is fenced.

    join -> alive: a sign of life every half second -> leave
                 └── silent, or its session ended -> fenced: its sessions are ended, its chats are free -> gone

Each start of a replica gets a number that is never used again: its epoch. All its sessions carry this number, and a new
session is refused unless the replica is still alive. Before another replica takes over, it marks the replica as fenced
and waits until the server has ended all its sessions. So a replica that was paused, or cut off, writes nothing after
another has taken over: there is no statement of an old epoch that the server would still accept.

The leader fetches the updates and does the periodic work. It holds an advisory lock, and it is replaced only after it
left or was fenced.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from math import inf
from typing import NoReturn

import asyncpg
import structlog
from sqlalchemy import URL

from bot.storage.advisory_lock import KEY, MAX_NAME_BYTES, NAME, AdvisoryLock
from bot.storage.database_url import name_of
from bot.storage.engine import StorageError
from bot.storage.instance_lock import Instance
from bot.storage.replica_session import ANSWER_TIMEOUT_S, Exclusion, ReplicaSession, connect

log = structlog.get_logger()

# Seconds between two signs of life.
HEARTBEAT_S = 0.5
# Seconds of silence after which a replica without a session is dead. One whose connection broke is back sooner.
CRASHED_S = 1.0
# Seconds of silence after which a replica counts as dead although its session exists: it is paused, or cut off.
SILENT_S = 6.0
# Seconds for which nobody is declared dead after a start of the server, or after this replica had to connect again: the
# others may have to connect again, too.
SERVER_START_S = 10.0
# Seconds to wait until the server has ended the sessions of a dead replica, before the next sign of life.
END_TIMEOUT_S = 1.0
POLL_INTERVAL_S = 0.02

# Number of slots for messages that may be taken ahead. Each replica takes one at a time, so if there are more, the
# server's clock was set back.
MAX_SLOTS_AHEAD = 100

UPDATES = "labelbot_updates"
CHANGES = "labelbot_changes"
# Name of a replica's sessions: the application_name in pg_stat_activity.
SESSIONS = "labelbot replica {id}"
TEACHING_KEY = (KEY[0], 0x7465_6163)
LEADER_KEY = (KEY[0], 0x6C65_6164)

NOW = "extract(epoch FROM clock_timestamp())"
# The locks of replicas have one key, which pg_locks shows in two halves.
LOCKED = """(
    SELECT (classid::bigint << 32) | objid::bigint FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND objsubid = 1
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
)"""
SHARE = f"SELECT pg_try_advisory_lock_shared({KEY[0]}, {KEY[1]})"
# The number grows even if the table was emptied.
JOIN = f"""
INSERT INTO replicas (id, host, pid, seen_at, leads, fenced)
SELECT greatest(coalesce(max(id), 0) + 1, ({NOW} * 1000)::bigint), $1, $2, {NOW}, false, false FROM replicas
ON CONFLICT DO NOTHING RETURNING id
"""  # noqa: S608  (only constants are inserted, here and below)
BEAT = f"UPDATE replicas SET seen_at = {NOW} WHERE id = $1 AND NOT fenced RETURNING leads"  # noqa: S608
OTHERS = f"""
SELECT id, host, pid, leads, fenced, {NOW} - seen_at AS silent_s, id IN {LOCKED} AS connected,
       {NOW} - extract(epoch FROM pg_postmaster_start_time()) AS server_s
FROM replicas WHERE id <> $1
"""  # noqa: S608
IS_ALIVE = "SELECT id FROM replicas WHERE id = $1 AND NOT fenced"
LEAD = "UPDATE replicas SET leads = true WHERE id = $1 AND NOT fenced RETURNING id"
FENCE = "UPDATE replicas SET fenced = true WHERE id = $1"
END_SESSIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
  AND (application_name = $1 OR pid IN (
      SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
        AND (classid::bigint << 32) | objid::bigint = $2
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())))
"""
REMOVE = """
WITH freed AS (
    UPDATE chat_leases SET replica_id = NULL, pending = true, arrived = arrived + 1 WHERE replica_id = $1
)
DELETE FROM replicas WHERE id = $1
"""
TAKE_SLOT = f"""
INSERT INTO send_pace AS pace (id, next_at) VALUES (1, {NOW} + $1)
ON CONFLICT (id) DO UPDATE SET next_at = least(greatest(pace.next_at, {NOW}), {NOW} + {MAX_SLOTS_AHEAD} * $1) + $1
RETURNING next_at - $1 - {NOW}
"""  # noqa: S608
NOTIFY = "SELECT pg_notify($1, $2)"


class Superseded(StorageError):
    """Another replica has taken over the work of this one."""


class Replica:
    """This process as one of several replicas. `Replica.joined` makes one.

    Attributes:
        id: number of this start, which is never used again.
        others: numbers of the other replicas that are alive.
        leading: event that is set once this replica leads.
        teaching: lock under which replicas change what chats taught, and the consents to it.
        on_updates: function that is called if updates may wait, with their chats as JSON, or "" for any.
        on_changes: function that is called if another program changed a table, with the change as JSON, or
            "" if changes may have been missed.
    """

    def __init__(self, url: URL) -> None:
        self.id = 0
        self.others: frozenset[int] = frozenset()
        self.leading = asyncio.Event()
        self.on_updates: Callable[[str], None] = lambda _: None
        self.on_changes: Callable[[str], None] = lambda _: None
        self._url = url
        self._look_now = asyncio.Event()
        self._connected_again_s = -inf
        self._not_ended: set[int] = set()
        self.session = session = ReplicaSession(
            url, {UPDATES: self._note_updates, CHANGES: lambda said: self.on_changes(said)}
        )
        self.teaching = Exclusion(session, TEACHING_KEY)

    async def acquire(self) -> bool:
        """Share the lock of the database with other replicas; False if an instance without replicas has it.

        Raises:
            StorageError: the database cannot be used.
        """
        if self.session.ended.is_set():
            here = Instance.current()
            name = NAME.format(pid=here.pid, host=here.host).encode()[:MAX_NAME_BYTES].decode(errors="ignore")
            await self.session.connect(name)
        [row] = await self.session.fetch(SHARE)
        return bool(row[0])

    async def holder(self) -> Instance | None:
        """Return an instance that holds the lock; None if there is none.

        Raises:
            StorageError: the database cannot be used.
        """
        return await AdvisoryLock(self._url).holder()

    @asynccontextmanager
    async def joined(self) -> AsyncIterator[asyncio.Task[NoReturn]]:
        """Be one of the replicas while the block runs. The database has its tables by now.

        Yields:
            A task that raises `Superseded` if another replica takes over, and never ends otherwise.

        Raises:
            StorageError: the database cannot be used.
        """
        here = Instance.current()
        while not (rows := await self.session.fetch(JOIN, here.host, here.pid)):
            pass  # another replica joined at the same moment
        self.id = rows[0]["id"]
        await self.session.fetch("SELECT pg_advisory_lock($1)", self.id)
        await self._look_around()
        log.info("joined as a replica", replica=self.id, others=len(self.others), leads=self.leading.is_set())
        living = asyncio.create_task(self._live())
        try:
            yield living
        finally:
            living.cancel()
            await asyncio.gather(living, return_exceptions=True)
            if living.cancelled() and not self.session.ended.is_set():
                with suppress(StorageError):
                    await self.session.fetch(REMOVE, self.id)
                    # The others try to lead as soon as they hear of it.
                    await self.session.fetch("SELECT pg_advisory_unlock_all()")
                    await self.session.fetch(NOTIFY, UPDATES, "")
            await self.session.close()

    async def connect(self) -> asyncpg.Connection:
        """Open a further session of this replica.

        Raises:
            Superseded: another replica has taken over.
        """
        connection = await connect(self._url, SESSIONS.format(id=self.id))
        # The check comes after the session is visible to others, so either they end the session or it is refused here.
        if await connection.fetchval(IS_ALIVE, self.id, timeout=ANSWER_TIMEOUT_S) is None:
            connection.terminate()
            raise self._superseded()
        return connection

    async def notify(self, payload: str) -> None:
        """Tell all replicas that updates wait.

        Args:
            payload: ids of their chats as JSON, or "".

        Raises:
            StorageError: the database failed.
        """
        await self.session.fetch(NOTIFY, UPDATES, payload)

    async def send_slot_s(self, interval_s: float) -> float:
        """Take the next slot for a message of the bot; return the seconds until it comes.

        Telegram's limit is for the bot, so live replicas take slots from one row of the database.

        Args:
            interval_s: seconds between two slots.
        """
        if not self.others:
            return 0.0
        try:
            [row] = await self.session.fetch(TAKE_SLOT, interval_s)
        except StorageError as error:
            log.warning("the pace of messages is not shared for now", reason=str(error))
            return 0.0
        return float(row[0])

    async def _live(self) -> NoReturn:
        """Give signs of life, and look after the other replicas.

        Raises:
            Superseded: another replica has taken over.
        """
        is_cut_off = False
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT_S):
                    await self._look_now.wait()
            self._look_now.clear()
            try:
                if self.session.ended.is_set():
                    await self._connect_again()
                if not await self.session.fetch(BEAT, self.id):
                    raise self._superseded()
                await self._look_around()
                if is_cut_off:
                    log.info("the database answers this replica again", database=name_of(self._url))
                is_cut_off = False
            except Superseded:
                raise
            except StorageError as error:
                if not is_cut_off:
                    log.warning("this replica gives no sign of life", reason=str(error))
                is_cut_off = True
                self.session.drop()

    async def _connect_again(self) -> None:
        """Open the session anew, if nobody has taken over meanwhile."""
        await self.session.connect(SESSIONS.format(id=self.id))
        if not await self.session.fetch(BEAT, self.id):
            raise self._superseded()
        await self.session.fetch("SELECT pg_advisory_lock($1)", self.id)
        if not await self.acquire():
            raise self._superseded()
        if self.leading.is_set():
            await self.session.fetch("SELECT pg_advisory_lock($1, $2)", *LEADER_KEY)
        self._connected_again_s = asyncio.get_running_loop().time()
        # Notifications may have been missed.
        self.on_updates("")
        self.on_changes("")

    async def _look_around(self) -> None:
        """Take over from replicas that are dead, and lead if nobody does."""
        rows = await self.session.fetch(OTHERS, self.id)
        connected_s = asyncio.get_running_loop().time() - self._connected_again_s
        alive = [row for row in rows if not _is_dead(row, connected_s)]
        self.others = frozenset(row["id"] for row in alive)
        for row in rows:
            if row not in alive:
                await self._take_over(row)
        if not self.leading.is_set() and not any(row["leads"] for row in alive):
            await self._try_to_lead()

    async def _try_to_lead(self) -> None:
        [row] = await self.session.fetch("SELECT pg_try_advisory_lock($1, $2)", *LEADER_KEY)
        if not row[0]:
            return
        # Since the look, another replica may have led, and may have lost its session.
        if any(other["leads"] for other in await self.session.fetch(OTHERS, self.id)):
            await self.session.fetch("SELECT pg_advisory_unlock($1, $2)", *LEADER_KEY)
        elif await self.session.fetch(LEAD, self.id):
            log.info("this replica leads", replica=self.id)
            self.leading.set()

    async def _take_over(self, dead: asyncpg.Record) -> None:
        """Fence a dead replica, and free its chats. Several replicas may do this at once.

        If its sessions do not end, its chats stay with it, and the next look tries again.
        """
        await self.session.fetch(FENCE, dead["id"])
        if (reason := await self._why_sessions_last(dead["id"])) is not None:
            if dead["id"] not in self._not_ended:
                log.error(
                    "the sessions of a dead replica do not end, so nobody takes its chats",
                    **_known(dead),
                    reason=reason,
                )
            self._not_ended.add(dead["id"])
            return
        await self.session.fetch(REMOVE, dead["id"])
        await self.notify("")
        self._not_ended.discard(dead["id"])
        log.warning(
            "took over from a replica that is gone",
            **_known(dead),
            silent_s=round(dead["silent_s"], 1),
            led=dead["leads"],
        )

    async def _why_sessions_last(self, dead_id: int) -> str | None:
        """End the sessions of a dead replica; return None once they are gone, or a reason why they are not."""
        deadline_s = asyncio.get_running_loop().time() + END_TIMEOUT_S
        while True:
            try:
                if not await self.session.fetch(END_SESSIONS, SESSIONS.format(id=dead_id), dead_id):
                    return None
            except StorageError as error:
                if self.session.ended.is_set():
                    raise
                return str(error)
            if asyncio.get_running_loop().time() > deadline_s:
                return f"the server has not ended them within {END_TIMEOUT_S:g} s"
            await asyncio.sleep(POLL_INTERVAL_S)

    def _note_updates(self, payload: str) -> None:
        if not payload:
            self._look_now.set()
        self.on_updates(payload)

    def _superseded(self) -> Superseded:
        return Superseded(
            f"Another replica has taken over the work of this one, which gave no sign of life in time, on the database "
            f"{name_of(self._url)}. So this one ends; start it again."
        )


def _is_dead(other: asyncpg.Record, connected_s: float) -> bool:
    """Return whether another replica is dead.

    Args:
        other: its row, as `OTHERS` reads it.
        connected_s: seconds since this replica had to connect again.
    """
    if other["fenced"]:
        return True
    silent_s = SILENT_S if other["connected"] else CRASHED_S
    return bool(other["silent_s"] > silent_s and min(other["server_s"], connected_s) > SERVER_START_S)


def _known(dead: asyncpg.Record) -> dict[str, str | int]:
    return {"replica": dead["id"], "instance": f"process {dead['pid']} on {dead['host']}"}
