"""Measures the storage layer: statements a second, CPU time, rows and logs, in SQLite and in PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import sqlalchemy

from bot.storage.connections import POOL
from bot.storage.database_url import sqlite_url
from bot.storage.storage import Storage
from inference.benchmarks.processes import cpu_s
from tests.benchmarks.test_storage import all_of_a_photo
from tests.support.postgresql import Postgresql, find_postgresql, postgresql

STORED_PHOTOS, AT_ONCE = 3_000, 64
# Statements of `all_of_a_photo`.
STATEMENTS = 7
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
        alone_ms, together_ms = await _store(sqlite_url(file))
        written += _written_bytes()
        # A group of statements takes fixed + per_statement * size.
        yield "sqlite_group_ms", max(0.0, alone_ms - together_ms) * AT_ONCE / (AT_ONCE - 1)
        yield "sqlite_statement_ms", together_ms
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
        alone_ms, together_ms = await _store(sqlalchemy.make_url(address))
        server_s += _postgres_cpu_s(server)
        yield "postgresql_alone_ms", alone_ms
        yield "postgresql_statement_ms", together_ms * POOL["pool_size"]
        yield "postgresql_core_ms", 1e3 * server_s / 2 / STORED_PHOTOS
        wal = await connection.fetchval("SELECT pg_current_wal_lsn() - $1::pg_lsn", lsn)
        yield "postgresql_wal_kb", float(wal) / 2 / STORED_PHOTOS / 1e3
        grown = await connection.fetchval("SELECT pg_database_size(current_database())") - size
        yield "postgresql_row_kb", grown / 2 / STORED_PHOTOS / 1e3
        await connection.close()


async def _store(url: sqlalchemy.URL) -> tuple[float, float]:
    """Store photos one after another, and many at once; return the milliseconds per statement of each."""
    storage = await Storage.open(url)
    times_ms = []
    for first, at_once in ((0, 1), (STORED_PHOTOS, AT_ONCE)):
        numbers = iter(range(first, first + STORED_PHOTOS))

        async def work(numbers: Iterator[int] = numbers) -> None:
            for number in numbers:
                await all_of_a_photo(storage, number)

        started_s = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(at_once)))
        times_ms.append(1e3 * (time.perf_counter() - started_s) / STORED_PHOTOS / STATEMENTS)
    await storage.close()
    return times_ms[0], times_ms[1]


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
