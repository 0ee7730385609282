"""The durable queue of updates: stored before Telegram is told that they came, and taken up anew after a crash.

    take -> stored -> queued -> handled -> finish
              ^                    |
              └──── next start <───┘ a crash, or a stop that would not wait

A crash does not say which of the updates in hand it is to be blamed on. Those that were in hand at two crashes are
suspects: they are taken up one at a time, so that a further crash says more. One that was in hand at two of those, too,
is retired: it gets an apology for an answer.

An update that cannot be read or stored is left out: it is counted, and logged by its id and kind, and holds up no
other.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import structlog
from sqlalchemy.exc import SQLAlchemyError
from telegram import Bot, Update

from bot.storage.engine import StorageError, is_permanent, reason_of
from bot.storage.inbox import Received, ReceivedUpdates, Unfinished
from bot.storage.sends import Claim, Sends
from bot.transport.idempotency import Claims
from bot.transport.objects import Unreadable, kind_of, read_update, update_id_of

log = structlog.get_logger()

# Once may be the machine's fault, and so may twice, on a bad day.
QUARANTINED_AFTER = 2
DEAD_LETTER_AFTER = QUARANTINED_AFTER + 2
# Beyond the number of any message that earlier attempts claimed, so that an apology is none of those.
FIRST_MESSAGE_OF_DEAD_LETTER = 1_000
# Between attempts to store what is to be known at the next start.
FIRST_BACKOFF_S = 0.5
MAX_BACKOFF_S = 30.0


@dataclass(frozen=True, slots=True)
class Entry:
    """An update in hand.

    Attributes:
        claims: the messages that answer it.
        body: the Bot API's object, as it came.
        received_at_s: in seconds since 1970.
        retired: whether it is not to be handled any more.
    """

    claims: Claims
    body: Mapping[str, Any]
    received_at_s: float
    dead_letter: bool = False


class Inbox(asyncio.Queue[object]):
    """The queue from which the library's Application takes updates; it is to be opened before it takes any.

    Args:
        max_age_s: of messages that are still handled.
    """

    def __init__(self, *, max_age_s: float) -> None:
        super().__init__()
        self._max_age_s = max_age_s
        self._in_flight: dict[int, Entry] = {}
        # Updates that the database may have stored when it failed.
        self._doubtful: frozenset[int] = frozenset()
        self._quarantine: deque[tuple[Update, Entry]] = deque()
        self._quarantined_in_flight: int | None = None
        self._closed = False

    async def open(
        self, updates: ReceivedUpdates, sends: Sends, bot: Bot, *, on_left_out: Callable[[], None] = lambda: None
    ) -> None:
        """Queue what the last run of the program left unfinished, in its order.

        Args:
            updates: where updates are stored.
            sends: where the messages are stored that answer them.
            bot: that the updates are for.
            on_left_out: called for each update that cannot be read or stored.
        """
        self._updates, self._sends, self._bot, self._on_left_out = updates, sends, bot, on_left_out
        unfinished, claims = await updates.unfinished(), await sends.of_unfinished()
        await updates.count_attempts(below=QUARANTINED_AFTER)
        for row in unfinished:
            try:
                update = read_update(row.body, bot)
            except Unreadable as error:  # this version of the program, or of the library, is another one
                self._leave_out(row.update_id, kind_of(row.body), str(error))
                await updates.finish(row.update_id)
                continue
            entry = self._entry(row, claims.get(row.update_id, {}))
            if QUARANTINED_AFTER <= row.attempts < DEAD_LETTER_AFTER:
                self._quarantine.append((update, entry))
            else:
                self._enqueue(update, entry)
        if unfinished:
            log.info("taken up again", updates=len(unfinished), suspects=len(self._quarantine))
        await self._release_next()

    def close(self) -> None:
        """Take up no more suspects: what is in hand is to be finished."""
        self._closed = True

    async def take(self, items: Sequence[object]) -> None:
        """Store updates and queue those that did not come before.

        Args:
            items: the Bot API's objects, as they came.

        Raises:
            StorageError: the database fails for now; the updates are to be given again.
        """
        updates: dict[int, tuple[Update, Received]] = {}
        unreadable: list[tuple[object, Unreadable]] = []
        for item in items:
            try:
                update = read_update(item, self._bot)
            except Unreadable as error:
                unreadable.append((item, error))
            else:
                body = cast("dict[str, Any]", item)
                updates[update.update_id] = update, Received(update.update_id, _chat_id(update), body)
        await self._store(list(updates.values()))
        for item, reason in unreadable:
            self._leave_out(update_id_of(item), kind_of(item), str(reason))

    async def _store(self, updates: Sequence[tuple[Update, Received]]) -> None:
        """Store updates, one by one if one of them cannot be stored, and queue those that did not come before."""
        try:
            unknown = await self._add([row for _, row in updates])
        except SQLAlchemyError as error:
            if len(updates) > 1:
                for each in updates:
                    await self._store([each])
                return
            ((_, row),) = updates
            self._leave_out(row.update_id, kind_of(row.body), f"it cannot be stored: {type(error).__name__}")
            return
        for update, row in updates:
            if update.update_id in unknown:
                self._enqueue(update, Entry(Claims(self._sends, update.update_id), row.body, time.time()))

    async def _add(self, rows: Sequence[Received]) -> frozenset[int]:
        """Store updates; return the ids of those that are to be taken up.

        Raises:
            StorageError: the database fails for now, and may have stored them.
            SQLAlchemyError: one of them cannot be stored.
        """
        ids = frozenset(row.update_id for row in rows)
        try:
            new = await self._updates.add(rows)
            if doubtful := (ids & self._doubtful) - new:
                new |= await self._updates.unfinished_among(doubtful)
        except SQLAlchemyError as error:
            if is_permanent(error):
                raise
            self._doubtful |= ids
            raise StorageError(f"Updates could not be stored: {reason_of(error)}") from error
        self._doubtful -= ids
        return new - self._in_flight.keys() - {update.update_id for update, _ in self._quarantine}

    def _leave_out(self, update_id: int | None, kind: str, reason: str) -> None:
        log.error("update left out", update_id=update_id, kind=kind, reason=reason)
        self._on_left_out()

    def claims(self, update: Update) -> Claims:
        """Return the messages that answer an update in hand."""
        return self._in_flight[update.update_id].claims

    def body(self, update: Update) -> Mapping[str, Any]:
        """Return an update in hand as it came."""
        return self._in_flight[update.update_id].body

    def is_dead_letter(self, update: Update) -> bool:
        """Whether an update in hand is not to be handled, after all the crashes when it was."""
        return self._in_flight[update.update_id].dead_letter

    def is_too_old(self, update: Update) -> bool:
        """Whether an update in hand waited so long that its answer is of no use any more.

        Messages tell when they were sent. A press of a button does not: what counts is when it came here.
        """
        if update.message is not None:
            since_s = update.message.date.timestamp()
        elif update.callback_query is not None:
            since_s = self._in_flight[update.update_id].received_at_s
        else:
            return False
        return time.time() - since_s > self._max_age_s

    def is_stale(self, update: Update) -> bool:
        """Whether an update in hand is not to be handled, for either reason."""
        return self.is_dead_letter(update) or self.is_too_old(update)

    async def finish(self, update: Update) -> None:
        """Store that an update is done; if the database fails for now, wait until it works again."""
        await _until_stored(lambda: self._updates.finish(update.update_id))
        del self._in_flight[update.update_id]
        if update.update_id == self._quarantined_in_flight:
            await self._release_next()

    async def leave(self, updates: Iterable[Update]) -> None:
        """Keep updates for the next start, which are not to be blamed for that."""
        await self._take_attempts_back([update for update in updates if not self.is_dead_letter(update)])

    async def _take_attempts_back(self, updates: Sequence[Update]) -> None:
        try:
            await self._updates.take_attempts_back([update.update_id for update in updates])
        except SQLAlchemyError as error:
            log.error("the next start takes this stop for a crash", reason=type(error).__name__)

    def _entry(self, row: Unfinished, claims: dict[int, Claim]) -> Entry:
        dead_letter = row.attempts >= DEAD_LETTER_AFTER
        first = FIRST_MESSAGE_OF_DEAD_LETTER if dead_letter else 0
        body = cast("dict[str, Any]", row.body)
        return Entry(Claims(self._sends, row.update_id, claims, first=first), body, row.received_at, dead_letter)

    def _enqueue(self, update: Update, entry: Entry) -> None:
        self._in_flight[update.update_id] = entry
        self.put_nowait(update)

    async def _release_next(self) -> None:
        self._quarantined_in_flight = None
        if not self._quarantine or self._closed:
            return
        update, entry = self._quarantine.popleft()
        await _until_stored(lambda: self._updates.count_attempt(update.update_id))
        if self._closed:
            await self._take_attempts_back([update])
            return
        self._quarantined_in_flight = update.update_id
        self._enqueue(update, entry)


async def _until_stored(store: Callable[[], Awaitable[None]]) -> None:
    backoff_s = FIRST_BACKOFF_S
    while True:
        try:
            await store()
            break
        except SQLAlchemyError as error:
            if is_permanent(error):
                log.error("not stored: the next start may do it again", reason=type(error).__name__)
                break
            log.error("the database fails", reason=type(error).__name__, wait_s=backoff_s)
        await asyncio.sleep(backoff_s)
        backoff_s = min(2 * backoff_s, MAX_BACKOFF_S)


def _chat_id(update: Update) -> int | None:
    return update.effective_chat.id if update.effective_chat is not None else None
