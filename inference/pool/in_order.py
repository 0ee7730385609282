"""Many things at once, a bounded number of them, and their results in order."""

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
    """Work on several items at once, and yield each with its task, which is done, in the order of the items.

    Items are taken when there is room for them, so that they may be many. Whoever may stop before the end wraps this
    in `contextlib.aclosing`, which cancels what is still under way.

    Args:
        work: is called with each item.
        items: what there is to do.
        in_flight: items at a time, at least 1.
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
