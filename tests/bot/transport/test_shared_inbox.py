"""The inbox of a replica: which updates it has in memory, the order of answers, and what moves to another replica."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import pytest
from telegram import Update

from bot.storage import replicas
from bot.storage.engine import StorageError
from bot.storage.leases import Leases
from bot.storage.replicas import Replica
from bot.storage.single_instance import acquire_in_time
from bot.storage.storage import Storage
from bot.transport import shared_inbox
from bot.transport.bot_client import TelegramBot
from bot.transport.shared_inbox import MAX_PER_CHAT, SharedInbox
from tests.support.databases import Databases
from tests.support.postgresql import Postgresql

CHAT_ID = 5


class Node:
    """A replica with its inbox."""

    def __init__(self, replica: Replica, storage: Storage) -> None:
        self.replica = replica
        self.storage = storage
        self.inbox = SharedInbox(Leases(replica), max_age_s=3600.0)

    async def receive(self, *ids: int, chat_id: int = CHAT_ID, album: str | None = None) -> None:
        await self.inbox.enqueue([item(update_id, chat_id, album) for update_id in ids])

    async def next(self) -> Update:
        update = await asyncio.wait_for(self.inbox.get(), 10)
        assert isinstance(update, Update)
        return update

    async def taken(self, count: int) -> list[int]:
        return [(await self.next()).update_id for _ in range(count)]


def item(update_id: int, chat_id: int = CHAT_ID, album: str | None = None) -> dict[str, Any]:
    chat = {"id": chat_id, "type": "private", "first_name": "Guest"}
    message = {"message_id": update_id, "date": int(datetime.now(UTC).timestamp()), "chat": chat, "text": "hello"}
    if album is not None:
        message["media_group_id"] = album
    return {"update_id": update_id, "message": {**message, "from": {**chat, "is_bot": False}}}


@pytest.fixture
async def nodes(
    databases: Databases, postgresql_server: Postgresql, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[list[Node]]:
    """Two replicas on an empty database."""
    monkeypatch.setattr(replicas, "SERVER_START_S", -1.0)
    monkeypatch.setattr(replicas, "CRASHED_S", 0.05)
    monkeypatch.setattr(replicas, "HEARTBEAT_S", 0.02)
    monkeypatch.setattr(shared_inbox, "LINGER_S", 0.01)
    url = await asyncio.to_thread(databases.postgresql, postgresql_server)
    bot = TelegramBot("1:a")
    async with AsyncExitStack() as stack:
        joined = []
        for _ in range(2):
            replica = Replica(url)
            await acquire_in_time(replica, "the database", 1.0)
            await stack.enter_async_context(replica.joined())
            storage = await Storage.open(url, replica.connect)
            stack.push_async_callback(storage.close)
            joined.append(node := Node(replica, storage))
            await node.inbox.open(storage.inbox, storage.sends, bot)
            stack.push_async_callback(node.inbox.close)
        await joined[0].replica._look_around()
        yield joined


async def test_updates_that_any_replica_stores_are_handled_once_by_the_one_that_has_the_chat(nodes: list[Node]) -> None:
    first, second = nodes
    await first.receive(1)
    await second.receive(2)
    await second.receive(1, 2)
    assert await first.taken(2) == [1, 2]
    await second.receive(3, chat_id=6)
    assert await second.taken(1) == [3]
    assert first.inbox.empty()


async def test_a_chat_has_a_few_updates_in_memory(nodes: list[Node]) -> None:
    first, _ = nodes
    await first.receive(*range(1, 41))
    updates = [await first.next() for _ in range(MAX_PER_CHAT)]
    assert [update.update_id for update in updates] == list(range(1, MAX_PER_CHAT + 1))
    assert first.inbox.in_flight == MAX_PER_CHAT
    for update in updates:
        await first.inbox.mark_done(update)
    assert (await first.next()).update_id == MAX_PER_CHAT + 1


async def test_the_parts_of_an_album_are_in_memory_together(nodes: list[Node]) -> None:
    first, _ = nodes
    await first.receive(*range(1, 13))
    await first.receive(*range(13, 23), album="album")
    assert await first.taken(22) == list(range(1, 23))


async def test_answers_leave_in_the_order_of_the_updates(nodes: list[Node]) -> None:
    first, _ = nodes
    await first.receive(1, 2)
    one, two = await first.next(), await first.next()
    records = first.inbox.records(two)
    assert records.turn is not None
    await asyncio.wait_for(records.turn([1]), 10)
    turn = asyncio.create_task(_turn(first, two))
    await asyncio.sleep(0.01)
    assert not turn.done()
    await first.inbox.mark_done(one)
    await asyncio.wait_for(turn, 10)


async def _turn(node: Node, update: Update) -> None:
    turn = node.inbox.records(update).turn
    assert turn is not None
    await turn([])


async def test_another_replica_takes_the_updates_of_one_that_stops(nodes: list[Node]) -> None:
    first, second = nodes
    await first.receive(1, 2)
    one, two = await first.next(), await first.next()
    await first.inbox.mark_done(one)
    await first.inbox.close()
    await first.inbox.release([two])
    await first.replica.session.fetch(replicas.REMOVE, first.replica.id)
    await first.replica.notify("")
    assert (await second.next()).update_id == 2
    [attempts] = await second.replica.session.fetch("SELECT attempts FROM inbox WHERE update_id = 2")
    assert attempts[0] == 1


async def test_updates_that_cannot_be_loaded_at_first_are_not_forgotten(
    nodes: list[Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = nodes
    monkeypatch.setattr(shared_inbox, "FAILURE_PAUSE_S", 0.01)
    count_attempts, failures = second.inbox._leases.count_attempts, iter((StorageError("no connection"),))

    async def failing_once(*arguments: Any) -> None:
        for failure in failures:
            raise failure
        await count_attempts(*arguments)

    monkeypatch.setattr(second.inbox._leases, "count_attempts", failing_once)
    await first.inbox.close()
    await first.receive(1)
    assert (await second.next()).update_id == 1


async def test_changes_of_another_replica_are_announced(nodes: list[Node]) -> None:
    first, second = nodes
    said: asyncio.Queue[str] = asyncio.Queue()
    second.replica.on_changes = said.put_nowait
    await first.storage.bans.add(666)
    assert '"bans"' in await asyncio.wait_for(said.get(), 10)
    await second.storage.bans.reload()
    assert second.storage.bans.ids == {666}
    await second.storage.chats.settings(CHAT_ID)
    await first.storage.chats.change(CHAT_ID, {"top_k": 3})
    assert '"chats"' in await asyncio.wait_for(said.get(), 10)
    second.storage.chats.forget(CHAT_ID)
    assert (await second.storage.chats.settings(CHAT_ID)).top_k == 3
