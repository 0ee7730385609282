"""Limits of the workers and the time that costly images may take."""

from __future__ import annotations

import asyncio
import zlib
from pathlib import Path

import pytest
from PIL import Image

from inference.errors import DeadlineExceeded, InferenceError, TruncatedImage
from inference.models.prediction import Classification
from inference.models.store import ModelStore
from inference.pool import slow_images
from inference.pool.pool import InferencePool
from tests.support.colour_models import COLOUR_VALUES, photo, plain
from tests.support.images import encode
from tests.support.processes import HANG_S, alive, private_memory_bytes, stopped, until, until_at_work
from tests.support.tiffs import plain_entries, tiff


@pytest.fixture(scope="module")
def costly() -> bytes:
    """A JPEG that takes some tenths of a second of CPU to decode."""
    return encode(Image.effect_noise((5700, 4200), 60).convert("RGB"), "JPEG", progressive=True, quality=60)


def ask(pool: InferencePool, image: bytes, *, client: str, model: str = "colours") -> asyncio.Task[Classification]:
    async def label() -> Classification:
        async with asyncio.timeout(HANG_S):
            return await pool.classify(image, model=model, top_k=1, client=client)

    return asyncio.create_task(label())


async def label_of(task: asyncio.Task[Classification]) -> str:
    return (await task).predictions[0].label


@pytest.mark.any_host
async def test_files_of_whom_nothing_is_known_leave_half_of_the_workers_to_photos(store: ModelStore) -> None:
    async with InferencePool(store, workers=2) as pool:
        first, _ = pool.worker_pids()
        with stopped(first):
            files = [ask(pool, plain("red"), client=f"newcomer {number}") for number in range(6)]
            await until(lambda: pool.pending == 6)
            assert await label_of(ask(pool, photo("green"), client="other")) == "green"
            assert not any(task.done() for task in files), "they wait for the worker that holds one"
        assert {await label_of(task) for task in files} == {"red"}


async def test_files_of_several_people_whose_images_were_quick_get_all_workers_and_those_of_one_do_not(
    store: ModelStore,
) -> None:
    async with InferencePool(store, workers=2) as pool:
        for person in ("first", "second"):
            for _ in range(slow_images.QUICK_IMAGES):
                await ask(pool, photo("red"), client=person)
        with stopped(pool.worker_pids()[0]):
            files = [ask(pool, plain("red"), client="first") for _ in range(6)]
            await until(lambda: pool.pending == 6)
            assert await label_of(ask(pool, photo("green"), client="other")) == "green"
            assert await label_of(ask(pool, plain("blue"), client="second")) == "blue"
            assert not any(task.done() for task in files), "they wait for the worker that holds one"
        assert {await label_of(task) for task in files} == {"red"}


@pytest.mark.any_host
async def test_photos_of_one_person_get_all_workers(store: ModelStore) -> None:
    async with InferencePool(store, workers=2) as pool:
        first, _ = pool.worker_pids()
        with stopped(first):
            photos = [ask(pool, photo("red"), client="someone") for _ in range(6)]
            await until(lambda: sum(task.done() for task in photos) == 5)
        assert {await label_of(task) for task in photos} == {"red"}


@pytest.mark.any_host
@pytest.mark.slow
async def test_photos_of_whoever_sent_a_slow_one_leave_half_of_the_workers(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch, costly: bytes
) -> None:
    monkeypatch.setattr(slow_images, "SLOW_S", 0.1)
    async with InferencePool(store, workers=2) as pool:
        await ask(pool, costly, client="someone")
        await ask(pool, photo("red"), client="other")
        first, _ = pool.worker_pids()
        with stopped(first):
            photos = [ask(pool, photo("red"), client="someone") for _ in range(6)]
            others = [ask(pool, photo("green"), client="other") for _ in range(6)]
            assert {await label_of(task) for task in others} == {"green"}
            assert not any(task.done() for task in photos)
        assert {await label_of(task) for task in photos} == {"red"}


