"""What replicas cost: CPU time of the bot's process for a photo, as the only replica and with a second one, as ratios.

LABELBOT_BASELINE may name the `labelbot` program of another version, to compare its cost without replicas, too.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.localchat.server import LocalChatServer
from inference.benchmarks.processes import cpu_s
from tests.support.crowd import Crowd
from tests.support.pictures import picture
from tests.support.postgresql import Postgresql
from tests.support.processes import until
from tests.support.service import Service

pytestmark = pytest.mark.benchmark

ROUNDS = 9
PHOTOS = 64
CHATS = 16
UNLIMITED = {
    "LABELBOT_MODEL": "starter",
    "LABELBOT_WORKERS": "1",
    "LABELBOT_MESSAGES_PER_SECOND": "1000000",
    "LABELBOT_MESSAGES_PER_SECOND_PER_CHAT": "1000000",
    "LABELBOT_REQUESTS_PER_MINUTE_PER_PERSON": "1000000",
}


class Side:
    """A bot with its own server, database and people."""

    def __init__(self, server: LocalChatServer, services: list[Service]) -> None:
        self.crowd = Crowd(server.simulation, CHATS)
        self.services = services
        self.cpu_s: list[float] = []

    async def take_turn(self, photos: list[bytes]) -> None:
        before_s = self._cpu_s()
        await self.crowd.send(photos, per_s=1_000_000)
        await self.crowd.answered()
        self.cpu_s.append(self._cpu_s() - before_s)

    def _cpu_s(self) -> float:
        return cpu_s(service.process.pid for service in self.services)


async def test_replicas_cost_little(tmp_path: Path, postgresql_server: Postgresql) -> None:
    photos = [[picture(PHOTOS * turn + number) for number in range(PHOTOS)] for turn in range(ROUNDS + 1)]
    kinds = {"without replicas": (1, {}), "one replica": (1, {"LABELBOT_REPLICAS": "true"})}
    kinds["two replicas"] = (2, {"LABELBOT_REPLICAS": "true"})
    if baseline := os.environ.get("LABELBOT_BASELINE"):
        kinds["baseline"] = (1, {})
    async with AsyncExitStack() as stack:
        sides = {}
        for name, (count, settings) in kinds.items():
            server = await stack.enter_async_context(LocalChatServer())
            database = {"LABELBOT_DATABASE_URL": await asyncio.to_thread(postgresql_server.database)}
            services = []
            for number in range(count):
                (home := tmp_path / f"{name} {number}").mkdir()
                service = Service(server, home, **UNLIMITED, **settings, **database)
                if name == "baseline":
                    service.program = Path(str(baseline))
                await service.start()
                stack.push_async_callback(service.kill)
                await until(lambda: service.log("started"))  # noqa: B023
                services.append(service)
            sides[name] = Side(server, services)
        for turn in photos:
            for photo in turn:
                for side in sides.values():
                    await side.crowd.sim.prepare_photo(photo)
        for number, turn in enumerate(photos):
            order = list(sides.values())
            for side in order if number % 2 else reversed(order):
                await side.take_turn(turn)
    # The first turn opens connections and fills caches.
    costs_ms = {name: 1000 * sum(side.cpu_s[1:]) / (ROUNDS * PHOTOS) for name, side in sides.items()}
    alone_ms = costs_ms["without replicas"]
    for name, cost_ms in costs_ms.items():
        sys.stdout.write(f"\n{name}: {cost_ms:.2f} core-ms a photo, {cost_ms / alone_ms:.2f} of that without replicas")
    sys.stdout.write("\n")
    assert costs_ms["one replica"] / alone_ms <= 1.1
