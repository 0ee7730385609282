"""Replicas of `labelbot run` on one PostgreSQL database: kills, pauses, restarts.

These run at a small size; with LABELBOT_TEST_SIZE=full they run at the size of the figures that they print (`-s`):
20 kills of the leader; two replicas over a webhook with 500 photos in 20 chats and 20 kills.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.localchat.server import LocalChatServer
from tests.support.pictures import picture
from tests.support.postgresql import Postgresql
from tests.support.processes import until
from tests.support.service import Service

pytestmark = pytest.mark.slow

ANSWER_TIMEOUT_S = 60.0
STARTER = {"LABELBOT_MODEL": "starter", "LABELBOT_REPLICAS": "true"}


async def test_a_standby_takes_over(tmp_path: Path, postgresql_server: Postgresql) -> None:
    address = await asyncio.to_thread(postgresql_server.database)
    settings = {**STARTER, "LABELBOT_DATABASE_URL": address}
    homes = [tmp_path / name for name in "ab"]
    for home in homes:
        home.mkdir()
    async with (
        LocalChatServer() as server,
        Service.running(server, homes[0], **settings) as first,
        Service.running(server, homes[1], **settings) as second,
    ):
        sim = server.simulation
        try:
            await until(lambda: first.log("started") and second.log("started"))
            message = sim.send_photo(sim.private, sim.alice, picture(1))
            await sim.wait_for_reply(message, ANSWER_TIMEOUT_S)
            leader = first if first.log("this replica leads") else second
            other = second if leader is first else first
            await leader.kill()
            message = sim.send_photo(sim.private, sim.alice, picture(2))
            await sim.wait_for_reply(message, ANSWER_TIMEOUT_S)
            assert await other.stop() == 0
        finally:
            for home in homes:
                print((home / "log").read_text())
