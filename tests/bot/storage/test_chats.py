"""What chats have set."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import URL, RowMapping, func

from bot.domain.chat_settings import ChatSettings
from bot.storage.chats import ROW, ChatRecord, Chats
from bot.storage.storage import Storage


async def test_a_chat_keeps_the_number_of_labels_it_asked_for_last(storage: Storage) -> None:
    assert (await storage.chats.settings(-1001234567890)).top_k == 5
    await storage.chats.change(-1001234567890, {"top_k": 3})
    await storage.chats.change(5, {"top_k": 1})
    await storage.chats.change(-1001234567890, {"top_k": 7})
    assert (await storage.chats.settings(-1001234567890)).top_k == 7
    assert (await storage.chats.settings(5)).top_k == 1


async def test_chats_beyond_those_held_in_memory_keep_theirs_too(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.storage.chats.MAX_CHATS_IN_MEMORY", 3)
    chats = storage.chats
    for chat_id in range(1, 9):
        await chats.change(chat_id, {"top_k": chat_id})
    assert len(chats._records) <= 3
    assert [(await chats.settings(chat_id)).top_k for chat_id in range(10)] == [5, 1, 2, 3, 4, 5, 6, 7, 8, 5]
    assert len(chats._records) <= 3


async def test_settings_are_changed_one_by_one_and_go_back_to_what_holds_where_nothing_was_set(
    storage: Storage,
) -> None:
    chats = storage.chats
    assert await chats.settings(-5) == ChatSettings()
    await chats.change(-5, {"mode": "auto", "threshold": 0.7, "channel_posts": "comment"})
    await chats.change(-5, {"quiet_from": 0, "quiet_to": 420, "threshold": None})
    assert await chats.settings(-5) == ChatSettings(mode="auto", quiet_from=0, quiet_to=420, channel_posts="comment")


async def test_a_setting_changed_while_it_is_read_is_the_new_one(storage: Storage) -> None:
    chats = storage.chats
    for top_k in range(1, 11):
        await chats.erase(-5)
        await asyncio.gather(chats.settings(-5), chats.change(-5, {"top_k": top_k}), chats.settings(-5))
        assert (await chats.settings(-5)).top_k == top_k


async def test_what_another_replica_changes_during_a_reading_is_read_again(storage: Storage) -> None:
    chats = storage.chats
    reading = asyncio.create_task(chats.settings(-5))
    await asyncio.sleep(0)
    chats.forget(-5)
    assert not reading.done()
    await reading
    assert not chats._records
    await chats.settings(-5)
    assert list(chats._records) == [-5]

    requests = storage.teach_requests
    asking = asyncio.create_task(requests.of(-5, 7))
    await asyncio.sleep(0)
    requests.forget_waiting()
    assert not asking.done()
    assert await asking == ()
    assert not requests._waiting_read


async def test_what_was_read_before_a_change_is_not_held_after_it(
    server_url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A server has several connections: what is read by one may come after what is written by another.
    monkeypatch.setattr("bot.storage.chats.ROW", ROW.add_columns(func.pg_sleep(0.3)))
    storage = await Storage.open(server_url)
    await storage.chats.change(-5, {"top_k": 2})
    reading = asyncio.create_task(storage.chats.settings(-5))
    await asyncio.sleep(0.1)
    await storage.chats.change(-5, {"top_k": 3})
    await reading
    assert (await storage.chats.settings(-5)).top_k == 3
    await storage.close()


async def test_a_chat_moves_with_all_that_is_known_of_it_once(storage: Storage) -> None:
    chats = storage.chats
    await chats.change(-5, {"mode": "auto", "top_k": 2})
    await chats.note_privacy_mode_notified(-5)
    await chats.note_inactive(-5)
    await chats.change(-100, {"top_k": 9, "language": "de"})
    await chats.move(-5, -100)
    moved = await chats.record(-100)
    assert moved.settings == ChatSettings(mode="auto", top_k=2, language="de")
    assert moved.privacy_mode_notified_at is not None
    assert moved.inactive_since is None
    assert await chats.record(-5) == ChatRecord()
    await chats.change(-100, {"top_k": 3})
    await chats.move(-5, -100)
    assert (await chats.settings(-100)).top_k == 3


async def test_groups_are_listed_while_the_bot_can_be_heard_there(storage: Storage) -> None:
    chats = storage.chats
    for chat_id in (-1, -2, -3, 4):
        await chats.note_active(chat_id)
    await chats.note_inactive(-2)
    assert await chats.active_groups(limit=10) == [-1, -3]
    assert await chats.active_groups(limit=1) == [-1]
    assert await chats.active_groups(before=-1, limit=10) == [-3]
    await chats.note_active(-2)
    assert await chats.active_groups(limit=10) == [-1, -2, -3]
    assert (await chats.record(-2)).inactive_since is None


async def test_the_row_of_a_chat_is_read_once_for_all_its_first_updates(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, reads = Chats._row, []

    async def count(self: Chats, chat_id: int) -> RowMapping | None:
        reads.append(chat_id)
        return await read(self, chat_id)

    monkeypatch.setattr(Chats, "_row", count)
    await asyncio.gather(*(storage.chats.record(7) for _ in range(20)))
    assert reads == [7], "otherwise later updates would pass the first ones"
