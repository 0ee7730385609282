"""Labels of files seen before."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import URL, select, update

from bot.storage.database import Database
from bot.storage.storage import Storage
from bot.storage.tables import predictions
from inference import Classification, Frames, KindScore, Prediction, Timings


def classification(*, model: str = "starter", version: str = "v1", label: str = "tabby, tabby cat") -> Classification:
    found = (Prediction(label, 0.625, 281, "n02123045"), Prediction("Egyptian cat", 0.125, 285, "own", {"de": "Katze"}))
    timings = Timings(decode_ms=3.0, inference_ms=20.0)
    return Classification(model, version, found, 0.7, timings, KindScore("cat", 0.75), None, 0.25)


async def test_what_was_remembered_is_there_after_a_restart(url: URL) -> None:
    before = await Storage.open(url)
    await before.chats.change(5, {"top_k": 2})
    await before.predictions.put("file", classification())
    await before.close()
    after = await Storage.open(url)
    assert (await after.chats.settings(5)).top_k == 2
    assert await after.predictions.get("file", model="starter", version="v1") is not None
    await after.close()


async def test_recalled_labels_are_the_remembered_ones_without_the_time_they_took(storage: Storage) -> None:
    await storage.predictions.put("file", classification())
    recalled = await storage.predictions.get("file", model="starter", version="v1")
    assert recalled is not None
    assert recalled.predictions == classification().predictions
    assert recalled.headline == classification().headline
    assert (recalled.threshold, recalled.kind, recalled.familiarity) == (0.7, KindScore("cat", 0.75), 0.25)
    assert recalled.timings.total_ms == 0


async def test_the_frames_of_an_animation_come_back(storage: Storage) -> None:
    await storage.predictions.put("file", replace(classification(), frames=Frames(total=3, agreeing=2)))
    recalled = await storage.predictions.get("file", model="starter", version="v1")
    assert recalled is not None
    assert recalled.frames == Frames(total=3, agreeing=2)


async def test_labels_without_a_kind_come_back_without_one(storage: Storage) -> None:
    await storage.predictions.put("file", replace(classification(), kind=None))
    recalled = await storage.predictions.get("file", model="starter", version="v1")
    assert recalled is not None
    assert (recalled.kind, recalled.frames) == (None, None)


async def test_labels_belong_to_one_version_of_one_model(storage: Storage) -> None:
    await storage.predictions.put("file", classification())
    assert await storage.predictions.get("file", model="starter", version="v2") is None
    assert await storage.predictions.get("file", model="other", version="v1") is None
    assert await storage.predictions.get("another file", model="starter", version="v1") is None


async def test_labels_remembered_again_replace_the_old_ones(storage: Storage) -> None:
    await storage.predictions.put("file", classification(label="dog"))
    await storage.predictions.put("file", classification(label="cat"))
    recalled = await storage.predictions.get("file", model="starter", version="v1")
    assert recalled is not None
    assert recalled.predictions[0].label == "cat"


async def test_beyond_a_bound_only_the_newest_labels_are_kept(
    storage: Storage, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.storage.predictions.MAX_ROWS", 10)
    monkeypatch.setattr("bot.storage.predictions.MAX_SURPLUS", 5)
    for number in range(23):
        await storage.predictions.put(f"file-{number}", classification())
        await database.execute(update(predictions).values(created_at=predictions.c.created_at - 1))
    kept = [row.file_unique_id for row in await database.execute(select(predictions.c.file_unique_id))]
    assert set(kept) == {f"file-{number}" for number in range(10, 23)}


async def test_many_at_once_neither_fail_nor_mix(storage: Storage) -> None:
    await asyncio.gather(*(storage.predictions.put(f"file-{n}", classification(label=f"label-{n}")) for n in range(60)))
    recalled = await asyncio.gather(
        *(storage.predictions.get(f"file-{n}", model="starter", version="v1") for n in range(60))
    )
    assert [found and found.predictions[0].label for found in recalled] == [f"label-{n}" for n in range(60)]
