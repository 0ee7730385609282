"""Whatever updates come, the program goes on, everybody else is answered, and the log holds nothing of what was said.

Every shape of the Bot API, and spoilt ones; with LABELBOT_TEST_SIZE=full 10,000 of these (`-s` prints the figures).
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from bot.localchat.server import LocalChatServer
from tests.support.api_shapes import mutated, shapes
from tests.support.client import connected_client
from tests.support.pictures import picture
from tests.support.service import Service

SPOILT = 10_000 if os.environ.get("LABELBOT_TEST_SIZE") == "full" else 500
# Other people's photos come between as many.
UPDATES_PER_PHOTO = 25
# A hang guard.
ANSWER_TIMEOUT_S = 60.0
# Begins all texts and names in the updates, the spoilt ones too.
PRIVATE = "Zebediah"


def spoilt(count: int, seed: int) -> list[dict[str, Any]]:
    generator = random.Random(seed)
    kinds = [shape for _, shape in shapes()]
    return [mutated(generator.choice(kinds), generator) for _ in range(count)]


async def pour(server: LocalChatServer, updates: Iterable[dict[str, Any]]) -> int:
    """Send updates, and other people's photos between them; return how many photos there were, all of them answered."""
    sim, photos = server.simulation, 0
    for number, update in enumerate(updates, start=1):
        sim.store.updates.put(update)
        if number % UPDATES_PER_PHOTO == 0:
            photos += 1
            person = sim.add_user(f"Guest {photos}")
            photo = sim.send_photo(sim.add_private_chat(person), person, picture(photos))
            assert "%" in (await sim.wait_for_reply(photo, ANSWER_TIMEOUT_S))["text"]
    return photos


async def test_some_spoilt_updates_cost_nobody_else_the_answer(tmp_path: Path) -> None:
    async with connected_client(tmp_path) as client:
        assert await pour(client.server, spoilt(100, seed=1)) == 4
        await client.said_in(client.sim.private)
        assert not client.bot.intake.done()
        assert client.bot.application.update_queue.empty()
    assert undone(tmp_path) == 0


@pytest.mark.shared
async def test_the_pinned_message_that_once_stopped_the_bot_costs_nobody_the_answer(
    tmp_path: Path, shared: Path
) -> None:
    update = json.loads((shared / "cases" / "attack" / "pinned_inaccessible.json").read_text())
    del update["update_id"]
    async with connected_client(tmp_path) as client:
        assert await pour(client.server, [update] * UPDATES_PER_PHOTO) == 1
    assert undone(tmp_path) == 0


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["documented", "spoilt"])
async def test_every_update_costs_nobody_else_the_answer(tmp_path: Path, kind: str) -> None:
    updates = [shape for _, shape in shapes()] if kind == "documented" else spoilt(SPOILT, seed=2)
    async with LocalChatServer() as server, Service.running(server, tmp_path) as service:
        photos = await pour(server, updates)
        await server.simulation.wait_for(lambda: not server.simulation.store.updates.pending, ANSWER_TIMEOUT_S)
        assert service.process.returncode is None
        assert await service.stop() == 0
    left_out = len(service.log("update left out"))
    errors = len(service.log("unexpected error"))
    sys.stdout.write(
        f"\n{len(updates)} {kind} updates, of which {left_out} could not be read and {errors} failed when they were "
        f"handled: no end of the process; {photos} photos of others, all answered\n"
    )
    assert undone(tmp_path) == 0
    assert kept(tmp_path) == len(updates) + photos - left_out
    if kind == "documented":
        assert left_out == 0
    log = (tmp_path / "log").read_text()
    assert PRIVATE not in log
    assert "never retrieved" not in log


def undone(home: Path) -> int:
    return _count(home, "done_at IS NULL")


def kept(home: Path) -> int:
    return _count(home, "TRUE")


def _count(home: Path, condition: str) -> int:
    with sqlite3.connect(home / "labelbot.sqlite3") as database:
        (count,) = database.execute(f"SELECT COUNT(*) FROM inbox WHERE {condition}").fetchone()
    database.close()
    return int(count)
