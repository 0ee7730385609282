"""How long people in chats wait while clients of the HTTP API ask for more than the workers can do.

`LABELBOT_HOME=HOME pytest -m benchmark -s -n 0 tests/benchmarks/test_api_beside_chats.py`; HOME is that of `labelbot
benchmark`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from asyncio.subprocess import PIPE
from collections import Counter
from pathlib import Path
from statistics import quantiles

import aiohttp
import pytest

from bot.commands.benchmark import fetched_size, make_photos
from bot.sample import sample
from inference.benchmarks.network import INCEPTION, build_inception
from inference.models.store import ModelStore
from inference.system.home import default_home
from tests.support.client import Client, connected_client

pytestmark = [pytest.mark.benchmark, pytest.mark.asyncio]

PEOPLE = 100
# Seconds between two photos of people: about a seventh of what two cores can do.
PAUSE_S = 0.1
OVERLOAD = 1.2
MAX_RATIO = 1.5


async def waits_s(client: Client, photos: list[bytes]) -> list[float]:
    """Send photos of people at a steady pace; return how long each waited for its labels."""

    async def send(photo: bytes) -> float:
        chat, person = client.newcomer()
        started_s = time.perf_counter()
        await client.reply_to(client.sim.send_photo(chat, person, photo))
        return time.perf_counter() - started_s

    sent = []
    for photo in photos:
        sent.append(asyncio.create_task(send(photo)))
        await asyncio.sleep(PAUSE_S)
    return await asyncio.gather(*sent)


async def test_people_wait_little_longer_beside_a_flood(tmp_path: Path) -> None:
    home = Path(os.environ.get("LABELBOT_HOME") or default_home()) / "benchmark"
    bundle = await asyncio.to_thread(build_inception, ModelStore(home))
    (tmp_path / "models").symlink_to((home / "models").absolute(), target_is_directory=True)
    photos = await asyncio.to_thread(make_photos, sample(), 2 * PEOPLE + 8)
    image = await asyncio.to_thread(fetched_size, photos[0], bundle.spec)
    (tmp_path / "image.jpg").write_bytes(image)
    async with connected_client(tmp_path, model=INCEPTION, workers=2, listen="127.0.0.1:0") as client:
        await waits_s(client, photos[:8])
        alone = await waits_s(client, photos[8 : PEOPLE + 8])
        url = f"http://{client.bot.listening}/v1/label"
        capacity = await flood(url, tmp_path / "image.jpg", rate=0.0, seconds=5.0)
        flooding = asyncio.create_task(
            flood(url, tmp_path / "image.jpg", rate=OVERLOAD * capacity["200"] / 5.0, seconds=PEOPLE * PAUSE_S + 2)
        )
        await asyncio.sleep(1)
        beside = await waits_s(client, photos[PEOPLE + 8 :])
        answers = await flooding
    alone_p95, beside_p95 = (quantiles(waits, n=20)[-1] for waits in (alone, beside))
    print(f"\npeople alone {1e3 * alone_p95:.0f} ms, beside the API {1e3 * beside_p95:.0f} ms (95th percentiles)")
    print(f"the API did {capacity['200'] / 5.0:.1f} images/s; of the flood: {dict(answers)}")
    assert set(answers) <= {"200", "429"}
    assert beside_p95 <= MAX_RATIO * alone_p95


async def flood(url: str, image: Path, *, rate: float, seconds: float) -> Counter[str]:
    """Ask for labels from another process; return the number of answers by status.

    Args:
        url: address that labels.
        image: image file.
        rate: requests a second; 0 for as many as 16 connections get answered.
        seconds: duration.
    """
    command = [sys.executable, "-m", "tests.benchmarks.test_api_beside_chats", url, str(image), str(rate), str(seconds)]
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, cwd=Path(__file__).parents[2])
    printed, _ = await process.communicate()
    return Counter(json.loads(printed))


async def ask(url: str, image: bytes, rate: float, seconds: float) -> Counter[str]:
    answers: Counter[str] = Counter()
    end_s = time.perf_counter() + seconds
    headers = {"Content-Type": "image/jpeg"}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), headers=headers) as http:

        async def once() -> None:
            async with http.post(url, data=image) as answer:
                await answer.read()
                answers[str(answer.status)] += 1

        async def keep_asking() -> None:
            while time.perf_counter() < end_s:
                await once()

        if not rate:
            await asyncio.gather(*(keep_asking() for _ in range(16)))
        tasks = []
        while rate and time.perf_counter() < end_s:
            tasks.append(asyncio.create_task(once()))
            await asyncio.sleep(1 / rate)
        await asyncio.gather(*tasks)
    return answers


if __name__ == "__main__":
    print(json.dumps(asyncio.run(ask(sys.argv[1], Path(sys.argv[2]).read_bytes(), *map(float, sys.argv[3:])))))
