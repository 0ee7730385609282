"""CPU time of the whole program for a photo: updates over a webhook against updates that it fetches."""

from __future__ import annotations

import asyncio
import statistics
import sys
from pathlib import Path

import pytest

from bot.localchat.server import LocalChatServer
from tests.e2e.test_nothing_lost import webhook_settings
from tests.support.crowd import ANSWER_TIMEOUT_S, Crowd
from tests.support.pictures import picture
from tests.support.processes import cpu_ticks
from tests.support.service import Service

pytestmark = pytest.mark.benchmark

ROUNDS = 5
PHOTOS, CHATS = 120, 20
PHOTOS_PER_S = 8.0
TICK_MS = 10.0


async def test_a_webhook_takes_no_more_cpu_time_than_polling(tmp_path: Path) -> None:
    """They take turns, so that the machine's state is the same for both."""
    ways: dict[str, dict[str, str]] = {"polling": {}, "webhook": webhook_settings()}
    costs: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    for number in range(ROUNDS):
        for way, settings in ways.items():
            home = tmp_path / f"{way}-{number}"
            home.mkdir()
            costs[way].append(await _cost_ms(home, number, settings))
    medians = {way: [statistics.median(column) for column in zip(*cost, strict=True)] for way, cost in costs.items()}
    for way, (bot_ms, workers_ms) in medians.items():
        sys.stdout.write(f"\n{way}: {bot_ms:.2f} ms in the bot and {workers_ms:.2f} ms in the workers a photo\n")
    sys.stdout.write(f"all rounds: {costs}\n")
    assert medians["webhook"][0] <= 1.05 * medians["polling"][0]


async def _cost_ms(home: Path, seed: int, settings: dict[str, str]) -> tuple[float, float]:
    """Return the CPU time for a photo in the bot's own process, and in its workers."""
    photos = [picture(1000 * seed + number) for number in range(PHOTOS)]
    async with LocalChatServer() as server, Service.running(server, home, **settings) as service:
        for photo in photos:
            await server.simulation.prepare_photo(photo)
        crowd = Crowd(server.simulation, CHATS)
        await server.simulation.wait_for_reply(crowd.greet(), ANSWER_TIMEOUT_S)
        await asyncio.sleep(1.0)  # the start, and what it leaves to do
        pids = [service.process.pid], service.workers()
        before = [sum(map(cpu_ticks, group)) for group in pids]
        await crowd.send(photos, per_s=PHOTOS_PER_S)
        await crowd.answered()
        spent = [sum(map(cpu_ticks, group)) - earlier for group, earlier in zip(pids, before, strict=True)]
        assert await service.stop() == 0
    return TICK_MS * spent[0] / PHOTOS, TICK_MS * spent[1] / PHOTOS
