"""Handles many updates concurrently, and cancels unfinished updates when the program stops."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine, Iterable
from typing import Any

import structlog
from telegram import Update
from telegram.constants import ChatType
from telegram.ext import BaseUpdateProcessor

from bot import logs
from bot.domain.origins import client_of_update
from bot.limits.concurrency import ConcurrencyLimit
from bot.transport.inbox import Inbox

# Limit on updates at once in the library, set higher than the number that is ever in flight. Above the limit, the
# library would queue updates in their order, so that one chat's album would delay everybody. `ConcurrencyLimit` shares
# the work between people instead.
MAX_CONCURRENT_UPDATES = 100_000
# Number of updates of one person that are handled at once. The person's further updates wait: hundreds at once would be
# ahead of everybody else's in the queue for the database. The parts of an album wait for each other, so there is room
# for two albums of ten.
UPDATES_PER_PERSON = 24


class UpdateProcessor(BaseUpdateProcessor):
    """Handles all updates at once, and knows which are in flight.

    Args:
        inbox: queue that the updates come from.
    """

    def __init__(self, inbox: Inbox) -> None:
        super().__init__(MAX_CONCURRENT_UPDATES)
        self._inbox = inbox
        self._concurrency = ConcurrencyLimit(UPDATES_PER_PERSON)
        self._in_flight: dict[asyncio.Task[Any], Update] = {}
        self._drained = False

    async def initialize(self) -> None:
        """Do nothing; the library requires this method."""

    async def shutdown(self) -> None:
        """Do nothing; the library requires this method."""

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Run the handlers of an update, and mark it done unless it was cancelled."""
        task = asyncio.current_task()
        assert task is not None
        assert isinstance(update, Update), "nothing else is put into the inbox"
        chat = update.effective_chat
        # The kind of the chat is in each log line. An unknown kind is not logged, because it may be any text.
        kind = chat.type if chat is not None and isinstance(chat.type, ChatType) else None
        structlog.contextvars.bind_contextvars(update_id=update.update_id, chat=kind)
        logs.current_update.set(self._inbox.body(update))
        self._in_flight[task] = update
        try:
            if self._drained:
                return
            async with self._concurrency.slot(client_of_update(update)):
                await coroutine
            await self._inbox.mark_done(update)
        finally:
            assert isinstance(coroutine, Coroutine), "the library makes one for each update"
            coroutine.close()  # Python warns of coroutines that were never awaited
            del self._in_flight[task]

    async def drain(self, drain_timeout_s: float) -> list[Update]:
        """Cancel the in-flight updates, wait until they have ended, and return the unfinished updates.

        Updates that come later are not handled.

        Args:
            drain_timeout_s: seconds to wait for messages that are being sent, because the fate of a cancelled message
                is unknown.
        """
        self._drained = True
        tasks = dict(self._in_flight)
        sending = {task for task, update in tasks.items() if self._inbox.records(update).sending}
        await _end(tasks.keys() - sending)
        if sending:
            await asyncio.wait(sending, timeout=drain_timeout_s)
            await _end(sending)
        return [update for task, update in tasks.items() if task.cancelled()]


async def _end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
