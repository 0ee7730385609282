"""What chats have set."""

from __future__ import annotations

import pytest

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
