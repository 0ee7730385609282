"""Fairness between chats before an image reaches the pool, and a bound to the memory of those in hand."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class ChatTurns:
    """Lets each chat have a few images in hand; its further ones wait, not yet downloaded, and hold up no other chat.

    Args:
        images_per_chat: at once.
    """

    def __init__(self, images_per_chat: int) -> None:
        self._images_per_chat = images_per_chat
        self._chats: dict[int, asyncio.Semaphore] = {}
        self._users: Counter[int] = Counter()

    @asynccontextmanager
    async def of(self, chat_id: int) -> AsyncIterator[None]:
        """Wait for one of the chat's turns and hold it."""
        turns = self._chats.setdefault(chat_id, asyncio.Semaphore(self._images_per_chat))
        self._users[chat_id] += 1
        try:
            async with turns:
                yield
        finally:
            self._users[chat_id] -= 1
            if not self._users[chat_id]:
                del self._users[chat_id], self._chats[chat_id]


class ByteBudget:
    """Bounds the memory of images in hand: whoever would exceed it waits, and the chats that wait take turns.

    Args:
        max_bytes: of all images in hand together.
        max_bytes_per_chat: of those of one chat; at least the largest image's.
    """

    def __init__(self, max_bytes: int, max_bytes_per_chat: int) -> None:
        self._free_bytes = max_bytes
        self._max_bytes_per_chat = max_bytes_per_chat
        self._held_bytes: Counter[int] = Counter()
        # Of each chat, the places that it waits for and their sizes, the next first.
        self._waiting: OrderedDict[int, dict[asyncio.Future[None], int]] = OrderedDict()

    @asynccontextmanager
    async def of(self, chat_id: int, size_bytes: int) -> AsyncIterator[None]:
        """Wait until there is room for an image of a chat's, and take it up.

        Raises:
            ValueError: it is larger than a chat's share.
        """
        if size_bytes > self._max_bytes_per_chat:
            raise ValueError(f"expected at most {self._max_bytes_per_chat} bytes. Received: {size_bytes}")
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(chat_id, {})[place] = size_bytes
        self._hand_out()
        try:
            await place
            yield
        finally:
            if place.cancelled():
                self._leave(chat_id, place)
            else:
                self._hold(chat_id, -size_bytes)
            self._hand_out()

    def _hand_out(self) -> None:
        while (chat_id := self._next()) is not None:
            place, size_bytes = next(iter(self._waiting[chat_id].items()))
            self._waiting.move_to_end(chat_id)
            self._leave(chat_id, place)
            if not place.done():
                self._hold(chat_id, size_bytes)
                place.set_result(None)

    def _next(self) -> int | None:
        """Find whose turn it is; only a chat whose own share is used up is passed over, so that nobody starves."""
        for chat_id, places in self._waiting.items():
            size_bytes = next(iter(places.values()))
            if self._held_bytes[chat_id] + size_bytes <= self._max_bytes_per_chat:
                return chat_id if size_bytes <= self._free_bytes else None
        return None

    def _hold(self, chat_id: int, size_bytes: int) -> None:
        self._free_bytes -= size_bytes
        self._held_bytes[chat_id] += size_bytes
        if not self._held_bytes[chat_id]:
            del self._held_bytes[chat_id]

    def _leave(self, chat_id: int, place: asyncio.Future[None]) -> None:
        places = self._waiting.get(chat_id, {})
        places.pop(place, None)
        if not places:
            self._waiting.pop(chat_id, None)
