"""Replicas on one PostgreSQL database: who leads, what a dead one leaves, and that a fenced one writes nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import structlog
from sqlalchemy import URL

from bot.storage import replicas
from bot.storage.inbox import ReceivedUpdate
from bot.storage.instance_lock import InstanceRuns
from bot.storage.leases import Leases
from bot.storage.replicas import Replica, Superseded
from bot.storage.single_instance import acquire_in_time, no_instance, single_instance
from bot.storage.storage import Storage
from tests.support.databases import Databases
from tests.support.postgresql import Postgresql


@pytest.fixture
def url(databases: Databases, postgresql_server: Postgresql, monkeypatch: pytest.MonkeyPatch) -> URL:
    # The server of the tests has just started.
    monkeypatch.setattr(replicas, "SERVER_START_S", -1.0)
    monkeypatch.setattr(replicas, "CRASHED_S", 0.05)
    monkeypatch.setattr(replicas, "HEARTBEAT_S", 0.02)
    return databases.postgresql(postgresql_server)


class Company:
    """Replicas that join one database, all in this process."""

    def __init__(self, url: URL, stack: AsyncExitStack) -> None:
        self._url = url
        self._stack = stack

    async def join(self) -> tuple[Replica, asyncio.Task[object]]:
        replica = Replica(self._url)
        await acquire_in_time(replica, "the database", 1.0)
        return replica, await self._stack.enter_async_context(replica.joined())


@pytest.fixture
async def company(url: URL) -> AsyncIterator[Company]:
    async with AsyncExitStack() as stack:
        yield Company(url, stack)


def updates(*ids: int, chat_id: int = 5) -> list[ReceivedUpdate]:
    return [ReceivedUpdate(update_id, chat_id, {"update_id": update_id}) for update_id in ids]


async def crash(replica: Replica, living: asyncio.Task[object]) -> None:
    """End a replica as a kill does: nothing is said, the connection breaks."""
    living.cancel()
    await asyncio.gather(living, return_exceptions=True)
    replica.session.drop()


async def test_one_replica_leads_and_the_next_one_after_its_crash(company: Company) -> None:
    first, living = await company.join()
    second, _ = await company.join()
    assert first.id < second.id
    assert (first.leading.is_set(), second.leading.is_set()) == (True, False)
    await crash(first, living)
    await asyncio.wait_for(second.leading.wait(), 10)
    assert second.others == frozenset()


async def test_a_replica_whose_connection_breaks_stays_what_it_is(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replicas, "CRASHED_S", 5.0)
    first, _ = await company.join()
    second, _ = await company.join()
    for _ in range(10):  # now and then, the driver has just begun a statement
        missed = asyncio.Event()
        first.on_updates = lambda payload, missed=missed: None if payload else missed.set()  # type: ignore[misc]
        await second.session.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
        await asyncio.wait_for(missed.wait(), 10)
    assert first.leading.is_set()
    assert not second.leading.is_set()


async def test_a_replica_that_had_to_connect_again_gives_the_others_time_for_it(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A standby server that takes over from the first one has run for long.
    monkeypatch.setattr(
        replicas, "OTHERS", replicas.OTHERS.replace("extract(epoch FROM pg_postmaster_start_time())", "0")
    )
    monkeypatch.setattr(replicas, "SERVER_START_S", 0.5)
    first, living = await company.join()
    second, _ = await company.join()
    connected = asyncio.Event()
    second.on_changes = lambda _: connected.set()
    await crash(first, living)
    second.session.drop()
    await asyncio.wait_for(connected.wait(), 10)
    await asyncio.sleep(2 * replicas.CRASHED_S)
    await second._look_around()
    assert second.others == {first.id}
    await asyncio.wait_for(second.leading.wait(), 10)


async def test_a_replica_that_may_not_end_the_sessions_of_a_dead_one_works_on(
    company: Company, url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused, living = await company.join()
    await paused.session.fetch("CREATE ROLE guest LOGIN PASSWORD 'guest'")
    await paused.session.fetch("GRANT ALL ON ALL TABLES IN SCHEMA public TO guest")
    living.cancel()
    monkeypatch.setattr(replicas, "SILENT_S", 0.1)
    monkeypatch.setattr(replicas, "HEARTBEAT_S", 60.0)
    await asyncio.sleep(0.2)
    with structlog.testing.capture_logs() as logs:
        other, _ = await Company(url.set(username="guest", password="guest"), company._stack).join()
        session = other.session._connection
        await other._look_around()
    [said] = [line for line in logs if line["log_level"] == "error"]
    assert (said["replica"], "terminate" in said["reason"]) == (paused.id, True)
    assert other.session._connection is session
    assert not other.leading.is_set()
    await other.session.close()
    await paused.session.fetch("DROP OWNED BY guest")
    await paused.session.fetch("DROP ROLE guest")


async def test_a_silent_replica_writes_nothing_after_another_has_taken_over(
    company: Company, url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused, living = await company.join()
    storage = await Storage.open(url, paused.connect)
    await storage.bans.add(1)
    # It says no more, as if it had been stopped, but its connections stay.
    living.cancel()
    monkeypatch.setattr(replicas, "SILENT_S", 0.1)
    other, _ = await company.join()
    await asyncio.wait_for(other.leading.wait(), 10)
    with pytest.raises(Superseded, match="has taken over the work of this one"):
        await storage.bans.add(2)
    with pytest.raises(Superseded):
        await paused._live()
    await storage.close()
    assert [row["id"] for row in await other.session.fetch("SELECT id FROM bans")] == [1]


async def test_an_instance_alone_and_replicas_exclude_each_other(company: Company, url: URL) -> None:
    replica = Replica(url)
    async with single_instance(url):
        with pytest.raises(InstanceRuns, match="did not end within"):
            await acquire_in_time(replica, "the database", 0.1)
    await replica.session.close()
    await company.join()
    with pytest.raises(InstanceRuns):
        async with single_instance(url, wait_s=0.1):
            pass


def test_commands_wait_for_replicas_to_end(url: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    async def blocked() -> None:
        async with AsyncExitStack() as stack:
            await Company(url, stack).join()
            monkeypatch.setattr("bot.storage.single_instance.COMMANDS_S", 0.0)
            with pytest.raises(InstanceRuns, match="stop it first"):
                await asyncio.to_thread(_hold, url)

    asyncio.run(blocked())
    _hold(url)


def _hold(url: URL) -> None:
    with no_instance(url):
        pass


async def test_a_chat_is_leased_to_the_replica_that_stores_its_update(company: Company) -> None:
    (first, _), (second, _) = await company.join(), await company.join()
    one, two = Leases(first), Leases(second)
    new, stored = await one.store(updates(1), begun=[1], may_lease=[5])
    assert new == {1}
    assert stored[5].holder == first.id
    _, stored = await two.store(updates(2), begun=[2], may_lease=[5])
    assert stored[5].holder == first.id
    assert await two.claim(10) == {}
    loaded = await one.load({5: 16}, [1])
    assert [update.update_id for update in loaded[5].updates] == [2]
    assert loaded[5].arrived == stored[5].arrived


async def test_an_update_that_comes_before_the_end_of_a_lease_is_not_missed(company: Company) -> None:
    (first, _), (second, _) = await company.join(), await company.join()
    one, two = Leases(first), Leases(second)
    _, stored = await one.store(updates(1), begun=[1], may_lease=[5])
    await two.store(updates(2), begun=[], may_lease=[])
    assert await one.release({5: stored[5].arrived}), "an update waits"
    assert list(await one.claim(10)) == [5]


async def test_the_chat_that_was_served_the_longest_ago_comes_first(company: Company) -> None:
    replica, _ = await company.join()
    leases = Leases(replica)
    for chat_id in (7, 8, 9):
        await leases.store(updates(chat_id, chat_id=chat_id), begun=[], may_lease=[])
    assert list(await leases.claim(1)) == [7]
    await leases.release({7: -1})
    assert [list(await leases.claim(1)) for _ in range(3)] == [[8], [9], [7]]


async def test_updates_of_a_chat_keep_their_order_whatever_the_clocks_of_replicas_say(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first, _), (second, _) = await company.join(), await company.join()
    leases = Leases(second)
    with monkeypatch.context() as patched:
        patched.setattr(time, "time", lambda: 4e9)  # the clock of the first one's host
        await Leases(first).store(updates(1), begun=(), may_lease=())
    await leases.store(updates(2), begun=(), may_lease=())
    await leases.claim(1)
    loaded = await leases.load({5: 16}, ())
    assert [update.update_id for update in loaded[5].updates] == [1, 2]


async def test_a_crash_frees_the_chats_of_a_replica(company: Company) -> None:
    (first, living), (second, _) = await company.join(), await company.join()
    await Leases(first).store(updates(1, 2), begun=[1, 2], may_lease=[5])
    freed = asyncio.Event()
    second.on_updates = lambda payload: None if payload else freed.set()
    await crash(first, living)
    await asyncio.wait_for(freed.wait(), 10)
    two = Leases(second)
    assert list(await two.claim(10)) == [5]
    loaded = await two.load({5: 16}, [])
    assert [(update.update_id, update.attempts) for update in loaded[5].updates] == [(1, 1), (2, 1)]


async def test_the_leader_finds_updates_that_were_stored_without_replicas(company: Company, url: URL) -> None:
    replica, _ = await company.join()
    storage = await Storage.open(url, replica.connect)
    await storage.inbox.add([*updates(1, 2), *updates(3, chat_id=6), ReceivedUpdate(4, None, {"update_id": 4})])
    await storage.close()
    leases = Leases(replica)
    assert await leases.claim(10) == {}
    await leases.adopt()
    assert sorted(await leases.claim(10)) == [0, 5, 6]
    loaded = await leases.load({0: 16, 5: 16, 6: 16}, [])
    assert {chat_id: [update.update_id for update in of_chat.updates] for chat_id, of_chat in loaded.items()} == {
        0: [4],
        5: [1, 2],
        6: [3],
    }


async def test_replicas_share_the_pace_of_messages(company: Company) -> None:
    first, _ = await company.join()
    assert [await first.send_slot_s(1.0) for _ in range(3)] == [0.0] * 3, "alone, nothing is shared"
    second, _ = await company.join()
    await first._look_around()
    waits_s = [await replica.send_slot_s(10.0) for replica in (first, second, first)]
    assert [round(wait_s, -1) for wait_s in waits_s] == [0, 10, 20]


async def test_a_server_clock_that_is_set_back_holds_up_no_message(company: Company) -> None:
    first, _ = await company.join()
    await company.join()
    await first._look_around()
    await first.send_slot_s(0.01)
    await first.session.fetch("UPDATE send_pace SET next_at = next_at + 3600")
    assert await first.send_slot_s(0.01) <= 1.0


async def test_one_replica_at_a_time_changes_what_chats_taught(company: Company) -> None:
    (first, _), (second, _) = await company.join(), await company.join()
    async with first.teaching:
        waiting = asyncio.create_task(second.teaching.__aenter__())
        await asyncio.sleep(0.05)
        assert not waiting.done()
    await asyncio.wait_for(waiting, 10)
    await second.teaching.__aexit__(None, None, None)