async def test_an_image_that_takes_too_long_to_decode_fails_at_its_first_try(
    store: ModelStore, costly: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with InferencePool(store, workers=1, decoding_deadline_s=0.1) as pool:
        (pid,) = pool.worker_pids()
        late, next_one = ask(pool, costly, client="someone"), ask(pool, photo("green"), client="other")
        with pytest.raises(DeadlineExceeded) as error:
            await late
        assert error.value.deadline_s == 0.1
        assert await label_of(next_one) == "green"
        assert pool.worker_pids() != (pid,)
        assert not alive(pid)
    assert caplog.text.count("is killed: no answer within 0.1 s for decoding") == 1


async def test_a_large_image_that_is_damaged_is_not_taken_for_want_of_memory(store: ModelStore) -> None:
    pixels = zlib.compress(bytes(5000 * 5000 * 4))
    entries = plain_entries(
        5000, 5000, samples=[4], bits=[8] * 4, photometric=[5], compression=[8], counts=[2 * len(pixels)]
    )
    async with InferencePool(store, workers=1) as pool:
        pids = pool.worker_pids()
        with pytest.raises(TruncatedImage):
            await ask(pool, tiff(entries, pixels=pixels), client="someone")
        assert pool.worker_pids() == pids


@pytest.mark.any_host
async def test_only_decoding_counts_as_such(store: ModelStore) -> None:
    async with InferencePool(store, workers=1, decoding_deadline_s=0.1) as pool:
        pids = pool.worker_pids()
        assert await label_of(ask(pool, photo("red"), client="someone", model="slow")) == "red"
        assert pool.worker_pids() == pids


@pytest.mark.any_host
async def test_a_worker_that_is_kept_from_its_cpu_is_not_taken_for_one_that_decodes_for_long(
    store: ModelStore, costly: bytes
) -> None:
    async with InferencePool(store, workers=1, decoding_deadline_s=1.0, deadline_s=HANG_S) as pool:
        (pid,) = pool.worker_pids()
        image = ask(pool, costly, client="someone")
        await until_at_work(pid)
        with stopped(pid):
            await asyncio.sleep(1.2)
        await image
        assert pool.worker_pids() == (pid,)


@pytest.mark.any_host
async def test_a_worker_that_keeps_memory_of_images_makes_room_for_a_fresh_one(
    store: ModelStore, caplog: pytest.LogCaptureFixture
) -> None:
    pool = InferencePool(store, workers=1, worker_retained_bytes=1)
    await pool.start(models=["colours"])
    try:
        (pid,) = pool.worker_pids()
        counts = set()
        # The first images make the worker import their decoders, which stay in memory.
        answers = [ask(pool, photo("red"), client="someone"), ask(pool, plain("red"), client="someone")]
        async with asyncio.timeout(HANG_S):
            while pid in pool.worker_pids():
                counts.add(len(pool.worker_pids()))
                await asyncio.sleep(0.005)
        assert {await label_of(task) for task in answers} == {"red"}
        assert counts == {1}, "the fresh one was ready first"
        assert await label_of(ask(pool, photo("red"), client="someone")) == "red"
    finally:
        await pool.close()
    assert "ended with status" not in caplog.text


@pytest.mark.shared
async def test_tiles_that_are_announced_and_not_there_leave_the_memory_to_good_photos(
    store: ModelStore, shared: Path
) -> None:
    hostile = (shared / "cases" / "attack" / "tile_512MB.tif").read_bytes()
    async with InferencePool(store, workers=1) as pool:
        assert await label_of(ask(pool, photo("red"), client="other")) == "red"
        before_bytes = private_memory_bytes(pool.worker_pids()[0])
        for _ in range(4):
            with pytest.raises(InferenceError):
                await ask(pool, hostile, client="someone")
            assert await label_of(ask(pool, photo("red"), client="other")) == "red"
        large = encode(Image.new("RGB", (4000, 3000), COLOUR_VALUES["green"]), "PNG")
        assert await label_of(ask(pool, large, client="other")) == "green"
        after_bytes = private_memory_bytes(pool.worker_pids()[0])
        assert after_bytes < before_bytes + 100_000_000


async def test_the_costliest_image_that_is_read_fits_into_a_worker(store: ModelStore) -> None:
    image = encode(Image.new("RGBA", (5700, 4290), COLOUR_VALUES["blue"]), "AVIF", speed=10)
    async with InferencePool(store, workers=1) as pool:
        assert await label_of(ask(pool, image, client="someone")) == "blue"
