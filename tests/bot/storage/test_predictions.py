"""Labels of files seen before."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from bot.storage.database_url import sqlite_url
from bot.storage.predictions import MAX_AGE_S
from bot.storage.storage import Storage
from inference import Classification, Prediction, Timings


def classification(*, model: str = "starter", version: str = "v1", label: str = "tabby, tabby cat") -> Classification:
    predictions = (Prediction(label, 0.625, 281), Prediction("Egyptian cat", 0.125, 285))
    return Classification(model, version, predictions, 0.3, Timings(decode_ms=3.0, inference_ms=20.0))


async def test_what_was_remembered_is_there_after_a_restart(database: Path) -> None:
    before = await Storage.open(sqlite_url(database))
    await before.chats.set_top_k(5, 2)
    await before.predictions.remember("file", classification())
    await before.close()
    after = await Storage.open(sqlite_url(database))
    assert await after.chats.top_k(5) == 2
    assert await after.predictions.recall("file", model="starter", version="v1") is not None
    await after.close()


async def test_recalled_labels_are_the_remembered_ones_without_the_time_they_took(storage: Storage) -> None:
    await storage.predictions.remember("file", classification())
    recalled = await storage.predictions.recall("file", model="starter", version="v1")
    assert recalled is not None
    assert recalled.predictions == classification().predictions
    assert recalled.threshold == 0.3
    assert recalled.timings.total_ms == 0


async def test_labels_belong_to_one_version_of_one_model(storage: Storage) -> None:
    await storage.predictions.remember("file", classification())
    assert await storage.predictions.recall("file", model="starter", version="v2") is None
    assert await storage.predictions.recall("file", model="other", version="v1") is None
    assert await storage.predictions.recall("another file", model="starter", version="v1") is None


async def test_labels_remembered_again_replace_the_old_ones(storage: Storage) -> None:
    await storage.predictions.remember("file", classification(label="dog"))
    await storage.predictions.remember("file", classification(label="cat"))
    recalled = await storage.predictions.recall("file", model="starter", version="v1")
    assert recalled is not None
    assert recalled.predictions[0].label == "cat"


async def test_only_the_newest_labels_are_kept(storage: Storage, database: Path) -> None:
    for number in range(5):
        await storage.predictions.remember(f"file-{number}", classification())
        with sqlite3.connect(database) as connection:
            connection.execute("UPDATE predictions SET created_at = created_at - 1")
    await storage.predictions.prune(max_predictions=2)
    kept = [
        n for n in range(5) if await storage.predictions.recall(f"file-{n}", model="starter", version="v1") is not None
    ]
    assert kept == [3, 4]


async def test_labels_too_old_are_forgotten_at_the_next_start(storage: Storage, database: Path) -> None:
    for file, age_s in (("old", MAX_AGE_S + 60), ("young", MAX_AGE_S - 60)):
        await storage.predictions.remember(file, classification())
        with sqlite3.connect(database) as connection:
            connection.execute(
                "UPDATE predictions SET created_at = created_at - ? WHERE file_unique_id = ?", (age_s, file)
            )
    reopened = await Storage.open(sqlite_url(database))
    assert await reopened.predictions.recall("old", model="starter", version="v1") is None
    assert await reopened.predictions.recall("young", model="starter", version="v1") is not None
    await reopened.close()


async def test_the_number_of_labels_stays_bounded_while_the_bot_runs(
    storage: Storage, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.storage.predictions.MAX_PREDICTIONS", 10)
    monkeypatch.setattr("bot.storage.predictions.PRUNE_EVERY", 5)
    for number in range(23):
        await storage.predictions.remember(f"file-{number}", classification())
    with sqlite3.connect(database) as connection:
        (rows,) = connection.execute("SELECT count(*) FROM predictions").fetchone()
    assert 10 <= rows < 15


async def test_many_at_once_neither_fail_nor_mix(storage: Storage) -> None:
    await asyncio.gather(
        *(storage.predictions.remember(f"file-{n}", classification(label=f"label-{n}")) for n in range(60))
    )
    recalled = await asyncio.gather(
        *(storage.predictions.recall(f"file-{n}", model="starter", version="v1") for n in range(60))
    )
    assert [found and found.predictions[0].label for found in recalled] == [f"label-{n}" for n in range(60)]
