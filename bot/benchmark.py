"""How much of the pool's speed is left when photos come and go through the whole bot.

The bot and its pool run here, the local Bot API server and its people in a process beside them. The same photos go
through the pool alone and through the bot, in turns, so that whatever else the machine does weighs on both.
"""

from __future__ import annotations

import asyncio
import io
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Self

from PIL import Image

from bot.app import LabelBot
from bot.benchmark_people import PEOPLE
from bot.config import Settings
from bot.localchat.photos import make_ladder
from bot.replies import MAX_TOP
from inference import InferencePool, ModelSpec

ROUNDS = 5
PHOTOS_PER_ROUND = 64
# What a phone's photo is after Telegram has reduced it, and more than every model's input.
PHOTO_SIZE = (960, 720)
LAG_PROBE_S = 0.005


@dataclass(frozen=True, slots=True)
class BotReport:
    """What was measured.

    Attributes:
        pool_images_per_s: through the pool alone.
        bot_images_per_s: from the people's sending to the last reply.
        ratio: of the two, the median over the rounds.
        lag_p50_ms, lag_p99_ms: by how much the bot's event loop was late meanwhile, in milliseconds.
    """

    pool_images_per_s: float
    bot_images_per_s: float
    ratio: float
    lag_p50_ms: float
    lag_p99_ms: float


async def measure_bot(sample: Path, *, home: Path, spec: ModelSpec, workers: int) -> BotReport:
    """Send photos through the whole bot, and the same ones through its pool alone.

    Args:
        sample: a photo, of which all others are made.
        home: where the model is installed; the bot's database goes there, too.
        spec: of the model.
        workers: processes of the pool.
    """
    photos = await asyncio.to_thread(make_photos, sample, (ROUNDS + 1) * PHOTOS_PER_ROUND)
    fetched = await asyncio.to_thread(lambda: [fetched_size(photo, spec) for photo in photos])
    pool_s, bot_s, lags_s = [], [], list[float]()
    async with People.gather(photos) as people:
        settings = Settings.model_validate(people.server | {"home": home, "model": spec.name, "workers": workers})
        async with LabelBot(settings) as bot:
            await people.send(PHOTOS_PER_ROUND)  # opens connections and fills caches
            for start in range(PHOTOS_PER_ROUND, len(photos), PHOTOS_PER_ROUND):
                pool_s.append(await _through_pool(bot.pool, fetched[start : start + PHOTOS_PER_ROUND], spec))
                probe = asyncio.create_task(_probe_lag(lags_s))
                bot_s.append(await people.send(PHOTOS_PER_ROUND))
                probe.cancel()
    percentiles_s = quantiles(lags_s, n=100)
    return BotReport(
        pool_images_per_s=ROUNDS * PHOTOS_PER_ROUND / sum(pool_s),
        bot_images_per_s=ROUNDS * PHOTOS_PER_ROUND / sum(bot_s),
        ratio=median(alone / whole for alone, whole in zip(pool_s, bot_s, strict=True)),
        lag_p50_ms=1000 * percentiles_s[49],
        lag_p99_ms=1000 * percentiles_s[98],
    )


class People:
    """The process of `bot.benchmark_people`.

    Attributes:
        server: settings with which a bot talks to them.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.server: dict[str, str] = {}

    @classmethod
    @asynccontextmanager
    async def gather(cls, photos: Sequence[bytes]) -> AsyncIterator[Self]:
        """Start the process, with photos to send."""
        with tempfile.TemporaryDirectory(prefix="labelbot-benchmark-") as folder:
            for number, photo in enumerate(photos):
                (Path(folder) / f"{number:06}.jpg").write_bytes(photo)
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot.benchmark_people", folder),
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
        """Have the next photos sent, all at once; return after how many seconds the last was answered."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{count}\n".encode())
        return float((await self._hear())["seconds"])

    async def _hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError("expected a line from the people's process. Received: its end")
        said: dict[str, Any] = json.loads(line)
        return said


def make_photos(sample: Path, count: int) -> list[bytes]:
    """Make JPEG photos of one size, no two alike: sections of the sample, each a pixel further."""
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
    """Return the size of a photo that the bot fetches."""
    sizes = make_ladder(photo)
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
    """Note, every few milliseconds, by how many seconds the event loop woke too late; until cancelled."""
    while True:
        due = time.perf_counter() + LAG_PROBE_S
        await asyncio.sleep(LAG_PROBE_S)
        lags_s.append(time.perf_counter() - due)
