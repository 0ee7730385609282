"""Work on images, spread over the cores."""

from __future__ import annotations

import os
import warnings
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

# Items held for each core: enough that none idles behind a large photo, little enough for memory.
READ_AHEAD = 16


def core_count() -> int:
    """Number of cores that this process may use."""
    return len(os.sched_getaffinity(0))


def map_on_all_cores(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Do some work for each item, one thread a core, and return the results in the order of the items.

    Decoding and networks hold no lock of Python's, so threads do; items are read as they are needed.
    """
    waiting: deque[Future[Result]] = deque()
    results: list[Result] = []
    # Decoding an image silences warnings in between, and threads that do it at once restore each other's filters.
    with warnings.catch_warnings(action="ignore"), ThreadPoolExecutor(core_count()) as threads:
        for item in items:
            if len(waiting) == core_count() * READ_AHEAD:
                results.append(waiting.popleft().result())
            waiting.append(threads.submit(work, item))
        results.extend(future.result() for future in waiting)
    return results
