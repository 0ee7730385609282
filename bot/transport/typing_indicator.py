"""Shows the sign "typing" in each chat for which the bot is preparing an answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import structlog
from telegram import Message
from telegram.constants import ChatAction
from telegram.error import TelegramError

from bot.transport.outbox import direct_topic, topic

log = structlog.get_logger()

# Seconds between two requests: after each request, Telegram shows "typing" for five seconds.
RENEWAL_S = 4.5


@dataclass(slots=True)
class _Sign:
    users: int = 0
    done: asyncio.Event = field(default_factory=asyncio.Event)


class TypingIndicator:
    """Shows "typing" in chats and in topics of forums. Each chat or topic has one request at a time."""

    def __init__(self) -> None:
        self._places: dict[tuple[int, int | None], _Sign] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def shown(self, message: Message) -> AsyncIterator[None]:
        """Show "typing" in the chat or topic of a message, from the beginning to the end of the block.

        Telegram has no such sign in the direct messages to a channel.
        """
        if direct_topic(message) is not None:
            yield
            return
        place = (message.chat_id, topic(message))
        sign = self._places.get(place)
        if sign is None:
            sign = self._places[place] = _Sign()
            task = asyncio.create_task(self._show(message, sign.done))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        sign.users += 1
        try:
            if sign.users == 1:
                await asyncio.sleep(0)  # lets the task send its request before the block begins
            yield
        finally:
            sign.users -= 1
            if not sign.users:
                # A request that is under way is not cancelled, because that would close its connection.
                sign.done.set()
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
