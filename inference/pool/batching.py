"""Chooses the images that go to a worker as one batch.

Batches are small, since all images of a batch wait for the last one. A network tells the largest batch that it gains
from. An image waits for others only while they arrive at a high rate, and then for milliseconds.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from inference.errors import ImageError, InferenceError
from inference.pool.fair_queue import FairQueue
from inference.pool.protocol import Classify, Embed, Result, SharedImages

# A person does not notice it, and it is less than a network of Inception's size takes for one image on most devices.
MAX_WAIT_S = 0.005
# Arrivals that the rate is measured over: fewer than the images of an album, so that its last ones go together.
RATE_IMAGES = 8


@dataclass(eq=False, slots=True)
class Job:
    """An admitted image with its request and the future of its answer.

    Attributes:
        admitted_s, begun_s: times of admission and of dispatch to a worker, by the event loop's clock.
        deaths: number of workers that died while they held the image.
        runs_alone: whether it is dispatched without others, because a batch with it failed.
        waits_for_batch: whether it stays in the queue for further images, even while a worker is idle.
    """

    image: bytes
    request: Classify | Embed
    client: Hashable
    admitted_s: float
    answer: asyncio.Future[Any]
    begun_s: float = 0.0
    deaths: int = 0
    runs_alone: bool = False
    waits_for_batch: bool = False

    def complete(self, result: Result) -> None:
        """Resolve the answer, unless it is cancelled."""
        if isinstance(result, ImageError):
            self.fail(result)
        elif not self.answer.done():
            self.answer.set_result(result)

    def fail(self, error: InferenceError) -> None:
        """Fail the answer, unless it is cancelled."""
        if not self.answer.done():
            self.answer.set_exception(error)


class ArrivalRate:
    """Tells whether images arrive so fast that another one is likely within a time."""

    def __init__(self, within_s: float) -> None:
        """Start without arrivals.

        Args:
            within_s: mean time between arrivals, up to which the rate is high.
        """
        self._max_span_s = within_s * (RATE_IMAGES - 1)
        self._arrivals_s: deque[float] = deque(maxlen=RATE_IMAGES)

    def is_high(self, arrival_s: float) -> bool:
        """Record an arrival, and return whether the rate of the last ones is high."""
        self._arrivals_s.append(arrival_s)
        return len(self._arrivals_s) == RATE_IMAGES and arrival_s - self._arrivals_s[0] <= self._max_span_s


def gather_batch(
    first: Job,
    queue: FairQueue[Job],
    *,
    batch_size: int,
    workers: int,
    is_slow: Callable[[Hashable], bool] = lambda _: False,
) -> list[Job]:
    """Dequeue the images that go to a worker together with another one.

    Args:
        first: image that was dequeued first.
        queue: further images. Clients take turns in the batch, too; one whose next image has another request is passed
            over.
        batch_size: largest batch that the network gains from.
        workers: number of workers. They share the queue evenly, so that none idles while another has many images.
        is_slow: returns whether the images of a client run alone, since they would hold up the others.

    Returns:
        The batch with `first` in front; all jobs have the same request.
    """
    batch = [first]
    if batch_size == 1 or first.runs_alone or is_slow(first.client):
        return batch
    share = -(-(1 + len(queue)) // workers)
    limit = min(share, batch_size // first.request.runs_per_image)
    free_bytes = SharedImages.CAPACITY_BYTES - SharedImages.needed_bytes(first.image)

    def fits(job: Job) -> bool:
        joins = not job.runs_alone and job.request == first.request and not is_slow(job.client)
        return joins and SharedImages.needed_bytes(job.image) <= free_bytes

    while len(batch) < limit and (job := queue.dequeue(fits)) is not None:
        batch.append(job)
        free_bytes -= SharedImages.needed_bytes(job.image)
    return batch
