"""Measures the storage layer: groups of statements, CPU time, rows and logs, in SQLite and in PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import asyncpg
import sqlalchemy

from bot.storage.database_url import sqlite_url
from bot.storage.group_commit import GroupCommit, Outcome, Waiting
from bot.storage.storage import Storage
from inference.benchmarks.processes import cpu_s
from tests.benchmarks.test_storage import all_of_a_photo
from tests.support.postgresql import Postgresql, find_postgresql, postgresql

STORED_PHOTOS, AT_ONCE = 3_000, 64
# Turns of one photo at a time and of many, so that what other programs take falls on both.
TURNS = 5
# Synchronous writes, as a server of one's own has them; the tests' server does without.
SAFE = ("-c", "fsync=on", "-c", "synchronous_commit=on", "-c", "full_page_writes=on")


@contextmanager
def safe_server() -> Iterator[Postgresql]:
    """Start a PostgreSQL server that loses nothing in a power cut."""
    programs = find_postgresql()
    if programs is None:
        raise SystemExit("PostgreSQL is not installed: apt install postgresql")
    with postgresql(programs, SAFE) as server:
        yield server


async def measure_database(_home: Path) -> AsyncIterator[tuple[str, float]]:
    """Measure SQLite, the disk, and PostgreSQL."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "database"
        written = -_written_bytes()
        groups = await _store(sqlite_url(file))
        written += _written_bytes()
        for name, value in groups.items():
            yield f"sqlite_{name}", value
        yield "sqlite_row_kb", file.stat().st_size / 2 / STORED_PHOTOS / 1e3
        yield "sqlite_written_kb", written / 2 / STORED_PHOTOS / 1e3
        yield "disk_sync_ms", await asyncio.to_thread(_sync_ms, Path(folder) / "sync")
    with safe_server() as server:
        address = await asyncio.to_thread(server.database)
        connection = await asyncpg.connect(address)
        await connection.execute("CHECKPOINT")
        lsn = await connection.fetchval("SELECT pg_current_wal_lsn()")
        size = await connection.fetchval("SELECT pg_database_size(current_database())")
        server_s = -_postgres_cpu_s(server)
        groups = await _store(sqlalchemy.make_url(address))
        server_s += _postgres_cpu_s(server)
        for name, value in groups.items():
            yield f"postgresql_{name}", value
        yield "postgresql_read_ms", await _read_ms(sqlalchemy.make_url(address))
        yield "postgresql_core_ms", 1e3 * server_s / 2 / STORED_PHOTOS
        wal = await connection.fetchval("SELECT pg_current_wal_lsn() - $1::pg_lsn", lsn)
        yield "postgresql_wal_kb", float(wal) / 2 / STORED_PHOTOS / 1e3
        grown = await connection.fetchval("SELECT pg_database_size(current_database())") - size
        yield "postgresql_row_kb", grown / 2 / STORED_PHOTOS / 1e3
        await connection.close()


@dataclass(slots=True)
class Groups:
    """Sums over the groups of a run.

    Attributes:
        count, statements: number of groups, and of their statements.
        seconds: time that they took.
    """

    count: int = 0
    statements: int = 0
    seconds: float = 0.0

    @property
    def mean_ms(self) -> float:
        return 1e3 * self.seconds / self.count

    @property
    def mean_size(self) -> float:
        return self.statements / self.count


class TimedGroupCommit(GroupCommit):
    """Adds each group that it runs to `groups`."""

    groups = Groups()

    def __init__(self, run: Callable[[Sequence[Waiting]], Awaitable[Sequence[Outcome]]]) -> None:
        async def timed(group: Sequence[Waiting]) -> Sequence[Outcome]:
            started_s = time.perf_counter()
            outcomes = await run(group)
            groups = TimedGroupCommit.groups
            groups.seconds += time.perf_counter() - started_s
            groups.count += 1
            groups.statements += len(group)
            return outcomes

        super().__init__(timed)


async def _store(url: sqlalchemy.URL) -> dict[str, float]:
    """Store photos one after another, and many at once; return what a photo and its groups of statements take."""
    with patch("bot.storage.connections.GroupCommit", TimedGroupCommit):
        storage = await Storage.open(url)
    alone, together = Groups(), Groups()
    per_turn = STORED_PHOTOS // TURNS
    for turn in range(TURNS):
        await _store_photos(storage, range(2 * turn * per_turn, (2 * turn + 1) * per_turn), 1, alone)
        await _store_photos(storage, range((2 * turn + 1) * per_turn, (2 * turn + 2) * per_turn), AT_ONCE, together)
    await storage.close()
    # A group of statements takes fixed + each * size.
    each_ms = max(0.0, together.mean_ms - alone.mean_ms) / (together.mean_size - alone.mean_size)
    return {
        "groups": alone.count / STORED_PHOTOS,
        "statements": alone.statements / STORED_PHOTOS,
        "group_ms": max(0.0, alone.mean_ms - each_ms * alone.mean_size),
        "statement_ms": each_ms,
    }


async def _store_photos(storage: Storage, photos: Iterable[int], at_once: int, groups: Groups) -> None:
    numbers = iter(photos)

    async def work() -> None:
        for number in numbers:
            await all_of_a_photo(storage, number)

    TimedGroupCommit.groups = groups
    await asyncio.gather(*(work() for _ in range(at_once)))


async def _read_ms(url: sqlalchemy.URL) -> float:
    """Return the median time of a read of a photo's labels."""
    storage = await Storage.open(url)
    times_s = []
    for number in range(STORED_PHOTOS):
        started_s = time.perf_counter()
        await storage.predictions.get(f"file {number}", model="starter", version="0123456789ab")
        times_s.append(time.perf_counter() - started_s)
    await storage.close()
    return 1e3 * statistics.median(times_s)


def _postgres_cpu_s(server: Postgresql) -> float:
    """Return the CPU time of all processes of the server, also of those that have ended, in seconds."""
    pid = int((server.folder / "data" / "postmaster.pid").read_text().split()[0])
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    children = map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    return cpu_s({pid, *children}) + (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def _written_bytes() -> int:
    """Return the bytes that this process has written to files and sockets."""
    return int(Path("/proc/self/io").read_text().partition("wchar:")[2].split()[0])


def _sync_ms(path: Path) -> float:
    """Return the median time in which the disk stores one block for good."""
    times_s = []
    with path.open("wb", buffering=0) as file:
        for _ in range(200):
            file.write(bytes(8192))
            started_s = time.perf_counter()
            os.fdatasync(file.fileno())
            times_s.append(time.perf_counter() - started_s)
    return 1e3 * statistics.median(times_s)
