"""Every photo is answered whatever is killed and whatever fails, and hardly any twice: polled, and over a webhook.

These run at a small size; with LABELBOT_TEST_SIZE=full they run at the size of the figures that they print (`-s`):
500 photos in 20 chats and 20 kills, workers killed for a minute.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from bot.localchat.faults import Cut, Delay, Faults, RetryAfter, ServerError
from bot.localchat.server import LocalChatServer
from tests.support.crowd import ANSWER_TIMEOUT_S, Crowd
from tests.support.forwarder import unused_port
from tests.support.pictures import picture
from tests.support.service import Service

pytestmark = pytest.mark.slow

FULL = os.environ.get("LABELBOT_TEST_SIZE") == "full"
PHOTOS, CHATS, KILLS, PHOTOS_PER_S = (500, 20, 20, 8.0) if FULL else (60, 6, 4, 8.0)
WORKERS_KILLED_S = 60.0 if FULL else 5.0
WORKER_KILL_PERIOD_S = 0.2


@pytest.fixture(params=["polling", "webhook"])
def intake(request: pytest.FixtureRequest) -> dict[str, str]:
    """Settings of the program by which its updates come in one of the two ways."""
    return {} if request.param == "polling" else webhook_settings()


def webhook_settings() -> dict[str, str]:
    place = f"127.0.0.1:{unused_port()}"
    return {"LABELBOT_LISTEN": place, "LABELBOT_WEBHOOK_URL": f"http://{place}/telegram"}


async def test_kills_of_the_bot_lose_no_photo(tmp_path: Path, intake: dict[str, str]) -> None:
    photos = [picture(seed) for seed in range(PHOTOS)]
    async with LocalChatServer() as server, Service.running(server, tmp_path, **intake) as service:
        for photo in photos:
            await server.simulation.prepare_photo(photo)
        crowd = Crowd(server.simulation, CHATS)
        sending = asyncio.create_task(crowd.send(photos, per_s=PHOTOS_PER_S))
        for _ in range(KILLS):
            # From while it starts to well after it did.
            await asyncio.sleep(random.uniform(0.5, 5.0))
            await service.kill()
            await service.start()
        await sending
        await crowd.answered()
        await server.simulation.wait_for_reply(crowd.greet(), ANSWER_TIMEOUT_S)
        assert await service.stop() == 0
        assert any(call.method == "getUpdates" for call in server.simulation.calls) == (not intake)
        twice = crowd.twice()
        torn = {record["update_id"] for record in service.log("sent again, maybe twice")}
    sys.stdout.write(
        f"\n{PHOTOS} photos, {KILLS} kills: all answered, {len(twice)} twice of {len(torn)} that were being sent\n"
    )
    assert {sent.update_id for sent in twice} <= torn, "only what was being sent is there twice"


async def test_kills_of_workers_lose_no_photo(tmp_path: Path) -> None:
    async with LocalChatServer() as server, Service.running(server, tmp_path) as service:
        crowd = Crowd(server.simulation, CHATS)
        photos = [picture(seed) for seed in range(int(WORKERS_KILLED_S * PHOTOS_PER_S))]
        await server.simulation.wait_for_reply(crowd.greet(), ANSWER_TIMEOUT_S)
        sending = asyncio.create_task(crowd.send(photos, per_s=PHOTOS_PER_S))
        kills = 0
        end_s = time.monotonic() + WORKERS_KILLED_S
        while time.monotonic() < end_s:
            await asyncio.sleep(WORKER_KILL_PERIOD_S)
            if workers := service.workers():
                with suppress(ProcessLookupError):
                    os.kill(random.choice(workers), signal.SIGKILL)
                    kills += 1
        await sending
        await crowd.answered()
        assert await service.stop() == 0
    tries = Counter(record["error"] for record in service.log("no labels yet"))
    sys.stdout.write(f"\n{len(photos)} photos, {kills} kills of workers: all answered, later tries: {dict(tries)}\n")
    assert crowd.twice() == []


async def test_a_failing_bot_api_loses_no_photo(tmp_path: Path, intake: dict[str, str]) -> None:
    async with LocalChatServer() as server:
        make_unreliable(server.faults)
        crowd = await talk(server, tmp_path, intake=intake)
        twice = crowd.twice()
        cut = [crowd.confirmed(sent) for sent in twice]
    sys.stdout.write(f"\n{PHOTOS} photos: all answered, {len(twice)} twice\n")
    assert max(cut, default=0) <= 1, "only what was delivered and cut off is there twice"


async def test_chats_whose_messages_fail_hold_up_no_others(tmp_path: Path) -> None:
    unreliable, others = slice(0, None, 2), slice(1, None, 2)
    p95_s = {}
    for name in ("reliable", "unreliable"):
        async with LocalChatServer() as server:
            crowd = Crowd(server.simulation, PHOTOS)
            if name == "unreliable":
                for chat, _ in crowd.places[unreliable]:
                    make_unreliable(server.faults, chat.id)
            (home := tmp_path / name).mkdir()
            await talk(server, home, crowd)
            p95_s[name] = crowd.latency_p95_s(others)
    overtaken = crowd.overtaken(unreliable, others)
    sys.stdout.write(
        f"\nthe other chats' p95: {p95_s['unreliable']:.3f} s, {p95_s['reliable']:.3f} s where nothing fails\n"
    )
    assert overtaken, "where messages fail, photos of the other chats that came later were answered earlier"


def make_unreliable(faults: Faults, chat_id: int | None = None) -> None:
    """Refuse 10 % of calls with 429, fail at 5 %, cut 5 % off, and answer 5 % two seconds late."""
    for retry_after_s in (1, 2, 3):
        faults.add(RetryAfter(retry_after_s), chat_id=chat_id, probability=0.1 / 3)
    faults.add(ServerError(502), chat_id=chat_id, probability=0.05)
    for after_effect in (False, True):
        faults.add(Cut(after_effect), chat_id=chat_id, probability=0.025)
    faults.add(Delay(2.0), chat_id=chat_id, probability=0.05)


async def talk(
    server: LocalChatServer, home: Path, crowd: Crowd | None = None, *, intake: Mapping[str, str] | None = None
) -> Crowd:
    """Have people send photos to the program, each in a chat of its own, and wait for all answers.

    In one chat, answers that Telegram refuses for a while would be merged.
    """
    crowd = crowd or Crowd(server.simulation, PHOTOS)
    photos = [picture(seed) for seed in range(PHOTOS)]
    for photo in photos:
        await server.simulation.prepare_photo(photo)
    async with Service.running(server, home, **(intake or {})) as service:
        await server.simulation.wait_for_reply(crowd.greet(), ANSWER_TIMEOUT_S)
        await crowd.send(photos, per_s=PHOTOS_PER_S)
        await crowd.answered()
        assert await service.stop() == 0
    return crowd
