"""The durable queue of updates: stored before Telegram is told that they came, and taken up anew after a crash.

    take -> stored -> queued -> handled -> finish
              ^                    |
              └──── next start <───┘ a crash, or a stop that would not wait

A crash does not say which of the updates in hand it is to be blamed on. Those that were in hand at two crashes are
suspects: they are taken up one at a time, so that a further crash says more. One that was in hand at two of those, too,
is retired: it gets an apology for an answer.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import SQLAlchemyError
from telegram import Bot, Update

from bot.claims import Claims
from bot.storage.engine import StorageError
from bot.storage.inbox import Received, ReceivedUpdates, Unfinished
from bot.storage.sends import Claim, Sends

log = structlog.get_logger()

# Once may be the machine's fault, and so may twice, on a bad day.
SUSPECT_AFTER = 2
RETIRED_AFTER = SUSPECT_AFTER + 2
# Beyond the number of any message that earlier attempts claimed, so that an apology is none of those.
FIRST_MESSAGE_OF_RETIRED = 1_000
# Between attempts to store what is to be known at the next start.
FIRST_BACKOFF_S = 0.5
MAX_BACKOFF_S = 30.0


@dataclass(frozen=True, slots=True)
class Entry:
    """An update in hand.

    Attributes:
        claims: the messages that answer it.
        received_at_s: in seconds since 1970.
        retired: whether it is not to be handled any more.
    """

    claims: Claims
    received_at_s: float
    retired: bool = False


class Inbox(asyncio.Queue[object]):
    """The queue from which the library's Application takes updates; it is to be opened before it takes any.

    Args:
        max_age_s: of messages that are still handled.
    """

    def __init__(self, *, max_age_s: float) -> None:
        super().__init__()
        self._max_age_s = max_age_s
        self._in_hand: dict[int, Entry] = {}
        self._suspects: deque[tuple[Update, Entry]] = deque()
        self._suspect_in_hand: int | None = None
        self._closed = False

    async def open(self, updates: ReceivedUpdates, sends: Sends, bot: Bot) -> None:
        """Queue what the last run of the program left unfinished, in its order.

        Args:
            updates: where updates are stored.
            sends: where the messages are stored that answer them.
            bot: that the updates are for.
        """
        self._updates, self._sends = updates, sends
        unfinished, claims = await updates.unfinished(), await sends.of_unfinished()
        await updates.count_attempts(below=SUSPECT_AFTER)
        for row in unfinished:
            update = Update.de_json(row.body, bot)
            entry = self._entry(row, claims.get(row.update_id, {}))
            if SUSPECT_AFTER <= row.attempts < RETIRED_AFTER:
                self._suspects.append((update, entry))
            else:
                self._queue_up(update, entry)
        if unfinished:
            log.info("taken up again", updates=len(unfinished), suspects=len(self._suspects))
        await self._take_up_suspect()

    def close(self) -> None:
        """Take up no more suspects: what is in hand is to be finished."""
        self._closed = True

    async def take(self, updates: Sequence[Update]) -> None:
        """Store updates and queue those that did not come before.

        Raises:
            StorageError: they could not be stored.
        """
        rows = [Received(update.update_id, _chat_id(update), update.to_dict()) for update in updates]
        try:
            unknown = await self._updates.add(rows)
        except SQLAlchemyError as error:
            raise StorageError(f"Updates could not be stored: {str(error).splitlines()[0]}") from error
        for update in {update.update_id: update for update in updates}.values():
            if update.update_id in unknown:
                self._queue_up(update, Entry(Claims(self._sends, update.update_id), time.time()))

    def claims(self, update: Update) -> Claims:
        """Return the messages that answer an update in hand."""
        return self._in_hand[update.update_id].claims

    def is_retired(self, update: Update) -> bool:
        """Whether an update in hand is not to be handled, after all the crashes when it was."""
        return self._in_hand[update.update_id].retired

    def is_too_old(self, update: Update) -> bool:
        """Whether an update in hand waited so long that its answer is of no use any more.

        Messages tell when they were sent. A press of a button does not: what counts is when it came here.
        """
        if update.message is not None:
            since_s = update.message.date.timestamp()
        elif update.callback_query is not None:
            since_s = self._in_hand[update.update_id].received_at_s
        else:
            return False
        return time.time() - since_s > self._max_age_s

    def is_stale(self, update: Update) -> bool:
        """Whether an update in hand is not to be handled, for either reason."""
        return self.is_retired(update) or self.is_too_old(update)

    async def finish(self, update: Update) -> None:
        """Store that an update is done; where the database fails, wait until it works again."""
        await _until_stored(lambda: self._updates.finish(update.update_id))
        del self._in_hand[update.update_id]
        if update.update_id == self._suspect_in_hand:
            await self._take_up_suspect()

    async def leave(self, updates: Iterable[Update]) -> None:
        """Keep updates for the next start, which are not to be blamed for that."""
        await self._take_back([update for update in updates if not self.is_retired(update)])

    async def _take_back(self, updates: Sequence[Update]) -> None:
        try:
            await self._updates.take_attempts_back([update.update_id for update in updates])
        except SQLAlchemyError as error:
            log.error("the next start takes this stop for a crash", reason=type(error).__name__)

    def _entry(self, row: Unfinished, claims: dict[int, Claim]) -> Entry:
        retired = row.attempts >= RETIRED_AFTER
        first = FIRST_MESSAGE_OF_RETIRED if retired else 0
        return Entry(Claims(self._sends, row.update_id, claims, first=first), row.received_at, retired)

    def _queue_up(self, update: Update, entry: Entry) -> None:
        self._in_hand[update.update_id] = entry
        self.put_nowait(update)

    async def _take_up_suspect(self) -> None:
        self._suspect_in_hand = None
        if not self._suspects or self._closed:
            return
        update, entry = self._suspects.popleft()
        await _until_stored(lambda: self._updates.count_attempt(update.update_id))
        if self._closed:
            await self._take_back([update])
            return
        self._suspect_in_hand = update.update_id
        self._queue_up(update, entry)


async def _until_stored(store: Callable[[], Awaitable[None]]) -> None:
    backoff_s = FIRST_BACKOFF_S
    while True:
        try:
            return await store()
        except SQLAlchemyError as error:
            log.error("the database fails", reason=type(error).__name__, wait_s=backoff_s)
        await asyncio.sleep(backoff_s)
        backoff_s = min(2 * backoff_s, MAX_BACKOFF_S)


def _chat_id(update: Update) -> int | None:
    return update.effective_chat.id if update.effective_chat is not None else None
