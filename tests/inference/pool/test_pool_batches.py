"""Batches for workers, with sessions on the CPU that run up to four images at once."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from PIL import Image

from inference.errors import DeadlineExceeded, ModelError, NotAnImage, WorkerCrashed
from inference.images.augmented_views import STANDARD_VIEW, View
from inference.models.head import Head
from inference.models.prediction import Classification
from inference.models.store import ModelStore
from inference.pool.batching import RATE_IMAGES
from inference.pool.pool import InferencePool
from tests.support.colour_models import install_colours, photo, plain
from tests.support.graphs import place_session
from tests.support.images import encode
from tests.support.networks import COLOURS
from tests.support.processes import HANG_S, alive, stopped, until, until_at_work

pytestmark = pytest.mark.asyncio(loop_scope="module")

BATCH_SIZE = 4


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[InferencePool]:
    """Has one worker, which has run `session`; and `fragile`, the same with a head that fails for a white image."""
    home = tmp_path_factory.mktemp("home")
    sums = np.full((3, 1), 1e38, np.float32)
    head = Head(np.hstack([np.eye(3, dtype=np.float32), -sums]), np.array([0, 0, 0, -1e38], np.float32))
    place_session(home, "session")
    place_session(home, "fragile", head=head)
    store = ModelStore(home)
    install_colours(store, home)
    # An idle worker gets an image at once, so that these tests know which image it has.
    pool = InferencePool(store, workers=1, max_batch_size=BATCH_SIZE, max_wait_s=0)
    await pool.start(models=["session", "fragile"])
    yield pool
    await pool.close()


class Asking:
    """Images that wait while the worker holds one, so that they can go together after it.

    Attributes:
        order: of the clients, as they were answered.
    """

    def __init__(self, pool: InferencePool) -> None:
        self.order: list[str] = []
        self._pool = pool

    def ask(self, image: bytes, *, client: str = "someone", model: str = "session") -> asyncio.Task[Classification]:
        async def label() -> Classification:
            async with asyncio.timeout(HANG_S):
                answer = await self._pool.classify(image, model=model, top_k=1, client=client)
            self.order.append(client)
            return answer

        return asyncio.create_task(label())

    async def wait_for(self, count: int) -> None:
        """Wait until as many images were admitted and not answered."""
        await until(lambda: self._pool.pending == count)


def batch_sizes(answers: list[Classification]) -> list[int]:
    return [answer.timings.batch_size for answer in answers]


async def test_images_that_wait_are_labelled_together_each_for_itself(pool: InferencePool) -> None:
    asking = Asking(pool)
    with stopped(*pool.worker_pids()):
        tasks = [asking.ask(plain(colour), client=str(number)) for number, colour in enumerate(COLOURS * 3)]
        await asking.wait_for(9)
    answers = await asyncio.gather(*tasks)
    assert [answer.predictions[0].label for answer in answers] == [*COLOURS * 3]
    assert batch_sizes(answers) == [1, 4, 4, 4, 4, 4, 4, 4, 4]
    assert answers[-1].timings.queue_ms > answers[1].timings.queue_ms


async def test_a_bad_image_in_a_batch_fails_alone(pool: InferencePool) -> None:
    asking = Asking(pool)
    with stopped(*pool.worker_pids()):
        held = asking.ask(plain("red"))
        bad = asking.ask(b"no image")
        good = [asking.ask(plain(colour)) for colour in COLOURS]
        await asking.wait_for(5)
    await held
    with pytest.raises(NotAnImage):
        await bad
    answers = await asyncio.gather(*good)
    assert [answer.predictions[0].label for answer in answers] == [*COLOURS]
    assert batch_sizes(answers) == [3, 3, 3], "they went together with the bad one"


async def test_an_image_that_the_network_fails_with_leaves_its_batch_none_the_worse(
    pool: InferencePool, caplog: pytest.LogCaptureFixture
) -> None:
    asking = Asking(pool)
    with stopped(*pool.worker_pids()):
        held = asking.ask(plain("red"))
        white = asking.ask(encode(Image.new("RGB", (32, 32), "white"), "PNG"), model="fragile")
        good = [asking.ask(plain(colour), model="fragile") for colour in COLOURS]
        await asking.wait_for(5)
    await held
    with pytest.raises(ModelError, match="values that are no numbers"):
        await white
    answers = await asyncio.gather(*good)
    assert [answer.predictions[0].label for answer in answers] == [*COLOURS]
    assert batch_sizes(answers) == [1, 1, 1]
    # A log line tells the operator that a batch failed, for example because the GPU's memory is too small.
    assert caplog.text.count("4 images failed together, each is tried by itself: expected scores from") == 1


async def test_cancelling_one_of_a_batch_leaves_the_others_their_answers(pool: InferencePool) -> None:
    asking = Asking(pool)
    (pid,) = pool.worker_pids()
    with stopped(pid):
        held = asking.ask(plain("red"))
        # Large images, so that the worker is still decoding them when one is cancelled.
        batch = [asking.ask(plain(colour, 2000)) for colour in ("red", "green", "blue", "green")]
        await asking.wait_for(5)
    await held
    batch[1].cancel()
    red, green, blue, last = await asyncio.gather(*batch, return_exceptions=True)
    assert isinstance(green, asyncio.CancelledError)
    for answer, colour in ((red, "red"), (blue, "blue"), (last, "green")):
        assert isinstance(answer, Classification)
        assert answer.predictions[0].label == colour
        assert answer.timings.batch_size == 4, "the worker had them already"
    assert pool.worker_pids() == (pid,)


async def test_an_image_that_is_cancelled_while_it_waits_makes_room_in_the_batch(pool: InferencePool) -> None:
    asking = Asking(pool)
    with stopped(*pool.worker_pids()):
        held = asking.ask(plain("red"))
        waiting = [asking.ask(plain(colour)) for colour in ("red", "green", "blue", "green")]
        await asking.wait_for(5)
        waiting.pop(1).cancel()
        await asking.wait_for(4)
    answers = await asyncio.gather(held, *waiting)
    assert [answer.predictions[0].label for answer in answers] == ["red", "red", "blue", "green"]
    assert batch_sizes(answers) == [1, 3, 3, 3]


async def test_one_photo_of_a_client_goes_with_the_next_of_anothers_many(pool: InferencePool) -> None:
    asking = Asking(pool)
    with stopped(*pool.worker_pids()):
        tasks = [asking.ask(plain("red"), client="many") for _ in range(20)]
        await asking.wait_for(20)
        tasks += [asking.ask(plain("red"), client="one"), asking.ask(plain("red"), client="other", model="colours")]
        await asking.wait_for(22)
    answers = await asyncio.gather(*tasks)
    assert asking.order[:6] == ["many", "one", "many", "many", "many", "other"]
    assert batch_sizes(answers) == [1, *[4] * 15, *[4] * 4, 4, 1]


async def test_only_a_full_batch_is_sent_ahead_to_a_busy_worker(pool: InferencePool) -> None:
    asking = Asking(pool)
    (worker,) = pool._workers.ready
    await until(lambda: worker.latest and worker.latest.times.work_s < 0.1)
    with stopped(*pool.worker_pids()):
        tasks = [asking.ask(photo("red")) for _ in range(BATCH_SIZE)]
        await asking.wait_for(BATCH_SIZE)
        assert len(worker.held) == 1, "the batch may grow until it is its turn"
        tasks.append(asking.ask(photo("red")))
        await asking.wait_for(BATCH_SIZE + 1)
        assert len(worker.held) == 2
    assert batch_sizes(await asyncio.gather(*tasks)) == [1, *[BATCH_SIZE] * BATCH_SIZE]


async def test_embeddings_are_computed_together_as_far_as_their_variants_fit(pool: InferencePool) -> None:
    views = (STANDARD_VIEW, View(brightness=0.5), View(flip=True))
    images = [plain(colour) for colour in COLOURS]

    async def embed(count: int) -> list[list[list[float]]]:
        one_each = (pool.embed(image, model="session", client=1, views=views[:count]) for image in images)
        return [embedding.round(5).tolist() for embedding in await asyncio.gather(*one_each)]

    alone, paired, by_themselves = await embed(1), await embed(2), await embed(3)
    assert alone == [embedding[:1] for embedding in paired] == [embedding[:1] for embedding in by_themselves]
    assert paired == [embedding[:2] for embedding in by_themselves]
    assert len({str(embedding) for embedding in alone}) == 3


def killed(pool: InferencePool, pid: int) -> bool:
    """Kill a worker; whether another one is ready in its place."""
    if alive(pid):
        os.kill(pid, signal.SIGKILL)
    return pool.worker_pids() not in ((), (pid,))


@pytest.mark.slow
async def test_images_whose_worker_is_killed_get_their_second_chance_alone(tmp_path: Path) -> None:
    """And the one that is held when the next worker is killed takes no other with it."""
    place_session(tmp_path, "large", side=1500)
    pool = InferencePool(ModelStore(tmp_path), workers=1, max_batch_size=BATCH_SIZE, max_wait_s=0)
    await pool.start(models=["large"])
    try:
        asking = Asking(pool)
        (pid,) = pool.worker_pids()
        with stopped(pid):
            held = asking.ask(plain("red"), model="large")
            await asking.wait_for(1)
            poisonous = asking.ask(plain("blue"), client="poisonous", model="large")
            others = [asking.ask(plain(colour), client=colour, model="large") for colour in COLOURS]
            await asking.wait_for(5)
        await held
        await until_at_work(pid)
        await until(lambda: killed(pool, pid))
        (pid,) = pool.worker_pids()
        await until_at_work(pid)
        assert not any(task.done() for task in (poisonous, *others))
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(WorkerCrashed) as crash:
            await poisonous
        assert crash.value.attempts == 2
        answers = await asyncio.gather(*others)
        assert [answer.predictions[0].label for answer in answers] == [*COLOURS]
        assert batch_sizes(answers) == [1, 1, 1]
        assert asking.order == ["someone", *COLOURS]
    finally:
        await pool.close()


@pytest.mark.slow
async def test_images_of_a_batch_over_its_deadline_are_tried_one_by_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place_session(tmp_path, "large", side=1500)
    pool = InferencePool(ModelStore(tmp_path), workers=1, max_batch_size=BATCH_SIZE, deadline_s=4, max_wait_s=0)
    await pool.start(models=["large"])
    try:
        asking = Asking(pool)
        (pid,) = pool.worker_pids()
        with stopped(pid):
            held = asking.ask(plain("red"), model="large")
            batch = [asking.ask(plain(colour), client=colour, model="large") for colour in COLOURS]
            await asking.wait_for(4)
        await held
        with stopped(pid):
            answers = await asyncio.gather(*batch)
        assert [answer.predictions[0].label for answer in answers] == [*COLOURS]
        assert batch_sizes(answers) == [1, 1, 1]
        assert caplog.text.count("is killed: no answer within 4 s") == 1
    finally:
        await pool.close()


@pytest.mark.slow
async def test_images_that_a_worker_never_began_with_are_tried_one_by_one_and_wait_for_no_others(
    tmp_path: Path,
) -> None:
    place_session(tmp_path, "session")
    pool = InferencePool(ModelStore(tmp_path), workers=1, max_batch_size=BATCH_SIZE, deadline_s=4, max_wait_s=HANG_S)
    await pool.start(models=["session"])
    try:
        asking = Asking(pool)
        for _ in range(RATE_IMAGES - 1):
            await asking.ask(plain("red"))
        with stopped(*pool.worker_pids()):
            answers = await asyncio.gather(*(asking.ask(plain("red")) for _ in range(BATCH_SIZE)))
        assert batch_sizes(answers) == [1] * BATCH_SIZE
    finally:
        await pool.close()


@pytest.mark.slow
async def test_an_image_waits_for_others_only_while_they_come_fast(tmp_path: Path) -> None:
    place_session(tmp_path, "session")
    # With this long limit, an image that waits to the limit makes the test time out.
    pool = InferencePool(ModelStore(tmp_path), workers=1, max_batch_size=BATCH_SIZE, max_wait_s=HANG_S)
    await pool.start(models=["session"])
    try:
        asking = Asking(pool)
        for _ in range(RATE_IMAGES - 1):
            alone = await asyncio.wait_for(asking.ask(plain("red")), HANG_S / 2)
            assert alone.timings.batch_size == 1
        waiting = [asking.ask(plain(colour)) for colour in COLOURS]
        done, _ = await asyncio.wait(waiting, timeout=0.5)
        assert not done
        answers = await asyncio.gather(*waiting, asking.ask(plain("red")))
        assert batch_sizes(answers) == [4, 4, 4, 4]
        assert answers[-1].timings.queue_ms < answers[0].timings.queue_ms
    finally:
        await pool.close()


@pytest.mark.slow
async def test_an_image_whose_wait_was_in_vain_goes_alone(tmp_path: Path) -> None:
    place_session(tmp_path, "session")
    pool = InferencePool(ModelStore(tmp_path), workers=1, max_batch_size=BATCH_SIZE, max_wait_s=0.5)
    await pool.start(models=["session"])
    try:
        asking = Asking(pool)
        answers = [await asking.ask(plain("red")) for _ in range(RATE_IMAGES)]
        assert batch_sizes(answers) == [1] * RATE_IMAGES
        *at_once, waited = (answer.timings.queue_ms for answer in answers)
        assert max(at_once) < 500 <= waited
    finally:
        await pool.close()


@pytest.mark.slow
async def test_images_of_a_batch_that_takes_too_long_to_decode_are_tried_one_by_one(tmp_path: Path) -> None:
    place_session(tmp_path, "session")
    costly = encode(Image.effect_noise((5700, 4200), 60).convert("RGB"), "JPEG", progressive=True, quality=60)
    pool = InferencePool(
        ModelStore(tmp_path), workers=1, max_batch_size=BATCH_SIZE, decoding_deadline_s=0.1, max_wait_s=0
    )
    await pool.start(models=["session"])
    try:
        asking = Asking(pool)
        with stopped(*pool.worker_pids()):
            held = asking.ask(plain("red"))
            await asking.wait_for(1)
            hostile = asking.ask(costly, client="hostile")
            others = [asking.ask(plain(colour), client=colour) for colour in COLOURS]
            await asking.wait_for(5)
        await held
        with pytest.raises(DeadlineExceeded):
            await hostile
        answers = await asyncio.gather(*others)
        assert [answer.predictions[0].label for answer in answers] == [*COLOURS]
        assert batch_sizes(answers) == [1, 1, 1]
    finally:
        await pool.close()
