"""Fairness between chats before a photo reaches the pool."""

from __future__ import annotations

import asyncio
from collections import Counter
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
