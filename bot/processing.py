"""Working on many updates side by side, and letting go of them when time is up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import structlog
from telegram import Update
from telegram.ext import BaseUpdateProcessor

# The library makes a task for each update anyway and would queue them here in their order, so that one chat's album
# held up everybody; `ChatTurns` shares the work out between chats instead. This is more than are ever in hand.
MAX_CONCURRENT_UPDATES = 100_000


class UpdateProcessor(BaseUpdateProcessor):
    """Works on all updates at once, and knows which are in hand."""

    def __init__(self) -> None:
        super().__init__(MAX_CONCURRENT_UPDATES)
        self._in_hand: set[asyncio.Task[Any]] = set()

    async def initialize(self) -> None:
        """Needs nothing."""

    async def shutdown(self) -> None:
        """Holds nothing."""

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        task = asyncio.current_task()
        assert task is not None
        if isinstance(update, Update):
            chat = update.effective_chat
            structlog.contextvars.bind_contextvars(update_id=update.update_id, chat=chat.type if chat else None)
        self._in_hand.add(task)
        try:
            await coroutine
        finally:
            self._in_hand.discard(task)

    async def abandon(self) -> int:
        """Cancel what is in hand, wait until it has ended, and return how many updates that were."""
        abandoned = set(self._in_hand)
        for task in abandoned:
            task.cancel()
        await asyncio.gather(*abandoned, return_exceptions=True)
        return len(abandoned)
