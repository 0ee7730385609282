"""Which images a worker gets at once.

Few: they all wait for the last of them. So a network says how many it gains from, an image waits for others only where
they come one upon the other, and then for milliseconds.
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
# Images whose pace tells whether more are to come: fewer than an album has, so that its last ones go together.
PACE_IMAGES = 8


@dataclass(eq=False, slots=True)
class Job:
    """An image on its way, what is asked of it, and where the answer goes.

    Attributes:
        admitted_s, begun_s: when it came, and when a worker got it, by the event loop's clock.
        deaths: of workers that held it.
        alone: whether it goes to a worker without others, since something went wrong when it was among them.
        awaits_others: whether it stays in the queue for others to go with, even while a worker is idle.
    """

    image: bytes
    request: Classify | Embed
    client: Hashable
    admitted_s: float
    answer: asyncio.Future[Any]
    begun_s: float = 0.0
    deaths: int = 0
    alone: bool = False
    awaits_others: bool = False

    def settle(self, result: Result) -> None:
        if isinstance(result, ImageError):
            self.fail(result)
        elif not self.answer.done():
            self.answer.set_result(result)

    def fail(self, error: InferenceError) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


class Pace:
    """Tells whether images come so fast that another one is likely within a time."""

    def __init__(self, within_s: float) -> None:
        self._longest_s = within_s * (PACE_IMAGES - 1)
        self._arrivals_s: deque[float] = deque(maxlen=PACE_IMAGES)

    def is_fast(self, arrival_s: float) -> bool:
        """Note an arrival; whether the last ones were on average no further apart than that time."""
        self._arrivals_s.append(arrival_s)
        return len(self._arrivals_s) == PACE_IMAGES and arrival_s - self._arrivals_s[0] <= self._longest_s


def gather_batch(
    first: Job,
    queue: FairQueue[Job],
    *,
    batch_size: int,
    workers: int,
    is_slow: Callable[[Hashable], bool] = lambda _: False,
) -> list[Job]:
    """Take images out of the queue that go to a worker together with another one.

    Args:
        first: the image whose turn it is.
        queue: clients take turns in the batch, too; whoever's next image is asked something else is passed over.
        batch_size: what the network runs at once.
        workers: among which the images in the queue are shared evenly, so that none idles while another has many.
        is_slow: tells whose images go by themselves, since they would hold up the others.

    Returns:
        The images, `first` among them, of which all are asked the same.
    """
    batch = [first]
    share = -(-(1 + len(queue)) // workers)
    limit = (
        1 if batch_size == 1 or first.alone or is_slow(first.client) else min(share, batch_size // first.request.looks)
    )
    free_bytes = SharedImages.CAPACITY_BYTES - SharedImages.needed_bytes(first.image)

    def fits(job: Job) -> bool:
        joins = not job.alone and job.request == first.request and not is_slow(job.client)
        return joins and SharedImages.needed_bytes(job.image) <= free_bytes

    while len(batch) < limit and (job := queue.pop(fits)) is not None:
        batch.append(job)
        free_bytes -= SharedImages.needed_bytes(job.image)
    return batch
