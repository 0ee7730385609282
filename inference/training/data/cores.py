"""Work on images, spread over all cores."""

from __future__ import annotations

import os
import warnings
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

# Number of items in flight per core: enough to keep all cores busy while one of them works on a large photo, and few
# enough to fit into memory.
READ_AHEAD = 16


def core_count() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0))


def map_on_all_cores(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Call a function on each item, with one thread per core; return the results in the order of the items.

    Threads are enough, since decoding and networks release Python's global interpreter lock.

    Args:
        work: function to call; any thread may call it.
        items: items to work on; each item is read only when it is needed.
    """
    waiting: deque[Future[Result]] = deque()
    results: list[Result] = []
    # Decoding silences warnings, but warnings.catch_warnings is not thread-safe. So warnings are silenced once, around
    # all threads.
    with warnings.catch_warnings(action="ignore"), ThreadPoolExecutor(core_count()) as threads:
        for item in items:
            if len(waiting) == core_count() * READ_AHEAD:
                results.append(waiting.popleft().result())
            waiting.append(threads.submit(work, item))
        results.extend(future.result() for future in waiting)
    return results
