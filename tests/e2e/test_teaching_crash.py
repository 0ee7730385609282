"""A lesson during which the program is killed is taught after the next start, once."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.localchat.faults import Delay
from bot.localchat.server import LocalChatServer
from tests.support.service import Service
from tests.support.taught_photos import CAT, view

pytestmark = pytest.mark.slow


def rows(home: Path, table: str) -> int:
    with closing(sqlite3.connect(home / "labelbot.sqlite3")) as database:
        return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


@pytest.mark.parametrize("at", ["getFile", "editMessageText"])
async def test_a_lesson_survives_a_power_cut(tmp_path: Path, at: str) -> None:
    async with LocalChatServer() as server, Service.running(server, tmp_path, LABELBOT_MODEL="starter") as service:
        sim = server.simulation
        photo = sim.send_photo(sim.private, sim.alice, view(CAT, 0), caption="/teach Minka")
        screen = await sim.wait_for_reply(photo, 60)
        agree = screen["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
        server.faults.add(Delay(0.3), method=at)
        called = sum(call.method == at for call in sim.calls)
        pressing = asyncio.create_task(sim.press(screen, agree, sim.alice, timeout_s=60))
        await sim.wait_for(lambda: sum(call.method == at for call in sim.calls) > called, 30)
        await service.kill()
        server.faults.clear()
        await service.start()
        told = sim.store.chats[sim.private.id].messages
        await sim.wait_for(lambda: told[screen["message_id"]]["text"].startswith("I now know Minka here (1 photo)"), 60)
        await asyncio.gather(pressing, return_exceptions=True)
        another = sim.send_photo(sim.private, sim.alice, view(CAT, 4))
        assert (await sim.wait_for_reply(another, 60))["text"].startswith("Minka: ")
        assert await service.stop() == 0
    assert (rows(tmp_path, "taught_classes"), rows(tmp_path, "taught_photos"), rows(tmp_path, "consents")) == (1, 1, 1)
    assert rows(tmp_path, "teach_requests") == 0
