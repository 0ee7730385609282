"""Fetching updates by long polling: they are stored before Telegram is told that they came.

Each is read by itself, and one that cannot be read is told of as well, so that it comes once and holds up no other.

The library's own Updater ends silently when the token is revoked, and sits out its waits when it is asked to stop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog
from telegram.error import InvalidToken, RetryAfter, TelegramError, TimedOut

from bot.storage.engine import StorageError
from bot.transport.bot_client import TelegramBot
from bot.transport.http import TooLarge
from bot.transport.inbox import Inbox
from bot.transport.objects import update_id_of

log = structlog.get_logger()

# Telegram holds an empty poll this long; proxies and routers on the way drop silent connections after a minute.
POLL_TIMEOUT_S = 30
# One answer is parsed in one go, and its updates are taken up in one go: more of them would hold up the event loop.
UPDATES_PER_POLL = 25
FIRST_BACKOFF_S = 0.5
MAX_BACKOFF_S = 30.0
# Whoever asks sooner than told is told once more; whoever believes in a day is away for a day.
MAX_ASKED_WAIT_S = 300.0
# Updates without an id may come again at once.
PAUSE_WITHOUT_IDS_S = 1.0
# A server on the way, or one that is just being set up, may say for a while that it knows no such bot.
REVOKED_AFTER_S = 60.0
REVOKED_AFTER_TIMES = 3
# Whoever stops the program waits for this; untold, Telegram only sends the last updates again.
CONFIRM_TIMEOUT_S = 1.0


class Poller:
    """Puts the updates of one bot into its inbox, in their order.

    Args:
        bot: initialised.
        inbox: open.
        allowed_updates: the kinds of updates to ask for.
        poll_timeout_s: how long Telegram holds a poll while there are no updates.
        revoked_after_s: how long the token is refused, several times, before Telegram is asked whether it was revoked.
        first_backoff_s: the pause after a failed poll; it doubles with each further one.
        pause_without_ids_s: the pause after updates that have no id.
    """

    def __init__(
        self,
        bot: TelegramBot,
        inbox: Inbox,
        *,
        allowed_updates: Sequence[str],
        poll_timeout_s: int = POLL_TIMEOUT_S,
        revoked_after_s: float = REVOKED_AFTER_S,
        first_backoff_s: float = FIRST_BACKOFF_S,
        pause_without_ids_s: float = PAUSE_WITHOUT_IDS_S,
    ) -> None:
        self._bot = bot
        self._inbox = inbox
        self._allowed_updates = allowed_updates
        self._poll_timeout_s = poll_timeout_s
        self._revoked_after_s = revoked_after_s
        self._first_backoff_s = first_backoff_s
        self._pause_without_ids_s = pause_without_ids_s
        self._offset: int | None = None
        self._limit = UPDATES_PER_POLL
        # When the token was refused since the last poll that it was not.
        self._refused_s: list[float] = []

    async def run(self) -> None:
        """Poll until cancelled; what is confirmed to Telegram is in the inbox.

        Raises:
            InvalidToken: the token was revoked, so that no update will ever come.
        """
        backoff_s = self._first_backoff_s
        while True:
            try:
                await self._poll()
                backoff_s = self._first_backoff_s
                self._refused_s.clear()
                continue
            except TimedOut:
                log.info("polling timed out")
                continue
            except TelegramError as error:
                if isinstance(error, TooLarge) and self._limit > 1:
                    self._limit //= 2
                    log.warning("updates are too large together", limit=self._limit)
                    continue
                if isinstance(error, InvalidToken) and await self._is_revoked():
                    raise
                wait_s = _wait_s(error, backoff_s)
                log.warning("polling failed", reason=error.message, wait_s=wait_s)
            except StorageError as error:
                # Telegram keeps the updates meanwhile.
                wait_s = backoff_s
                log.error("updates not taken", reason=str(error), wait_s=wait_s)
            await asyncio.sleep(wait_s)
            backoff_s = min(2 * backoff_s, MAX_BACKOFF_S)

    async def _is_revoked(self) -> bool:
        """Tell whether the token was refused for long enough, and still is where another method is asked."""
        now_s = asyncio.get_running_loop().time()
        self._refused_s.append(now_s)
        if len(self._refused_s) < REVOKED_AFTER_TIMES or now_s - self._refused_s[0] < self._revoked_after_s:
            return False
        try:
            await self._bot.get_me()
        except InvalidToken:
            return True
        except TelegramError as error:
            log.warning("whether the token was revoked is unknown", reason=error.message)
        return False

    async def confirm(self) -> None:
        """Tell Telegram that what `run` fetched need not come again.

        Raises:
            TelegramError: Telegram could not be told, so it will send the last updates again.
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
        await self._inbox.take(items)
        self._limit = min(2 * self._limit, UPDATES_PER_POLL)
        ids = [update_id for item in items if (update_id := update_id_of(item)) is not None]
        # Nothing is left to confirm after an empty answer. An offset would skip what comes then, where Telegram begins
        # to number anew, as it does after a week in which nothing came.
        self._offset = _next_offset(self._offset, ids, len(items)) if items else None
        if items and not ids:
            await asyncio.sleep(self._pause_without_ids_s)


def _next_offset(offset: int | None, ids: Sequence[int], count: int) -> int | None:
    """Work out what confirms updates that came, and no other.

    Args:
        offset: that they were asked for with.
        ids: of those that have one.
        count: of all.
    """
    # They are the first ones from the offset on, and their ids ascend: also where an id is missing, none that did not
    # come is below this.
    at_least = [offset + count] if offset is not None else []
    return max((*at_least, *(update_id + 1 for update_id in ids)), default=None)


def _wait_s(error: TelegramError, backoff_s: float) -> float:
    if not isinstance(error, RetryAfter):
        return backoff_s
    asked = error.retry_after
    return min(float(asked) if isinstance(asked, int) else asked.total_seconds(), MAX_ASKED_WAIT_S)
