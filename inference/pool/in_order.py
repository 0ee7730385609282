"""Runs a limited number of tasks at the same time, and yields their results in order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from itertools import islice
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")


async def in_order(
    work: Callable[[T], Coroutine[Any, Any, R]], items: Iterable[T], *, in_flight: int
) -> AsyncGenerator[tuple[T, asyncio.Task[R]], None]:
    """Process several items at the same time, and yield each item with its finished task, in the order of the items.

    An item is taken only when there is room for it, so there may be very many items. A caller that may stop before the
    end wraps this generator in `contextlib.aclosing`, which cancels the unfinished tasks.

    Args:
        work: called with each item.
        items: items to process.
        in_flight: maximum number of items in progress, at least 1.
    """
    waiting = iter(items)
    running: deque[tuple[T, asyncio.Task[R]]] = deque()
    try:
        while True:
            for item in islice(waiting, in_flight - len(running)):
                running.append((item, asyncio.create_task(work(item))))
            if not running:
                return
            await asyncio.wait([running[0][1]])
            yield running.popleft()
    finally:
        for _, task in running:
            task.cancel()
        await asyncio.gather(*(task for _, task in running), return_exceptions=True)
