"""Measures the speed of the whole bot, as a share of its pool's speed, and what its process costs.

The bot and its pool run in this process. The same photos go through the pool alone, through the bot, and through a
minimal bot of aiogram, in turns, so that other load on the machine affects all of them. Each bot has its own local Bot
API server with simulated people, in another process, whose CPU time does not count.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any, Self

from PIL import Image

from bot import logs
from bot.app import LabelBot
from bot.commands.benchmark_people import PEOPLE
from bot.config import UNLIMITED, Settings
from bot.domain.chat_settings import MAX_TOP
from bot.localchat.photos import make_sizes
from inference import InferencePool, ModelSpec, ModelStore
from inference.benchmarks.figure import Figure
from inference.benchmarks.lag import Sleeper
from inference.benchmarks.machine import WORKERS
from inference.benchmarks.network import build_inception
from inference.benchmarks.processes import cpu_s

# Number of photos per turn: about a second of work on two cores, so that start-up and the last answer weigh little.
PHOTOS_PER_TURN = 64
# A common size of photos at Telegram, in pixels. It is larger than the input of every model.
PHOTO_SIZE = (800, 600)


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn of all sides, each with the same photos.

    Attributes:
        pool_s, bot_s: seconds until the last answer of the pool alone, and of the bot.
        server_cpu_s: CPU time of the bot's local server with its people.
        bot_cpu_s: CPU time of the bot's process, without its workers.
        lag_ms: 99th percentile of the lag of the bot's event loop, with further photos.
        sleeper_lag_ms: 99th percentile of the lag of a process that only sleeps, at the same time.
        minimal_cpu_s: CPU time of the minimal bot's process, without its workers; None if there is no aiogram.
    """

    pool_s: float
    bot_s: float
    server_cpu_s: float
    bot_cpu_s: float
    lag_ms: float
    sleeper_lag_ms: float
    minimal_cpu_s: float | None


async def measure(home: Path, photo: Path, *, rounds: int) -> AsyncIterator[Figure]:
    """Measure the whole bot with a network of the size of Inception-v3.

    Args:
        home: folder of Labelbot's data, where the network is stored.
        photo: image file from which all photos are made.
        rounds: number of turns of each side.
    """
    home = home / "benchmark"
    bundle = await asyncio.to_thread(build_inception, ModelStore(home))
    with tempfile.TemporaryDirectory(prefix="labelbot-benchmark-") as folder:
        # The database is temporary: with cached labels, the bot would answer without the pool.
        (Path(folder) / "models").symlink_to(home.absolute() / "models", target_is_directory=True)
        for figure in await measure_bot(Path(folder), photo, bundle.spec, rounds=rounds):
            yield figure


