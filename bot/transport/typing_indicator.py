"""Showing "typing" in a chat while something is in hand for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import structlog
from telegram import Message
from telegram.constants import ChatAction
from telegram.error import TelegramError

from bot.transport.sending import topic

log = structlog.get_logger()

# Telegram shows "typing" for five seconds.
RENEWAL_S = 4.5


@dataclass(slots=True)
class _Showing:
    in_hand: int = 0
    done: asyncio.Event = field(default_factory=asyncio.Event)


class TypingIndicator:
    """Shows "typing" in each chat, and each topic, where something is in hand, with one request at a time."""

    def __init__(self) -> None:
        self._places: dict[tuple[int, int | None], _Showing] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def shown(self, message: Message) -> AsyncIterator[None]:
        """Show it where `message` was sent, at once and for as long as the block lasts."""
        place = (message.chat_id, topic(message))
        showing = self._places.get(place)
        if showing is None:
            showing = self._places[place] = _Showing()
            task = asyncio.create_task(self._show(message, showing.done))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        showing.in_hand += 1
        try:
            await asyncio.sleep(0)  # lets the task send before the block does anything
            yield
        finally:
            showing.in_hand -= 1
            if not showing.in_hand:
                # A request under way is left to end: cut off, it would take its connection with it.
                showing.done.set()
                del self._places[place]

    async def _show(self, message: Message, done: asyncio.Event) -> None:
        while not done.is_set():
            try:
                await message.get_bot().send_chat_action(
                    message.chat_id, ChatAction.TYPING, message_thread_id=topic(message)
                )
            except TelegramError as error:
                log.debug("typing not shown", reason=error.message)
            with suppress(TimeoutError):
                async with asyncio.timeout(RENEWAL_S):
                    await done.wait()
