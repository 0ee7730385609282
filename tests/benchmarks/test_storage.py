"""What the storage adds to a photo: `pytest -m benchmark -s`."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from statistics import median

import pytest

from bot.domain.answers import Answer, AnsweredPhoto
from bot.storage.database_url import sqlite_url
from bot.storage.inbox import ReceivedUpdate
from bot.storage.storage import Storage
from inference import Classification, Prediction, Timings

PHOTOS = 2_000
# Next to a network's tens of milliseconds, nobody notices that.
MAX_P50_MS = 3.0
# Of a core, for a photo: a twentieth of what a network of Inception-v3's size takes for it, some 30 ms on two cores.
MAX_CPU_MS = 1.5


def classification() -> Classification:
    found = tuple(Prediction(f"label {index}, another name", 0.1, index) for index in range(10))
    return Classification("starter", "0123456789ab", found, 0.3, Timings(decode_ms=3.0, inference_ms=20.0))


async def all_of_a_photo(storage: Storage, number: int) -> float:
    """Run every statement that a new photo in a private chat leads to; return the seconds until its answer is sent."""
    started = time.perf_counter()
    body = {"update_id": number, "message": {"message_id": number, "chat": {"id": 5}, "photo": [{}] * 4}}
    await storage.inbox.add([ReceivedUpdate(number, 5, body)])
    await storage.predictions.get(f"file {number}", model="starter", version="0123456789ab")
    caching = asyncio.create_task(storage.predictions.put(f"file {number}", classification()))
    await storage.sends.claim(number, 0, chat_id=5)
    waited_s = time.perf_counter() - started
    storage.sends.confirm(number, 0, chat_id=5, message_id=number)
    storage.answers.store(Answer(5, number, number, 5, None, (AnsweredPhoto(number, (), classification()),)))
    await storage.inbox.mark_done(number)
    await caching
    return waited_s


@pytest.mark.benchmark
async def test_the_storage_adds_little_to_a_photo(tmp_path: Path) -> None:
    storage = await Storage.open(sqlite_url(tmp_path / "database"))
    await all_of_a_photo(storage, PHOTOS)
    cpu_s = time.process_time()
    times_ms = [1000 * await all_of_a_photo(storage, number) for number in range(PHOTOS)]
    cpu_ms = 1000 * (time.process_time() - cpu_s) / PHOTOS
    p95_ms = sorted(times_ms)[-PHOTOS // 20]
    print(f"storage: p50 {median(times_ms):.2f} ms, p95 {p95_ms:.2f} ms, {cpu_ms:.2f} ms of a core for a photo")
    await storage.close()
    assert median(times_ms) < MAX_P50_MS
    assert cpu_ms < MAX_CPU_MS
