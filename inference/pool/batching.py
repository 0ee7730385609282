"""Chooses the images that go to a worker as one batch.

Batches are small, since all images of a batch wait for the last image. Each network reports the largest batch size that
still makes it faster. An image waits for other images only while images arrive at a high rate, and only for
milliseconds.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from inference.errors import ImageError, InferenceError
from inference.pool.fair_queue import FairQueue
from inference.pool.protocol import Classify, Embed, Result
from inference.pool.shared_images import SharedImages

# Longest wait in seconds. A person does not notice such a wait. On most devices, a network of Inception's size takes
# longer for one image.
MAX_WAIT_S = 0.005
# Number of arrivals over which the rate is measured. An album has more images, so its last images form a batch.
RATE_IMAGES = 8


@dataclass(eq=False, slots=True)
class Job:
    """An admitted image with its request and the future of its answer.

    Attributes:
        admitted_s, begun_s: times of admission and of dispatch to a worker, by the event loop's clock.
        deaths: number of workers that died while they held the image.
        runs_alone: whether the image is dispatched without other images, because a batch with this image failed.
        gave_way: whether the image was sent ahead to a worker, and came back for an image of another client.
        waits_for_batch: whether the image waits in the queue for further images, even while a worker is idle.
    """

    image: bytes
    request: Classify | Embed
    client: Hashable
    admitted_s: float
    answer: asyncio.Future[Any]
    begun_s: float = 0.0
    deaths: int = 0
    runs_alone: bool = False
    gave_way: bool = False
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
    """Measures whether images arrive so fast that the next image is likely to come within a given time."""

    def __init__(self, within_s: float) -> None:
        """Start without arrivals.

        Args:
            within_s: longest mean time between arrivals, in seconds, at which the rate still counts as high.
        """
        self._max_span_s = within_s * (RATE_IMAGES - 1)
        self._arrivals_s: deque[float] = deque(maxlen=RATE_IMAGES)

    def is_high(self, arrival_s: float) -> bool:
        """Record an arrival, and return whether the rate of the latest arrivals is high."""
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
    """Dequeue the images that join a given image in a batch.

    Args:
        first: image that was dequeued first.
        queue: further images. Clients take turns in the batch, too. A client is passed over if its next image has a
            different request.
        batch_size: largest batch size that still makes the network faster.
        workers: number of workers. They share the queue evenly, so that no worker idles while another has many images.
        is_slow: returns whether the images of a client run alone, since they would delay the other images.

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
