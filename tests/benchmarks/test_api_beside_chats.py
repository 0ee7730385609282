"""How long people in chats wait while a client of the HTTP API asks for more than the workers can do.

`LABELBOT_HOME=HOME pytest -m benchmark -s -n 0 tests/benchmarks/test_api_beside_chats.py`; HOME is that of `labelbot
benchmark`.

The bot, its workers and its web server share two cores. People alone and people beside the API take turns, so that
other load on the machine affects both. The people, with the local Bot API server, and the API's client stand for other
machines. They are processes of their own, and the sizes of the photos are made before. Yet they run on the same two
cores: the CPU time that the test prints is theirs, too. The API's capacity is measured the same way, so the overload
means what is left to the workers.

A photo waits for the rest of one image beside a busy API, as no worker is interrupted: on two workers on average a
third of the time of an image, and at the 95th percentile three quarters of it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from asyncio.subprocess import PIPE
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import pytest

from bot import logs
from bot.app import LabelBot
from bot.commands.benchmark import fetched_size, make_photos
from bot.commands.benchmark_report import use_two_cores
from bot.config import UNLIMITED, Settings
from bot.sample import sample
from bot.services.measurements import Measurements
from inference.benchmarks.machine import WORKERS
from inference.benchmarks.network import INCEPTION, build_inception
from inference.benchmarks.processes import cpu_s
from inference.models.bundle import Bundle
from inference.models.prediction import Classification
from inference.models.store import ModelStore
from inference.system.home import default_home

pytestmark = [pytest.mark.benchmark, pytest.mark.asyncio]

TURNS = 5
# Photos of people in a turn.
PHOTOS = 40
# Seconds between two photos of people: about a seventh of what two cores can do.
PAUSE_S = 0.1
# Seconds of the turn that measures the API's capacity, and until its queue is full in each later turn.
CAPACITY_S, LEAD_S = 4.0, 1.0
OVERLOAD = 1.2
MAX_RATIO = 1.5


class Side:
    """What was measured of the people in their turns, alone or beside the API.

    Attributes:
        waits_ms: time until the labels came, of each photo.
        parts_ms: parts of that time, of each photo.
        cpu_s: CPU time of each group of processes.
    """

    def __init__(self) -> None:
        self.waits_ms: list[float] = []
        self.parts_ms: dict[str, list[float]] = defaultdict(list)
        self.cpu_s: Counter[str] = Counter()

    def record(self, answer: Classification, total_s: float) -> None:
        """Record the times of a photo that the bot has labelled."""
        timings = answer.timings
        for part, ms in (("queue", timings.queue_ms), ("decode", timings.decode_ms), ("network", timings.inference_ms)):
            self.parts_ms[part].append(ms)
        others_ms = timings.queue_ms + timings.decode_ms + timings.inference_ms
        self.parts_ms["download and hand-over"].append(1e3 * total_s - others_ms)

    @property
    def p95_ms(self) -> float:
        return quantiles(self.waits_ms, n=20)[-1]

    def __str__(self) -> str:
        parts = {"all": self.waits_ms} | self.parts_ms
        times = ", ".join(f"{name} {median(ms):.1f} {quantiles(ms, n=20)[-1]:.1f}" for name, ms in parts.items())
        seconds = TURNS * PHOTOS * PAUSE_S
        shares = ", ".join(f"{name} {cpu_s / seconds:.2f}" for name, cpu_s in self.cpu_s.items())
        return f"ms (median, 95th percentile): {times}; cores: {shares}"


class Helper:
    """A process that answers each line with a line of JSON."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.pid = process.pid

    async def ask(self, *words: float) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write((" ".join(map(str, words)) + "\n").encode())
        return await self.hear()

    async def hear(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(await self._process.stdout.readline())


@asynccontextmanager
async def helper(name: str, *arguments: object) -> AsyncIterator[Helper]:
    """Run a module of `tests.benchmarks.beside_chats`."""
    command = [sys.executable, "-m", f"tests.benchmarks.beside_chats.{name}", *map(str, arguments)]
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, cwd=Path(__file__).parents[2])
    try:
        yield Helper(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


def write_files(folder: Path, home: Path) -> Bundle:
    """Write the photos of people and the API's image, and link the model."""
    bundle = build_inception(ModelStore(home))
    (folder / "models").symlink_to((home / "models").absolute(), target_is_directory=True)
    (folder / "photos").mkdir()
    for number, photo in enumerate(make_photos(sample(), (2 * TURNS + 1) * PHOTOS)):
        (folder / "photos" / f"{number:06}.jpg").write_bytes(photo)
    (folder / "image.jpg").write_bytes(fetched_size(photo, bundle.spec))
    return bundle


async def take_turn(side: Side, bot: LabelBot, people: Helper, client: Helper, rate: float) -> Counter[str]:
    """Let people send photos, beside an API with some requests a second; return the API's answers by status."""
    flooding = None
    if rate:
        flooding = asyncio.create_task(client.ask(rate, LEAD_S + PHOTOS * PAUSE_S))
        await asyncio.sleep(LEAD_S)
    pids = {"workers": bot.pool.worker_pids(), "bot": [os.getpid()], "people": [people.pid], "client": [client.pid]}
    before_s = {name: cpu_s(group) for name, group in pids.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Measurements, "record_photo", partial(record_photo, side))
        side.waits_ms += [1e3 * wait_s for wait_s in await people.ask(PHOTOS, PAUSE_S)]
    side.cpu_s.update({name: cpu_s(group) - before_s[name] for name, group in pids.items()})
    return Counter() if flooding is None else Counter(await flooding)


def record_photo(side: Side, answer: Classification, total_s: float, *, cached: bool, trigger: str) -> None:
    if trigger != "api":
        side.record(answer, total_s)


async def test_people_wait_little_longer_beside_a_flood(tmp_path: Path) -> None:
    use_two_cores()
    home = Path(os.environ.get("LABELBOT_HOME") or default_home()) / "benchmark"
    await asyncio.to_thread(write_files, tmp_path, home)
    logs.configure(None, level=logging.WARNING)
    alone, beside = Side(), Side()
    answers: Counter[str] = Counter()
    async with helper("people", tmp_path / "photos") as people:
        own = {"home": tmp_path, "model": INCEPTION, "workers": WORKERS, "listen": "127.0.0.1:0"}
        no_files = {"token_file": None, "database_url": None, "database_url_file": None}
        settings = Settings.model_validate(UNLIMITED | await people.hear() | own | no_files)
        async with (
            LabelBot(settings) as bot,
            helper("client", f"http://{bot.listening}/v1/label", tmp_path / "image.jpg") as client,
        ):
            await people.ask(PHOTOS, PAUSE_S)
            capacity = (await client.ask(0, CAPACITY_S))["200"] / CAPACITY_S
            for _ in range(TURNS):
                await take_turn(alone, bot, people, client, 0.0)
                answers += await take_turn(beside, bot, people, client, OVERLOAD * capacity)
    print(f"\npeople alone: {alone}\nbeside the API: {beside}")
    print(f"the API can do {capacity:.1f} images/s; of {OVERLOAD} times as many: {dict(answers)}")
    print(f"95th percentile, beside / alone: {beside.p95_ms / alone.p95_ms:.2f}")
    assert set(answers) <= {"200", "429"}
    assert beside.p95_ms <= MAX_RATIO * alone.p95_ms
