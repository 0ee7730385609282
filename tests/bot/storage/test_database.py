"""What the bot remembers, in real SQLite files."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.storage.database import MAX_AGE_S, Storage
from inference import Classification, Prediction, Timings


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "home" / "labelbot.sqlite3"


@pytest.fixture
async def storage(database: Path) -> AsyncIterator[Storage]:
    opened = await Storage.open(database)
    yield opened
    await opened.close()


def classification(*, model: str = "starter", version: str = "v1", label: str = "tabby, tabby cat") -> Classification:
    predictions = (Prediction(label, 0.625, 281), Prediction("Egyptian cat", 0.125, 285))
    return Classification(model, version, predictions, 0.3, Timings(decode_ms=3.0, inference_ms=20.0))


async def test_a_chat_keeps_the_number_of_labels_it_asked_for_last(storage: Storage) -> None:
    assert await storage.top_k(-1001234567890) is None
    await storage.set_top_k(-1001234567890, 3)
    await storage.set_top_k(5, 1)
    await storage.set_top_k(-1001234567890, 7)
    assert await storage.top_k(-1001234567890) == 7
    assert await storage.top_k(5) == 1


async def test_chats_beyond_those_held_in_memory_keep_theirs_too(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.storage.database.MAX_CHATS_IN_MEMORY", 3)
    for chat_id in range(1, 9):
        await storage.set_top_k(chat_id, chat_id)
    assert len(storage._top_k) <= 3
    assert [await storage.top_k(chat_id) for chat_id in range(10)] == [None, 1, 2, 3, 4, 5, 6, 7, 8, None]
    assert len(storage._top_k) <= 3


async def test_what_was_remembered_is_there_after_a_restart(database: Path) -> None:
    before = await Storage.open(database)
    await before.set_top_k(5, 2)
    await before.remember("file", classification())
    await before.close()
    after = await Storage.open(database)
    assert await after.top_k(5) == 2
    assert await after.recall("file", model="starter", version="v1") is not None
    await after.close()


async def test_recalled_labels_are_the_remembered_ones_without_the_time_they_took(storage: Storage) -> None:
    await storage.remember("file", classification())
    recalled = await storage.recall("file", model="starter", version="v1")
    assert recalled is not None
    assert recalled.predictions == classification().predictions
    assert recalled.threshold == 0.3
    assert recalled.timings.total_ms == 0


async def test_labels_belong_to_one_version_of_one_model(storage: Storage) -> None:
    await storage.remember("file", classification())
    assert await storage.recall("file", model="starter", version="v2") is None
    assert await storage.recall("file", model="other", version="v1") is None
    assert await storage.recall("another file", model="starter", version="v1") is None


async def test_labels_remembered_again_replace_the_old_ones(storage: Storage) -> None:
    await storage.remember("file", classification(label="dog"))
    await storage.remember("file", classification(label="cat"))
    recalled = await storage.recall("file", model="starter", version="v1")
    assert recalled is not None
    assert recalled.predictions[0].label == "cat"


async def test_only_the_newest_labels_are_kept(storage: Storage, database: Path) -> None:
    for number in range(5):
        await storage.remember(f"file-{number}", classification())
        with sqlite3.connect(database) as connection:
            connection.execute("UPDATE predictions SET created_at = created_at - 1")
    await storage.prune(max_predictions=2)
    kept = [n for n in range(5) if await storage.recall(f"file-{n}", model="starter", version="v1") is not None]
    assert kept == [3, 4]


async def test_labels_too_old_are_forgotten_at_the_next_start(storage: Storage, database: Path) -> None:
    for file, age_s in (("old", MAX_AGE_S + 60), ("young", MAX_AGE_S - 60)):
        await storage.remember(file, classification())
        with sqlite3.connect(database) as connection:
            connection.execute(
                "UPDATE predictions SET created_at = created_at - ? WHERE file_unique_id = ?", (age_s, file)
            )
    reopened = await Storage.open(database)
    assert await reopened.recall("old", model="starter", version="v1") is None
    assert await reopened.recall("young", model="starter", version="v1") is not None
    await reopened.close()


async def test_the_number_of_labels_stays_bounded_while_the_bot_runs(
    storage: Storage, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.storage.database.MAX_PREDICTIONS", 10)
    monkeypatch.setattr("bot.storage.database.PRUNE_EVERY", 5)
    for number in range(23):
        await storage.remember(f"file-{number}", classification())
    with sqlite3.connect(database) as connection:
        (rows,) = connection.execute("SELECT count(*) FROM predictions").fetchone()
    assert 10 <= rows < 15


async def test_many_at_once_neither_fail_nor_mix(storage: Storage) -> None:
    await asyncio.gather(*(storage.remember(f"file-{n}", classification(label=f"label-{n}")) for n in range(60)))
    recalled = await asyncio.gather(*(storage.recall(f"file-{n}", model="starter", version="v1") for n in range(60)))
    assert [found and found.predictions[0].label for found in recalled] == [f"label-{n}" for n in range(60)]


async def test_a_reader_beside_the_bot_does_not_lock_it_out(storage: Storage, database: Path) -> None:
    with sqlite3.connect(database, isolation_level=None) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM chats").fetchall()
        await storage.set_top_k(1, 4)
        reader.execute("COMMIT")
    assert await storage.top_k(1) == 4
