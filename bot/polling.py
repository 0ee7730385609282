"""Fetching updates by long polling: they are stored before Telegram is told that they came.

The library's own Updater ends silently when the token is revoked, and sits out its waits when it is asked to stop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog
from telegram import Bot
from telegram.error import InvalidToken, RetryAfter, TelegramError, TimedOut

from bot.inbox import Inbox
from bot.storage.engine import StorageError

log = structlog.get_logger()

# Telegram holds an empty poll this long; proxies and routers on the way drop silent connections after a minute.
POLL_TIMEOUT = timedelta(seconds=30)
# One answer is parsed in one go, and its updates are taken up in one go: more of them would hold up the event loop.
UPDATES_PER_POLL = 25
FIRST_BACKOFF_S = 0.5
MAX_BACKOFF_S = 30.0
# Whoever stops the program waits for this; untold, Telegram only sends the last updates again.
CONFIRM_TIMEOUT_S = 1.0


class Poller:
    """Puts the updates of one bot into its inbox, in their order.

    Args:
        bot: initialised.
        inbox: open.
        allowed_updates: the kinds of updates to ask for.
    """

    def __init__(self, bot: Bot, inbox: Inbox, *, allowed_updates: Sequence[str]) -> None:
        self._bot = bot
        self._inbox = inbox
        self._allowed_updates = allowed_updates
        self._offset: int | None = None

    async def run(self) -> None:
        """Poll until cancelled; what is confirmed to Telegram is in the inbox.

        Raises:
            InvalidToken: the token was revoked, so that no update will ever come.
        """
        backoff_s = FIRST_BACKOFF_S
        while True:
            try:
                await self._poll()
                backoff_s = FIRST_BACKOFF_S
            except InvalidToken:
                raise
            except TimedOut:
                log.info("polling timed out")
            except TelegramError as error:
                wait_s = _wait_s(error, backoff_s)
                log.warning("polling failed", reason=error.message, wait_s=wait_s)
                await asyncio.sleep(wait_s)
                backoff_s = min(2 * backoff_s, MAX_BACKOFF_S)
            except StorageError as error:
                # Telegram keeps the updates meanwhile.
                log.error("updates not taken", reason=str(error), wait_s=backoff_s)
                await asyncio.sleep(backoff_s)
                backoff_s = min(2 * backoff_s, MAX_BACKOFF_S)

    async def confirm(self) -> None:
        """Tell Telegram that what `run` fetched need not come again.

        Raises:
            TelegramError: Telegram could not be told, so it will send the last updates again.
        """
        if self._offset is not None:
            await self._bot.get_updates(
                offset=self._offset,
                limit=1,
                timeout=timedelta(0),
                connect_timeout=CONFIRM_TIMEOUT_S,
                read_timeout=CONFIRM_TIMEOUT_S,
            )

    async def _poll(self) -> None:
        updates = await self._bot.get_updates(
            offset=self._offset, limit=UPDATES_PER_POLL, timeout=POLL_TIMEOUT, allowed_updates=self._allowed_updates
        )
        await self._inbox.take(updates)
        # Nothing is left to confirm after an empty answer. An offset would skip what comes then, where Telegram begins
        # to number anew, as it does after a week in which nothing came.
        self._offset = updates[-1].update_id + 1 if updates else None


def _wait_s(error: TelegramError, backoff_s: float) -> float:
    if not isinstance(error, RetryAfter):
        return backoff_s
    asked = error.retry_after
    return float(asked) if isinstance(asked, int) else asked.total_seconds()
