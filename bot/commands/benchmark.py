"""Measures the speed of the whole bot, as a share of its pool's speed.

The bot and its pool run in this process, the local Bot API server and its simulated people in another process. The same
photos go through the pool alone and then through the bot, in turns, so that other load on the machine affects both.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Self

from PIL import Image

from bot import logs
from bot.app import LabelBot
from bot.commands.benchmark_people import PEOPLE
from bot.config import UNLIMITED, Settings
from bot.domain.chat_settings import MAX_TOP
from bot.localchat.photos import make_sizes
from inference import InferencePool, ModelSpec, ModelStore
from inference.benchmarks.machine import WORKERS, Figure, build_inception

# Number of photos per turn: over a second of work on two cores, so that start-up and the last answer weigh little.
PHOTOS_PER_TURN = 128
# A common size of photos at Telegram, in pixels. It is larger than the input of every model.
PHOTO_SIZE = (800, 600)
LAG_PROBE_S = 0.005


async def measure(home: Path, photo: Path, *, rounds: int) -> AsyncIterator[Figure]:
    """Measure the whole bot with a network of the size of Inception-v3.

    Args:
        home: folder of Labelbot's data, where the network is stored.
        photo: image file from which all photos are made.
        rounds: number of measurements of the bot, and of its pool alone.
    """
    home = home / "benchmark"
    bundle = await asyncio.to_thread(build_inception, ModelStore(home))
    with tempfile.TemporaryDirectory(prefix="labelbot-benchmark-") as folder:
        # The database is temporary: with cached labels, the bot would answer without the pool.
        (Path(folder) / "models").symlink_to(home.absolute() / "models", target_is_directory=True)
        for figure in await measure_bot(Path(folder), photo, bundle.spec, rounds=rounds):
            yield figure


async def measure_bot(home: Path, photo: Path, spec: ModelSpec, *, rounds: int) -> list[Figure]:
    """Send photos through the whole bot, and the same photos through its pool alone.

    Args:
        home: folder of the bot's data, with the model and an empty cache.
        photo: image file from which all photos are made.
        spec: description of the model.
        rounds: number of measurements of each side.

    Returns:
        The ratio of the bot's speed to its pool's speed, and the lag of the bot's event loop.
    """
    photos = await asyncio.to_thread(make_photos, photo, (rounds + 1) * PHOTOS_PER_TURN)
    fetched = await asyncio.to_thread(lambda: [fetched_size(photo, spec) for photo in photos])
    turns, lags_s = [], list[float]()
    async with People.gather(photos) as people:
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
        async with LabelBot(settings) as bot:
            await people.send(PHOTOS_PER_TURN)  # opens connections and fills caches
            for start in range(PHOTOS_PER_TURN, len(photos), PHOTOS_PER_TURN):
                pool_s = await _through_pool(bot.pool, fetched[start : start + PHOTOS_PER_TURN], spec)
                probe = asyncio.create_task(_probe_lag(lags_s))
                turns.append((pool_s, await people.send(PHOTOS_PER_TURN)))
                probe.cancel()
    pool_s, bot_s = (median(side) / PHOTOS_PER_TURN for side in zip(*turns, strict=True))
    percentiles_s = quantiles(lags_s, n=100)
    return [
        Figure(
            name=f"{spec.name}: the whole bot / its pool of {WORKERS} workers",
            value=median(pool / bot for pool, bot in turns),
            unit="x",
            goal=0.8,
            better="higher",
            seen=f"{1 / bot_s:.1f} / {1 / pool_s:.1f} photos/s",
        ),
        Figure(
            name="the bot's event loop: 99th percentile of its lag",
            value=1000 * percentiles_s[98],
            unit="ms",
            goal=20,
            better="lower",
            seen=f"median {1000 * percentiles_s[49]:.1f} ms",
        ),
    ]


class People:
    """The process of `bot.commands.benchmark_people`.

    Attributes:
        server: settings for a bot that uses the server in that process.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
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


async def _probe_lag(lags_s: list[float]) -> None:
    """Record the event loop's lag in seconds every few milliseconds, until cancelled."""
    while True:
        due = time.perf_counter() + LAG_PROBE_S
        await asyncio.sleep(LAG_PROBE_S)
        lags_s.append(time.perf_counter() - due)
