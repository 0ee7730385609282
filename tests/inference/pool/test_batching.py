"""Batching: which images form a batch, and when a batch waits for more."""

from __future__ import annotations

import asyncio

import pytest

from inference.errors import NotAnImage, PoolClosed
from inference.images.augmented_views import STANDARD_VIEW, View
from inference.images.decode import MAX_BYTES
from inference.models.store import ModelStore
from inference.pool.batching import RATE_IMAGES, ArrivalRate, Job, gather_batch
from inference.pool.fair_queue import FairQueue
from inference.pool.protocol import Classify, Embed


@pytest.fixture
async def queue() -> FairQueue[Job]:
    return FairQueue()


@pytest.fixture
def classify(store: ModelStore) -> Classify:
    return Classify(store.find("colours"), 1)


def job(request: Classify | Embed, client: str = "someone", image: bytes = b"") -> Job:
    return Job(image, request, client, 0.0, asyncio.get_running_loop().create_future())


def put(queue: FairQueue[Job], *jobs: Job) -> None:
    for each in jobs:
        queue.enqueue(each.client, each)


def clients(batch: list[Job]) -> str:
    return "".join(str(each.client) for each in batch)


async def test_clients_take_turns_in_a_batch(queue: FairQueue[Job], classify: Classify) -> None:
    put(queue, *(job(classify, client) for client in "aaaaabbc"))
    first = queue.dequeue()
    assert first
    assert clients(gather_batch(first, queue, batch_size=6, workers=1)) == "abcaba"
    assert len(queue) == 2


async def test_only_what_is_asked_the_same_goes_together(
    queue: FairQueue[Job], classify: Classify, store: ModelStore
) -> None:
    another_model = Classify(store.find("slow"), 1)
    more_labels = Classify(classify.bundle, 2)
    embedding = Embed(classify.bundle, (STANDARD_VIEW,))
    put(queue, job(another_model, "a"), job(classify, "a"), job(classify, "b"), job(more_labels, "c"))
    put(queue, job(embedding, "d"), job(Classify(classify.bundle, 1), "e"))
    assert clients(gather_batch(job(classify, "f"), queue, batch_size=16, workers=1)) == "fbe"
    assert clients(gather_batch(job(embedding, "g"), queue, batch_size=16, workers=1)) == "gd"
    next_one = queue.dequeue()
    assert next_one
    assert next_one.request == another_model


async def test_images_that_were_in_a_failed_batch_go_alone(queue: FairQueue[Job], classify: Classify) -> None:
    failed, others = job(classify, "a"), [job(classify, client) for client in "bcd"]
    failed.runs_alone = True
    put(queue, *others)
    assert gather_batch(failed, queue, batch_size=16, workers=1) == [failed]
    put(queue, failed)
    assert clients(gather_batch(job(classify, "e"), queue, batch_size=16, workers=1)) == "ebcd"


@pytest.mark.parametrize(
    ("waiting", "workers", "batch_size", "expected"), [(8, 2, 16, 5), (8, 16, 16, 1), (40, 2, 16, 16), (40, 1, 1, 1)]
)
async def test_the_images_that_wait_are_shared_among_the_workers(
    queue: FairQueue[Job], classify: Classify, waiting: int, workers: int, batch_size: int, expected: int
) -> None:
    put(queue, *(job(classify) for _ in range(waiting)))
    batch = gather_batch(job(classify), queue, batch_size=batch_size, workers=workers)
    assert len(batch) == expected
    assert len(queue) == waiting + 1 - expected


async def test_a_batch_fits_into_the_memory_of_the_largest_image(queue: FairQueue[Job], classify: Classify) -> None:
    half = bytes(MAX_BYTES // 2)
    put(queue, job(classify, "a", half), job(classify, "b", b"small"), job(classify, "c", b"small"))
    assert clients(gather_batch(job(classify, "d", half), queue, batch_size=16, workers=1)) == "dbc"
    assert clients(gather_batch(job(classify, "e", bytes(MAX_BYTES)), queue, batch_size=16, workers=1)) == "e"


async def test_each_variant_of_an_image_counts_as_a_run(queue: FairQueue[Job], classify: Classify) -> None:
    for count, expected in ((5, 3), (16, 1), (40, 1)):
        embed = Embed(classify.bundle, tuple(View(brightness=1 + number / 100) for number in range(count)))
        put(queue, *(job(embed) for _ in range(4)))
        assert len(gather_batch(job(embed), queue, batch_size=16, workers=1)) == expected
        while queue.dequeue():
            pass


async def test_a_job_takes_its_first_outcome_and_no_other(classify: Classify) -> None:
    failed, cancelled = job(classify), job(classify)
    failed.complete(NotAnImage("none"))
    failed.fail(PoolClosed())
    with pytest.raises(NotAnImage):
        await failed.answer
    cancelled.answer.cancel()
    cancelled.complete(NotAnImage("none"))
    assert cancelled.answer.cancelled()


def test_more_images_are_likely_where_the_last_ones_came_close_upon_each_other() -> None:
    pace = ArrivalRate(within_s=1.0)
    assert not any(pace.is_high(100.0) for _ in range(RATE_IMAGES - 1)), "too few to tell"
    assert pace.is_high(100.0)
    assert [pace.is_high(100.0 + 0.9 * number) for number in range(1, 20)] == [True] * 19
    assert not pace.is_high(200.0), "a lone image after a while"
    assert not any(pace.is_high(200.0 + 1.1 * number) for number in range(1, 20))
