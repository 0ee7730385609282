"""One instance at a time works with a database, whichever kind it is, and the death of one makes room for the next."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import URL
from structlog.testing import capture_logs

from bot.storage import advisory_lock, single_instance
from bot.storage.database_url import sqlite_url
from bot.storage.engine import StorageError, address_of
from bot.storage.instance_lock import InstanceLock, InstanceRuns
from bot.storage.single_instance import instance_lock, no_instance
from tests.support.postgresql import Postgresql
from tests.support.processes import HANG_S, until

INSTANCE = """
import asyncio, sys
from sqlalchemy import make_url
from bot.storage.single_instance import single_instance

async def main():
    async with single_instance(make_url(sys.argv[1])):
        print("holds", flush=True)
        await asyncio.to_thread(sys.stdin.read)

asyncio.run(main())
"""


@asynccontextmanager
async def instance_of(url: URL) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that holds the lock until its input is closed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", INSTANCE, url.render_as_string(hide_password=False)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout
        assert await process.stdout.readline() == b"holds\n"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def until_free(lock: InstanceLock) -> None:
    async with asyncio.timeout(HANG_S):
        while await lock.holder() is not None:  # noqa: ASYNC110  (nobody announces the death of another's session)
            await asyncio.sleep(0.01)


async def test_the_lock_is_held_once_and_names_its_holder(url: URL) -> None:
    first, second = instance_lock(url), instance_lock(url)
    assert await first.holder() is None
    assert await first.acquire()
    assert not await second.acquire()
    holder = await second.holder()
    assert holder is not None
    assert holder.is_current()
    assert str(holder).startswith(f"process {os.getpid()} on ")
    assert str(holder).endswith(" UTC")
    await first.release()
    assert await second.holder() is None
    assert await second.acquire()
    await second.release()


async def test_the_lock_of_a_killed_instance_is_free_at_once(url: URL) -> None:
    async with instance_of(url) as process:
        holder = await instance_lock(url).holder()
        assert holder is not None
        assert holder.pid == process.pid
        process.send_signal(signal.SIGKILL)
        await process.wait()
        await until_free(instance_lock(url))
        async with single_instance.single_instance(url, wait_s=5):
            holder = await instance_lock(url).holder()
            assert holder is not None
            assert holder.is_current()


async def test_the_next_instance_says_at_once_whom_it_waits_for(url: URL) -> None:
    async with instance_of(url) as process:
        with capture_logs() as logs:

            async def follow() -> None:
                async with single_instance.single_instance(url):
                    pass

            following = asyncio.create_task(follow())
            await until(lambda: logs)
            assert not following.done()
            assert process.stdin
            process.stdin.close()
            await asyncio.wait_for(following, HANG_S)
    [line] = logs
    assert line["event"] == "waiting for another instance to end"
    assert line["instance"].startswith(f"process {process.pid} on ")


async def test_an_instance_that_does_not_end_is_named_in_one_sentence(url: URL) -> None:
    async with instance_of(url) as process:
        with pytest.raises(
            InstanceRuns, match=rf"\(process {process.pid} on .*\) and did not end within 0\.2 s"
        ) as error:
            async with single_instance.single_instance(url, wait_s=0.2):
                pass
        assert "\n" not in str(error.value)
        assert "hunter2" not in str(error.value)
        assert process.returncode is None


async def test_what_needs_the_database_alone_is_refused_while_an_instance_runs(url: URL) -> None:
    def work() -> None:
        with no_instance(url):
            worked.append(True)

    worked: list[bool] = []
    async with instance_of(url) as process:
        with pytest.raises(InstanceRuns, match=rf"process {process.pid} on .*: stop it first\.$"):
            await asyncio.to_thread(work)
    assert worked == []
    await until_free(instance_lock(url))
    await asyncio.to_thread(work)
    assert worked == [True]
    assert await instance_lock(url).holder() is None


async def test_nothing_is_left_beside_the_database(tmp_path: Path) -> None:
    database = tmp_path / "home" / "labelbot.sqlite3"
    assert await instance_lock(sqlite_url(database)).holder() is None
    assert not database.parent.exists()
    async with single_instance.single_instance(sqlite_url(database)):
        [lock] = database.parent.iterdir()
        assert lock.stat().st_mode & 0o777 == 0o600
    assert [*database.parent.iterdir()] == []


async def test_two_links_to_a_database_have_one_lock(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "labelbot.sqlite3")
    first, second = (instance_lock(sqlite_url(tmp_path / name)) for name in ("labelbot.sqlite3", "link"))
    assert await first.acquire()
    assert not await second.acquire()
    await first.release()


async def test_of_many_that_come_and_go_one_at_a_time_holds_the_lock(tmp_path: Path) -> None:
    """The file is removed and made anew all the while."""
    url = sqlite_url(tmp_path / "labelbot.sqlite3")
    held = 0

    def come_and_go() -> None:
        async def hold() -> None:
            nonlocal held
            lock = instance_lock(url)
            for _ in range(200):
                if await lock.acquire():
                    held += 1
                    assert held == 1
                    await asyncio.sleep(0)
                    held -= 1
                    await lock.release()

        asyncio.run(hold())

    await asyncio.gather(*(asyncio.to_thread(come_and_go) for _ in range(4)))


async def test_a_lock_that_cannot_be_made_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "labelbot.sqlite3.lock").mkdir()
    with pytest.raises(StorageError, match=r"labelbot\.sqlite3\.lock cannot be locked: Is a directory\.$"):
        await instance_lock(sqlite_url(tmp_path / "labelbot.sqlite3")).acquire()


# Sessions of PostgreSQL may end before their process does.


@asynccontextmanager
async def another_session(url: URL, **options: Any) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(address_of(url), **options)
    try:
        yield connection
    finally:
        await connection.close()


END_SESSIONS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'labelbot instance%'"
LOCK = f"({advisory_lock.KEY[0]}, {advisory_lock.KEY[1]})"


async def test_a_lock_whose_session_ended_is_acquired_again(server_url: URL) -> None:
    with capture_logs() as logs:
        async with (
            single_instance.single_instance(server_url) as keeping,
            another_session(server_url) as other,
        ):
            await other.execute(END_SESSIONS)
            await until(lambda: len(logs) == 2)
            assert [line["log_level"] for line in logs] == ["warning", "info"]
            holder = await instance_lock(server_url).holder()
            assert holder is not None
            assert holder.is_current()
            assert not keeping.done()


async def test_a_lock_is_acquired_again_once_the_server_is_back(server_url: URL, postgresql_server: Postgresql) -> None:
    with capture_logs() as logs:
        async with single_instance.single_instance(server_url) as keeping:
            async with postgresql_server.out_of_reach():
                await until(lambda: logs)
                await asyncio.sleep(1)
                assert len(logs) == 1
            await until(lambda: len(logs) == 2)
            assert not keeping.done()


async def test_an_instance_ends_if_another_was_faster(server_url: URL) -> None:
    async with single_instance.single_instance(server_url) as keeping, another_session(server_url) as other:
        faster = asyncio.create_task(other.execute(f"SELECT pg_advisory_lock{LOCK}"))
        async with another_session(server_url) as third:
            waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            async with asyncio.timeout(HANG_S):
                while not await third.fetchval(waiting):  # noqa: ASYNC110  (nor what a server waits for)
                    await asyncio.sleep(0.01)
            await third.execute(END_SESSIONS)
        await faster
        with pytest.raises(
            InstanceRuns, match=r"has taken over the database .* \(a process that cannot be named, since"
        ):
            await asyncio.wait_for(keeping, HANG_S)


async def test_a_session_of_its_own_that_the_server_still_knows_is_waited_for(server_url: URL) -> None:
    lock = instance_lock(server_url)
    assert await lock.acquire()
    async with another_session(server_url) as other:
        name = await other.fetchval("SELECT application_name FROM pg_stat_activity WHERE application_name LIKE '%@%'")
    await lock.release()
    async with another_session(server_url, server_settings={"application_name": name}) as stale:
        await stale.execute(f"SELECT pg_advisory_lock{LOCK}")
        again = asyncio.create_task(single_instance._acquire_again(lock, "labels"))
        await asyncio.sleep(0.5)
        assert not again.done()
    await asyncio.wait_for(again, HANG_S)
    await lock.release()
