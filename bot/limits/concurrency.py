"""Shares the work fairly between clients before their images reach the pool, and limits the memory of the images.

A client is a person, or a chat if no person is known; see `origins.client_of`.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager


class ConcurrencyLimit:
    """Limits the number of tasks that each client runs at once.

    A client's further tasks wait before they start, and do not block other clients.

    Args:
        per_client: maximum number of tasks that one client runs at once.
    """

    def __init__(self, per_client: int) -> None:
        self._per_client = per_client
        self._clients: dict[Hashable, asyncio.Semaphore] = {}
        self._tasks: Counter[Hashable] = Counter()

    @asynccontextmanager
    async def slot(self, client: Hashable) -> AsyncIterator[None]:
        """Wait for a slot of the client and occupy it."""
        slots = self._clients.get(client)
        if slots is None:
            slots = self._clients[client] = asyncio.Semaphore(self._per_client)
        self._tasks[client] += 1
        try:
            async with slots:
                yield
        finally:
            self._tasks[client] -= 1
            if not self._tasks[client]:
                del self._tasks[client], self._clients[client]


class MemoryBudget:
    """Limits the memory of images in flight. Images over the budget wait; waiting clients take turns.

    Args:
        max_bytes: maximum size of all images in flight.
        max_bytes_per_client: maximum size of the images of one client; at least the size of the largest image.
    """

    def __init__(self, max_bytes: int, max_bytes_per_client: int) -> None:
        self._free_bytes = max_bytes
        self._max_bytes_per_client = max_bytes_per_client
        self._held_bytes: Counter[int] = Counter()
        # For each client, the images that wait and their sizes in bytes. The next client and the next image come first.
        self._waiting: OrderedDict[int, dict[asyncio.Future[None], int]] = OrderedDict()

    @asynccontextmanager
    async def reserve(self, client: int, size_bytes: int) -> AsyncIterator[None]:
        """Wait for room for an image, and reserve it.

        Args:
            client: id of the image's client.
            size_bytes: size of the image.

        Raises:
            ValueError: the image is larger than a client's share.
        """
        if size_bytes > self._max_bytes_per_client:
            raise ValueError(f"expected at most {self._max_bytes_per_client} bytes. Received: {size_bytes}")
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(client, {})[place] = size_bytes
        self._release()
        try:
            await place
            yield
        finally:
            if place.cancelled():
                self._remove_waiter(client, place)
            else:
                self._reserve(client, -size_bytes)
            self._release()

    def _release(self) -> None:
        while (client := self._next()) is not None:
            place, size_bytes = next(iter(self._waiting[client].items()))
            self._waiting.move_to_end(client)
            self._remove_waiter(client, place)
            if not place.done():
                self._reserve(client, size_bytes)
                place.set_result(None)

    def _next(self) -> int | None:
        """Return the next client. Only clients whose share is used up are skipped, so that no client waits for ever."""
        for client, places in self._waiting.items():
            size_bytes = next(iter(places.values()))
            if self._held_bytes[client] + size_bytes <= self._max_bytes_per_client:
                return client if size_bytes <= self._free_bytes else None
        return None

    def _reserve(self, client: int, size_bytes: int) -> None:
        self._free_bytes -= size_bytes
        self._held_bytes[client] += size_bytes
        if not self._held_bytes[client]:
            del self._held_bytes[client]

    def _remove_waiter(self, client: int, place: asyncio.Future[None]) -> None:
        places = self._waiting.get(client, {})
        places.pop(place, None)
        if not places:
            self._waiting.pop(client, None)
