"""Counts that outlast the program, and what is forgotten beside its answers."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from bot.app import LabelBot
from bot.localchat.server import LocalChatServer
from bot.localchat.threads import Message
from bot.services.housekeeping import housekeeping
from bot.services.metrics import Statistics
from bot.storage.database import Database
from bot.storage.database_url import sqlite_url
from bot.storage.storage import Storage
from bot.storage.tables import predictions
from inference import Classification, Prediction, Timings
from tests.support.client import ANSWER_TIMEOUT_S, settings_for
from tests.support.pictures import picture

DAY_S = 24 * 3600


async def test_figures_of_a_year_go_on_after_a_restart(tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        sim, chat = server.simulation, server.simulation.add_private_chat(server.simulation.admin)

        async def answer(message: Message) -> str:
            return str((await sim.wait_for_reply(message, ANSWER_TIMEOUT_S))["text"])

        async def year() -> str:
            said = await answer(sim.send_text(chat, sim.admin, "/stats"))
            return said.splitlines()[said.splitlines().index("The past year") + 1]

        async with LabelBot(settings_for(server, tmp_path)):
            for _ in range(2):
                assert "%" in await answer(sim.send_photo(chat, sim.admin, picture(1)))
            assert await year() == "Photos answered: 2, of which 1 seen before · messages I couldn't answer: 0"
        async with LabelBot(settings_for(server, tmp_path)):
            assert await year() == "Photos answered: 2, of which 1 seen before · messages I couldn't answer: 0"
            assert "%" in await answer(sim.send_photo(chat, sim.admin, picture(2)))
            assert "%" not in await answer(sim.send_text(chat, sim.admin, "http://127.0.0.1/private.jpg"))
    storage = await Storage.open(sqlite_url(tmp_path / "labelbot.sqlite3"))
    assert await storage.counters.totals() == {"photos": 3, "seen_before": 1, "failures": 1}
    await storage.close()


def seen(number: int, age_days: float) -> dict[str, object]:
    row = {"file_unique_id": str(number), "model": "starter", "version": "v1", "predictions": [], "threshold": 0.3}
    return row | {"created_at": int(time.time() - age_days * DAY_S)}


async def test_what_is_old_is_forgotten_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = sqlite_url(tmp_path / "database")
    storage, beside = await Storage.open(url), await Database.open(url)
    await beside.execute(insert(predictions), [seen(number, 8 if number else 6) for number in range(1000)])

    async def left() -> int:
        return int((await beside.execute(select(func.count()).select_from(predictions))).scalar_one())

    # Stopped in the midst of it, it goes on at the next start.
    async with housekeeping(storage, Statistics(storage.counters), home=tmp_path, retention_days=7):
        while await left() == 1000:
            pass
    between = await left()
    assert 1 < between < 1000
    monkeypatch.setattr("bot.storage.retention.PAUSE_S", 0)
    async with housekeeping(storage, Statistics(storage.counters), home=tmp_path, retention_days=7):
        while await left() > 1:
            pass
    assert await storage.predictions.get("0", model="starter", version="v1") is not None
    await beside.close()
    await storage.close()


LABELS = Classification("starter", "v1", (Prediction("cat", 0.9, 0),), 0.5, Timings(1.0, 1.0))


async def test_counts_that_cannot_be_saved_are_saved_later(tmp_path: Path) -> None:
    storage = await Storage.open(sqlite_url(tmp_path / "database"))
    statistics = Statistics(storage.counters)
    statistics.record(LABELS, 1.0, cached=False)
    await storage.close()
    (tmp_path / "database").rename(tmp_path / "away")
    (tmp_path / "database").mkdir()
    async with housekeeping(storage, statistics, home=tmp_path, retention_days=7):
        statistics.record(LABELS, 1.0, cached=True)
    (tmp_path / "database").rmdir()
    (tmp_path / "away").rename(tmp_path / "database")
    assert (await statistics.totals()).photos == 2
    await storage.close()
