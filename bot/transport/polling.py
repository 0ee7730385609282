"""Fetches updates by long polling. Updates are stored before they are confirmed to Telegram.

Each update is read separately. An unreadable update is confirmed, too, so that it is received once and does not delay
other updates.

The library's own Updater ends silently when the token is revoked, and does not stop before its current wait is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError, TimedOut

from bot.limits.backoff import pauses_s
from bot.storage.engine import StorageError
from bot.transport.bot_client import TelegramBot
from bot.transport.conflicts import Conflicts
from bot.transport.http import TooLarge
from bot.transport.inbox import Inbox
from bot.transport.objects import update_id_of
from bot.transport.revocation import REVOKED_AFTER_S, Revocation

log = structlog.get_logger()

# Seconds that Telegram holds a poll while there are no updates. Proxies and routers drop silent connections after a
# minute.
POLL_TIMEOUT_S = 30
# Number of updates that one poll fetches. They are parsed and queued in one go, so more updates would block the event
# loop for too long.
UPDATES_PER_POLL = 25
FIRST_PAUSE_S = 0.5
# Longest pause in seconds after a 429. A bot that polls too early gets another 429, which is better than a pause of a
# day.
MAX_COOL_DOWN_S = 300.0
# Seconds to pause after updates without an id: they cannot be confirmed, and Telegram may send them again at once.
PAUSE_WITHOUT_IDS_S = 1.0
# Seconds that the confirmation of the last updates may take. The program stops only after that. Without a confirmation,
# Telegram sends the updates again.
CONFIRM_TIMEOUT_S = 1.0


class Poller:
    """Puts the updates of one bot into its inbox, in their order.

    Args:
        bot: initialised bot.
        inbox: open inbox.
        allowed_updates: kinds of updates to ask for.
        poll_timeout_s: seconds that Telegram holds a poll while there are no updates.
        revoked_after_s: seconds of refusals after which Telegram is asked whether the token was revoked.
        first_pause_s: pause in seconds after a failed poll; it doubles with each further failure.
        pause_without_ids_s: pause in seconds after updates that have no id.
        conflicts: logs that polls are refused because another program fetches the updates.
    """

    source = "getUpdates"

    def __init__(
        self,
        bot: TelegramBot,
        inbox: Inbox,
        *,
        allowed_updates: Sequence[str],
        poll_timeout_s: int = POLL_TIMEOUT_S,
        revoked_after_s: float = REVOKED_AFTER_S,
        first_pause_s: float = FIRST_PAUSE_S,
        pause_without_ids_s: float = PAUSE_WITHOUT_IDS_S,
        conflicts: Conflicts | None = None,
    ) -> None:
        self._bot = bot
        self._inbox = inbox
        self._allowed_updates = allowed_updates
        self._poll_timeout_s = poll_timeout_s
        self._revocation = Revocation(bot, after_s=revoked_after_s)
        self._first_pause_s = first_pause_s
        self._pause_without_ids_s = pause_without_ids_s
        self._conflicts = conflicts or Conflicts()
        self._offset: int | None = None
        self._limit = UPDATES_PER_POLL
        self._succeeded_s: float | None = None

    @property
    def silent_s(self) -> float:
        """Seconds since the last successful poll, or since `run` began; 0 before `run` and while the inbox is full."""
        return 0.0 if self._succeeded_s is None else asyncio.get_running_loop().time() - self._succeeded_s

    @property
    def conflict(self) -> str:
        """What another program does to the updates of this bot, if that lasts; "" for nothing."""
        return "another program or a webhook takes this bot's updates (409)" if self._conflicts.lasting else ""

    async def run(self) -> None:
        """Poll until cancelled. Updates are in the inbox before they are confirmed.

        Raises:
            InvalidToken: the token was revoked, so no more updates will come.
        """
        clock = asyncio.get_running_loop()
        pauses = pauses_s(self._first_pause_s)
        self._succeeded_s = clock.time()
        while True:
            try:
                await self._wait_for_room()
                await self._poll()
                self._succeeded_s = clock.time()
                self._conflicts.succeeded(self._succeeded_s)
                pauses = pauses_s(self._first_pause_s)
                self._revocation.clear()
                continue
            except TimedOut:
                log.info("polling timed out")
                continue
            except TelegramError as error:
                if isinstance(error, TooLarge) and self._limit > 1:
                    self._limit //= 2
                    log.warning("updates are too large together", limit=self._limit)
                    continue
                if isinstance(error, InvalidToken) and await self._revocation.is_certain():
                    raise
                pause_s = next(pauses)
                wait_s = _retry_after_s(error) or pause_s
                if isinstance(error, Conflict):
                    self._conflicts.refused(error.message, clock.time())
                else:
                    log.warning("polling failed", reason=error.message, wait_s=wait_s)
            except StorageError as error:
                # Telegram keeps the updates in the meantime.
                wait_s = next(pauses)
                log.error("updates not stored", reason=str(error), wait_s=wait_s)
            await asyncio.sleep(wait_s)

    async def _wait_for_room(self) -> None:
        if self._inbox.has_room:
            return
        self._succeeded_s = None
        await self._inbox.wait_for_room()
        self._succeeded_s = asyncio.get_running_loop().time()

    async def confirm(self) -> None:
        """Confirm the updates that `run` fetched.

        Raises:
            TelegramError: the updates could not be confirmed, so Telegram will send the last ones again.
        """
        if self._offset is not None:
            await self._bot.raw_updates(
                offset=self._offset,
                limit=1,
                timeout_s=0,
                connect_timeout=CONFIRM_TIMEOUT_S,
                read_timeout=CONFIRM_TIMEOUT_S,
            )

    async def _poll(self) -> None:
        items = await self._bot.raw_updates(
            offset=self._offset,
            limit=self._limit,
            timeout_s=self._poll_timeout_s,
            allowed_updates=self._allowed_updates,
        )
        await self._inbox.enqueue(items)
        self._limit = min(2 * self._limit, UPDATES_PER_POLL)
        ids = [update_id for item in items if (update_id := update_id_of(item)) is not None]
        # After an empty response, nothing is left to confirm. After a week without updates, Telegram starts with new
        # numbers, so an offset might skip new updates.
        self._offset = _next_offset(self._offset, ids, len(items)) if items else None
        if items and not ids:
            await asyncio.sleep(self._pause_without_ids_s)


def _next_offset(offset: int | None, ids: Sequence[int], count: int) -> int | None:
    """Return the offset that confirms the updates of a poll and no other updates.

    Args:
        offset: offset of the poll.
        ids: ids of the updates that have an id.
        count: number of all updates.
    """
    # A poll returns the first updates from its offset on, with ascending ids. So even if ids are missing, this offset
    # confirms no update that was not received.
    at_least = [offset + count] if offset is not None else []
    return max((*at_least, *(update_id + 1 for update_id in ids)), default=None)


def _retry_after_s(error: TelegramError) -> float | None:
    if not isinstance(error, RetryAfter):
        return None
    asked = error.retry_after
    return min(float(asked) if isinstance(asked, int) else asked.total_seconds(), MAX_COOL_DOWN_S)