async def measure_bot(home: Path, photo: Path, spec: ModelSpec, *, rounds: int) -> list[Figure]:
    """Send photos through the whole bot, the same photos through its pool alone, and through a minimal bot.

    Args:
        home: folder of the bot's data, with the model and an empty cache.
        photo: image file from which all photos are made.
        spec: description of the model.
        rounds: number of turns of each side.

    Returns:
        The ratio of the bot's speed to its pool's speed, the ratio of the CPU times of the bot's process and of the
        minimal bot's, if aiogram is installed, and the lag of the bot's event loop.
    """
    photos = await asyncio.to_thread(make_photos, photo, 2 * (rounds + 1) * PHOTOS_PER_TURN)
    # The bot alone gets a second half, with which its lag is measured: to measure it costs CPU time.
    compared = photos[: len(photos) // 2]
    fetched = await asyncio.to_thread(lambda: [fetched_size(photo, spec) for photo in compared])
    async with People.gather(photos) as people, minimal_bot(home, spec, compared) as minimal:
        logs.configure(people.server["token"], level=logging.WARNING)
        settings = Settings.model_validate(
            UNLIMITED
            | people.server
            | {
                "token_file": None,
                "database_url": None,
                "database_url_file": None,
                "home": home,
                "model": spec.name,
                "workers": WORKERS,
            }
        )
        async with LabelBot(settings) as bot, Sleeper.start() as sleeper:
            turns = [
                await _take_turn(bot.pool, people, minimal, sleeper, fetched[start : start + PHOTOS_PER_TURN], spec)
                for start in range(0, len(fetched), PHOTOS_PER_TURN)
            ]
    # The first turn opens connections and fills caches.
    return _figures(turns[1:], spec)


async def _take_turn(
    pool: InferencePool,
    people: People,
    minimal: MinimalBot | None,
    sleeper: Sleeper,
    images: Sequence[bytes],
    spec: ModelSpec,
) -> Turn:
    pool_s = await _through_pool(pool, images, spec)
    server_cpu_s, bot_cpu_s = cpu_s([people.pid]), cpu_s([os.getpid()])
    bot_s = await people.send(PHOTOS_PER_TURN)
    server_cpu_s, bot_cpu_s = cpu_s([people.pid]) - server_cpu_s, cpu_s([os.getpid()]) - bot_cpu_s
    minimal_cpu_s = None if minimal is None else await minimal.take_turn()
    lag_ms, sleeper_lag_ms = await sleeper.lags_ms(people.send(PHOTOS_PER_TURN))
    return Turn(pool_s, bot_s, server_cpu_s, bot_cpu_s, lag_ms, sleeper_lag_ms, minimal_cpu_s)


def _figures(turns: Sequence[Turn], spec: ModelSpec) -> list[Figure]:
    def ms(seconds: Sequence[float]) -> str:
        return f"{1e3 * median(seconds) / PHOTOS_PER_TURN:.2f}"

    # The server takes a share of both cores, on which the workers could have worked.
    bots_s = [turn.bot_s - turn.server_cpu_s / WORKERS for turn in turns]
    pools_s = [turn.pool_s for turn in turns]
    seen = f"{PHOTOS_PER_TURN / median(bots_s):.1f} / {PHOTOS_PER_TURN / median(pools_s):.1f} photos/s"
    figures = [
        Figure(
            name=f"{spec.name}: photos a second, the whole bot / its pool of {WORKERS} workers",
            turns=tuple(pool / bot for pool, bot in zip(pools_s, bots_s, strict=True)),
            unit="x",
            goal=0.88,
            better="higher",
            seen=f"{seen}; without {ms([turn.server_cpu_s for turn in turns])} ms a photo of the server",
        ),
        Figure(
            name="99th percentile of the lag of the bot's event loop",
            turns=tuple(turn.lag_ms for turn in turns),
            unit="ms",
            goal=10,
            better="lower",
            seen=f"{median(turn.sleeper_lag_ms for turn in turns):.1f} ms in a process that only sleeps",
        ),
    ]
    compared = [(turn.bot_cpu_s, turn.minimal_cpu_s) for turn in turns if turn.minimal_cpu_s is not None]
    if compared:
        bot_cpu_s, minimal_cpu_s = zip(*compared, strict=True)
        cost = Figure(
            name="CPU time a photo, the bot's process / that of a minimal bot of aiogram",
            turns=tuple(bot / minimal for bot, minimal in compared),
            unit="x",
            goal=1.5,
            better="lower",
            # A few turns of the minimal bot cost twice as much as its others. They count in the latter only.
            seen=f"{ms(bot_cpu_s)} / {ms(minimal_cpu_s)} ms, both with the pool in them; "
            f"{sum(bot_cpu_s) / sum(minimal_cpu_s):.2f} x over all turns",
        )
        figures.insert(0, cost)
    return figures


class People:
    """The process of `bot.commands.benchmark_people`.

    Attributes:
        pid: process id.
        server: settings for a bot that uses the server in that process.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.pid = process.pid
        self.server: dict[str, str] = {}

    @classmethod
    @asynccontextmanager
    async def gather(cls, photos: Sequence[bytes]) -> AsyncIterator[Self]:
        """Start the process, and give it the photos to send."""
        with tempfile.TemporaryDirectory(prefix="labelbot-benchmark-") as folder:
            for number, photo in enumerate(photos):
                (Path(folder) / f"{number:06}.jpg").write_bytes(photo)
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot.commands.benchmark_people", folder),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            people = cls(process)
            try:
                people.server = await people._hear()
                yield people
            finally:
                assert process.stdin is not None
                process.stdin.close()
                await process.wait()

    async def send(self, count: int) -> float:
        """Send the next photos, all at once; return the seconds until the last answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{count}\n".encode())
        return float((await self._hear())["seconds"])

    async def _hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError("expected a line from the process of the people. Received: its end")
        said: dict[str, Any] = json.loads(line)
        return said


class MinimalBot:
    """The process of `bot.commands.minimal_bot`, and its people."""

    def __init__(self, process: asyncio.subprocess.Process, people: People) -> None:
        self._process = process
        self._people = people

    async def take_turn(self) -> float:
        """Send the next photos to the bot; return the CPU time of its process in seconds."""
        before_s = cpu_s([self._process.pid])
        await self._people.send(PHOTOS_PER_TURN)
        return cpu_s([self._process.pid]) - before_s


@asynccontextmanager
async def minimal_bot(home: Path, spec: ModelSpec, photos: Sequence[bytes]) -> AsyncIterator[MinimalBot | None]:
    """Start a minimal bot with a local Bot API server of its own; None if aiogram is not installed."""
    if find_spec("aiogram") is None:
        yield None
        return
    async with People.gather(photos) as people:
        arguments = (people.server["api_url"], people.server["token"], str(home), spec.name, str(WORKERS))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot.commands.minimal_bot", *arguments), stdout=asyncio.subprocess.PIPE
        )
        try:
            assert process.stdout is not None
            if await process.stdout.readline() != b"ready\n":
                raise RuntimeError("expected a minimal bot that is ready. Received: its end")
            yield MinimalBot(process, people)
        finally:
            process.terminate()
            await process.wait()


def make_photos(sample: Path, count: int) -> list[bytes]:
    """Make JPEG photos of one size, all different: sections of the sample, shifted by one pixel each."""
    width, height = PHOTO_SIZE
    with Image.open(sample) as image:
        large = image.convert("RGB").resize((width + count, height))
    photos = []
    for left in range(count):
        encoded = io.BytesIO()
        large.crop((left, 0, left + width, height)).save(encoded, "JPEG", quality=87)
        photos.append(encoded.getvalue())
    return photos


def fetched_size(photo: bytes, spec: ModelSpec) -> bytes:
    """Return the size of a photo that the bot would download."""
    sizes = make_sizes(photo)
    return next(
        (size.data for size in sizes if min(size.width, size.height) >= max(spec.height, spec.width)), sizes[-1].data
    )


async def _through_pool(pool: InferencePool, images: Sequence[bytes], spec: ModelSpec) -> float:
    started = time.perf_counter()
    await asyncio.gather(
        *(
            pool.classify(image, model=spec.name, top_k=MAX_TOP, client=number % PEOPLE)
            for number, image in enumerate(images)
        )
    )
    return time.perf_counter() - started
