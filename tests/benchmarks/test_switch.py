"""What people who send photos notice of a switch, with networks of Inception-v3's size: `pytest -m benchmark -s`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from bot.commands.benchmark import make_photos
from bot.sample import sample
from inference.benchmarks.network import INCEPTION, build_inception
from inference.models.bundle import LITERT_FILE, Bundle, read_labels
from inference.models.store import ModelStore
from inference.pool.pool import InferencePool

pytestmark = [pytest.mark.benchmark, pytest.mark.asyncio]

WORKERS = 2
# Of what the workers label at most, so that the queue is short while nothing is switched.
LOAD = 0.5
PHOTOS = 200
SWITCHES = 4
ANOTHER = "another-inception"


def install_another(store: ModelStore, bundle: Bundle) -> Bundle:
    """Install the same network once more, so changed that it is another file."""
    content = (bundle.directory / LITERT_FILE).read_bytes() + bytes(16)
    return store.add(replace(bundle.spec, name=ANOTHER), network=content, labels=read_labels(bundle))


async def longest_wait_s(
    pool: InferencePool, active: list[str], photos_per_s: float, switch: Callable[[str], Awaitable[None]] | None
) -> float:
    """Send photos at a steady pace, and meanwhile switch; return the longest time that one waited for its labels."""
    photos = await asyncio.to_thread(make_photos, sample(), 8)
    waits_s: list[float] = []

    async def label(number: int) -> None:
        started_s = time.perf_counter()
        await pool.classify(photos[number % len(photos)], model=active[0], top_k=5, client=number % 8)
        waits_s.append(time.perf_counter() - started_s)

    async def switch_on() -> None:
        assert switch is not None
        for _ in range(SWITCHES):
            await asyncio.sleep(PHOTOS / photos_per_s / (SWITCHES + 1))
            active.reverse()
            await switch(active[0])

    switching = asyncio.create_task(switch_on()) if switch else None
    labelling = []
    for number in range(PHOTOS):
        labelling.append(asyncio.create_task(label(number)))
        await asyncio.sleep(1 / photos_per_s)
    await asyncio.gather(*labelling)
    if switching:
        await switching
    assert len(waits_s) == PHOTOS
    return max(waits_s)


async def throughput(pool: InferencePool, image: bytes) -> float:
    """Photos per second that the pool labels at most."""

    async def label(count: int) -> float:
        started_s = time.perf_counter()
        await asyncio.gather(*(pool.classify(image, model=INCEPTION, top_k=5, client=n % 8) for n in range(count)))
        return count / (time.perf_counter() - started_s)

    await label(WORKERS)
    return await label(64)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    """Holds two networks of Inception-v3's size."""
    store = ModelStore(tmp_path_factory.mktemp("home"))
    install_another(store, build_inception(store))
    return store


@pytest.mark.parametrize("both_loaded", [True, False], ids=["both loaded", "one loaded"])
async def test_how_much_longer_a_photo_waits_while_models_are_switched(store: ModelStore, both_loaded: bool) -> None:
    """Prints the figures, and asserts nothing about them."""
    names = [INCEPTION, ANOTHER]
    pool = InferencePool(store, workers=WORKERS)
    await pool.start(models=names if both_loaded else names[:1])
    image = await asyncio.to_thread(sample().read_bytes)

    async def switch(name: str) -> None:
        # As the bot does where some chat keeps the other model in use, and where none does.
        if both_loaded:
            pool.set_active_models(names)
        else:
            await pool.try_model(name, image)
            pool.set_active_models([name])

    try:
        photos_per_s = LOAD * await throughput(pool, image)
        quiet_s = await longest_wait_s(pool, names.copy(), photos_per_s, None)
        switched_s = await longest_wait_s(pool, names.copy(), photos_per_s, switch)
    finally:
        await pool.close()
    print(
        f"\n{photos_per_s:.0f} photos/s, {WORKERS} workers, {'both' if both_loaded else 'one'} loaded: "
        f"the longest wait is {quiet_s:.2f} s, and {switched_s:.2f} s with {SWITCHES} switches (goal: at most 1 s more)"
    )
