"""Working on many updates side by side, and letting go of them when time is up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine, Iterable
from typing import Any

import structlog
from telegram import Update
from telegram.constants import ChatType
from telegram.ext import BaseUpdateProcessor

from bot import logs
from bot.domain.origins import client_of
from bot.limits.concurrency import ConcurrencyLimit
from bot.transport.idempotency import current_claims
from bot.transport.inbox import Inbox

# The library makes a task for each update anyway and would queue them here in their order, so that one chat's album
# held up everybody; `ConcurrencyLimit` shares the work out between people instead. This is more than are ever in hand.
MAX_CONCURRENT_UPDATES = 100_000
# Further ones of a person wait untouched: hundreds at once would queue up at the database before everybody else's. The
# parts of an album wait for each other, so there is room for two albums of ten.
UPDATES_PER_PERSON = 24


class UpdateProcessor(BaseUpdateProcessor):
    """Works on all updates at once, and knows which are in hand.

    Args:
        inbox: that the updates come from.
    """

    def __init__(self, inbox: Inbox) -> None:
        super().__init__(MAX_CONCURRENT_UPDATES)
        self._inbox = inbox
        self._concurrency = ConcurrencyLimit(UPDATES_PER_PERSON)
        self._in_flight: dict[asyncio.Task[Any], Update] = {}

    async def initialize(self) -> None:
        """Needs nothing."""

    async def shutdown(self) -> None:
        """Holds nothing."""

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Have an update handled; it is done when that ended, unless it was cancelled."""
        task = asyncio.current_task()
        assert task is not None
        assert isinstance(update, Update), "nothing else is put into the inbox"
        chat = update.effective_chat
        # A kind that is none of Telegram's may be anything, and stands in each line of the log.
        kind = chat.type if chat is not None and isinstance(chat.type, ChatType) else None
        structlog.contextvars.bind_contextvars(update_id=update.update_id, chat=kind)
        logs.current_update.set(self._inbox.body(update))
        current_claims.set(self._inbox.claims(update))
        self._in_flight[task] = update
        try:
            async with self._concurrency.of(_client_of(update)):
                await coroutine
            await self._inbox.finish(update)
        finally:
            assert isinstance(coroutine, Coroutine), "the library makes one for each update"
            coroutine.close()  # cancelled before its turn, it would complain that nobody awaited it
            del self._in_flight[task]

    async def drain(self, drain_timeout_s: float) -> list[Update]:
        """Cancel what is in hand, wait until it has ended, and return what is not done.

        Args:
            drain_timeout_s: seconds that messages on their way may take; the fate of one that is cut off is unknown.
        """
        tasks = dict(self._in_flight)
        sending = {task for task, update in tasks.items() if self._inbox.claims(update).sending}
        await _end(tasks.keys() - sending)
        if sending:
            await asyncio.wait(sending, timeout=drain_timeout_s)
            await _end(sending)
        return [update for task, update in tasks.items() if task.cancelled()]


async def _end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _client_of(update: Update) -> int:
    """Tell whose turn an update takes; nobody's is 0."""
    if update.callback_query is not None:
        return update.callback_query.from_user.id
    if update.effective_message is not None:
        return client_of(update.effective_message)
    return update.effective_chat.id if update.effective_chat is not None else 0
