"""Measures the figures of the simulation and of the plan on this machine, and writes them to `figures.toml`.

`python -m tests.benchmarks.scaling.measure [GROUP ...]` takes some minutes. The groups are workers, bot, database and
cluster, which needs Ray. Figures in CPU time hold on a busy machine, too; commits a second need a calm one.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import accumulate
from pathlib import Path
from typing import TypeAlias

from yarl import URL

from bot.commands.benchmark import fetched_size, make_photos
from bot.sample import sample
from inference import InferencePool, ModelSpec, ModelStore
from inference.benchmarks.network import INCEPTION
from inference.benchmarks.processes import cpu_s, joint_bytes
from inference.benchmarks.running import run_pool, running_pool
from inference.images.decode import load_pixels
from inference.models.defaults import DEFAULT_MODEL
from tests.benchmarks.scaling import real
from tests.benchmarks.scaling.figures import read_figures, write_figures
from tests.benchmarks.scaling.measure_cluster import measure_cluster
from tests.benchmarks.scaling.measure_database import measure_database, safe_server
from tests.support.forwarder import forwarder, unused_port

Measured: TypeAlias = AsyncIterator[tuple[str, float]]
MODELS = {"efficientnet_lite0": DEFAULT_MODEL, "inception_v3": INCEPTION}
ROUNDS, PHOTOS_PER_ROUND = 9, 40
BOT_PHOTOS, BOT_PHOTOS_PER_S = 240, 12.0


async def measure_workers(home: Path) -> Measured:
    """Measure CPU time and memory of a worker, in turns of the models, with photos of the size that the bot fetches."""
    store = ModelStore(home)
    photo = make_photos(sample(), BOT_PHOTOS)[BOT_PHOTOS // 2]
    costs: dict[str, list[float]] = {name: [] for name in MODELS}
    images = {name: fetched_size(photo, store.find(model).spec) for name, model in MODELS.items()}
    async with (
        running_pool(store, MODELS["efficientnet_lite0"], workers=1) as light,
        running_pool(store, MODELS["inception_v3"], workers=1) as heavy,
    ):
        pools = dict(zip(MODELS, (light, heavy), strict=True))
        for number in range(ROUNDS + 1):
            for name, pool in pools.items():
                turn = await run_pool(pool, images[name], MODELS[name], PHOTOS_PER_ROUND)
                if number:  # the first round warms up
                    costs[name].append(1e3 * turn.workers_cpu_s / PHOTOS_PER_ROUND)
        for name, pool in pools.items():
            singles = [await _single_ms(pool, images[name], MODELS[name]) for _ in range(60)]
            middle = sorted(singles)[3:-3]
            yield f"{name}_core_ms", statistics.median(costs[name])
            yield f"{name}_variation", statistics.stdev(middle) / statistics.mean(middle)
            yield f"{name}_photo_kb", len(images[name]) / 1e3
            yield f"{name}_decode_core_ms", _decoding_ms(images[name], store.find(MODELS[name]).spec)
    for name, model in MODELS.items():
        sizes = []
        for count in (1, 2):
            async with running_pool(store, model, workers=count) as pool:
                await run_pool(pool, images[name], model, 8 * count)
                sizes.append(joint_bytes(pool.worker_pids()) / 1e6)
        yield f"{name}_first_worker_mb", sizes[0]
        yield f"{name}_further_worker_mb", sizes[1] - sizes[0]


async def _single_ms(pool: InferencePool, image: bytes, model: str) -> float:
    before_s = cpu_s(pool.worker_pids())
    await pool.classify(image, model=model, top_k=5, client=0)
    return 1e3 * (cpu_s(pool.worker_pids()) - before_s)


def _decoding_ms(image: bytes, spec: ModelSpec) -> float:
    before_s = time.process_time()
    for _ in range(PHOTOS_PER_ROUND):
        load_pixels(image, **spec.framing)
    return 1e3 * (time.process_time() - before_s) / PHOTOS_PER_ROUND


async def measure_bot(home: Path) -> Measured:
    """Measure what a photo costs the bot's process, its memory, and the bytes between it and Telegram."""
    arrivals_s = tuple(accumulate(random.Random(1).expovariate(BOT_PHOTOS_PER_S) for _ in range(BOT_PHOTOS)))
    spec = ModelStore(home).find(DEFAULT_MODEL).spec
    with tempfile.TemporaryDirectory() as folder, safe_server() as server:
        address = await asyncio.to_thread(server.database)
        for database, settings in {"sqlite": {}, "postgresql": {"LABELBOT_DATABASE_URL": address}}.items():
            passed: Counter[str] = Counter()
            async with real.People.gather(2 * BOT_PHOTOS) as people, _counted(people, passed) as api:
                (data := Path(folder) / database).mkdir()
                limits = {"LABELBOT_API_URL": api, **settings}
                async with real.running(people, data, home / "models", DEFAULT_MODEL, 1, **limits) as service:
                    passed.clear()
                    calm = await real.run(people, service, arrivals_s)
                    received, sent = passed["back"], passed["there"]
                    first = real.FIRST_PHOTOS + BOT_PHOTOS
                    full = await real.run(people, service, [0.0] * BOT_PHOTOS, first=first)
                    pss_mb = real.pss_mb(service.process.pid)
            yield f"bot_{database}_core_ms", 1e3 * full.bot_s / BOT_PHOTOS
            yield f"bot_{database}_calm_core_ms", 1e3 * calm.bot_s / BOT_PHOTOS
            yield f"bot_{database}_mb", pss_mb
            if database == "sqlite":
                photos = people.photos[real.FIRST_PHOTOS : first]
                photos_kb = sum(len(fetched_size(photo, spec)) for photo in photos) / 1e3
                yield "beside_kb", (received / 1e3 - photos_kb) / BOT_PHOTOS
                yield "sent_kb", sent / BOT_PHOTOS / 1e3


@asynccontextmanager
async def _counted(people: real.People, passed: Counter[str]) -> AsyncIterator[str]:
    """Yield an address of the local server at which bytes are counted."""

    def count(direction: str, size: int) -> None:
        passed[direction] += size

    address, port = URL(people.server.api_url), unused_port()
    assert address.port is not None
    async with forwarder(port, address.port, count=count):
        yield str(address.with_port(port))


GROUPS: dict[str, Callable[[Path], Measured]] = {
    "workers": measure_workers,
    "bot": measure_bot,
    "database": measure_database,
    "cluster": measure_cluster,
}


async def main(groups: Sequence[str]) -> None:
    home = await asyncio.to_thread(real.models_home)
    figures = read_figures()
    for group in groups:
        async for name, value in GROUPS[group](home):
            sys.stdout.write(f"{name} = {value:.4g}\n")
            figures[name] = figures[name].measured_now(value)
    write_figures(figures)


if __name__ == "__main__":
    unknown = set(sys.argv[1:]) - set(GROUPS)
    if unknown:
        raise SystemExit(f"There is no group {', '.join(sorted(unknown))}. The groups are {', '.join(GROUPS)}.")
    asyncio.run(main(sys.argv[1:] or list(GROUPS)))
