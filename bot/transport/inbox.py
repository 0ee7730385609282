"""The durable queue of updates: stored before they are confirmed to Telegram, and queued again after a crash.

    enqueue -> stored -> admitted -> queued -> handled -> mark_done
                 ^                                |
                 └────────── next start <─────────┘ a crash, or a stop before the update is done

Only some updates of each person in a chat are in memory. The person's other updates wait in the database, and are
loaded when updates in memory are done.

After a crash we cannot tell which in-flight update caused it. Updates that were in flight at two crashes are
quarantined: they are handled one at a time, so that a further crash shows more clearly which update causes it. An
update that was in flight at two further crashes is a dead letter: it is not handled any more, and its sender gets an
apology.

An update that cannot be read or stored is left out: it is counted, its id and kind are logged, and the other updates
are handled as usual.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import Context
from dataclasses import dataclass, field
from functools import partial
from math import inf
from typing import Any, cast

import structlog
from sqlalchemy.exc import SQLAlchemyError
from telegram import Bot, Message, Update

from bot.domain.origins import client_of_update, edited_of, written_at
from bot.limits.backoff import pauses_s
from bot.storage.durable import once_it_works, patient, until_stored
from bot.storage.engine import StorageError, is_permanent, reason_of
from bot.storage.inbox import ReceivedUpdate, ReceivedUpdates, UnfinishedUpdate
from bot.storage.sends import Claim, Sends
from bot.transport.admission import Admission
from bot.transport.idempotency import UpdateRecords
from bot.transport.latest_messages import LatestMessages
from bot.transport.objects import Unreadable, kind_of, read_update, update_id_of
from bot.transport.seen_media import SeenMedia

log = structlog.get_logger()

# Numbers of crashes after which an update that was in flight is quarantined, and after which it is a dead letter. An
# update may be in flight at one crash by chance, and sometimes even at two.
QUARANTINED_AFTER = 2
DEAD_LETTER_AFTER = QUARANTINED_AFTER + 2
# Number of stored updates that are read at once.
ROWS_AT_ONCE = 200
# Pauses in seconds between attempts to load updates.
FIRST_LOAD_PAUSE_S = 1.0
MAX_LOAD_PAUSE_S = 60.0
# Limit in seconds on what the database does while the program stops. A database takes milliseconds unless it hangs.
STOP_TIMEOUT_S = 1.0


@dataclass(frozen=True, slots=True)
class Entry:
    """An update of the inbox.

    Attributes:
        records: idempotency records of the messages that answer it.
        body: the update as received from the Bot API.
        received_at_s: time of arrival in seconds since 1970.
        dead_letter: whether the update is a dead letter, which is not handled any more.
        done: event that is set as soon as the update is done.
    """

    records: UpdateRecords
    body: Mapping[str, Any]
    received_at_s: float
    dead_letter: bool = False
    done: asyncio.Event = field(default_factory=asyncio.Event)


class Inbox(asyncio.Queue[object]):
    """The queue from which the library's Application takes updates. Call `open` before the first update.

    Args:
        max_age_s: maximum age in seconds of a message that is still handled.
        telegram_now_s: Telegram's clock, in seconds since 1970; the dates of messages come from this clock.
        admission: decides which updates are in memory.
        latest: latest messages of private chats.

    Attributes:
        seen: files of the messages that were handled.
    """

    def __init__(
        self,
        *,
        max_age_s: float,
        telegram_now_s: Callable[[], float] = time.time,
        admission: Admission | None = None,
        latest: LatestMessages | None = None,
    ) -> None:
        super().__init__()
        self.seen = SeenMedia()
        self._latest = latest or LatestMessages()
        self._admission = admission or Admission()
        self._has_room = asyncio.Event()
        self._loading: asyncio.Task[None] | None = None
        self._telegram_now_s = telegram_now_s
        self._max_age_s = max_age_s
        self._in_flight: dict[int, Entry] = {}
        # Ids of updates that the database may have stored, although it reported a failure.
        self._maybe_stored: frozenset[int] = frozenset()
        self._quarantine: deque[tuple[Update, Entry]] = deque()
        self._quarantined_in_flight: int | None = None
        self._closed = False

    async def open(
        self,
        updates: ReceivedUpdates,
        sends: Sends,
        bot: Bot,
        *,
        on_new: Callable[[str], None] = lambda _: None,
        on_left_out: Callable[[], None] = lambda: None,
        on_unknown_fate: Callable[[], None] = lambda: None,
        on_given_up: Callable[[], None] = lambda: None,
    ) -> None:
        """Queue the updates that the last run of the program did not finish, in their order.

        Args:
            updates: table of the updates.
            sends: table of the messages that answer them.
            bot: the bot that the updates are for.
            on_new: function that is called with the kind of each new update.
            on_left_out: function that is called for each update that cannot be read or stored.
            on_unknown_fate: function that is called for each send whose outcome is unknown.
            on_given_up: function that is called for each message that Telegram did not accept in time.

        Raises:
            SQLAlchemyError: the database cannot be used.
            StorageError: the database has failed for too long.
        """
        self._on_new, self._on_unknown_fate, self._on_given_up = on_new, on_unknown_fate, on_given_up
        self._updates, self._sends, self._bot, self._on_left_out = updates, sends, bot, on_left_out
        await self._begin_to_queue()

    async def _begin_to_queue(self) -> None:
        """Queue the stored updates."""
        count = 0
        rows = await self._updates.unfinished(limit=ROWS_AT_ONCE)
        while rows:
            count += len(rows)
            await self._resume(rows)
            rows = await self._updates.unfinished(after=rows[-1], limit=ROWS_AT_ONCE)
        if count:
            log.info("resumed", updates=count, suspects=len(self._quarantine))
        self._note_room()
        await self._release_next()

    async def _resume(self, rows: Sequence[UnfinishedUpdate]) -> None:
        """Take updates that the last run did not finish."""
        begun: list[int] = []
        records = await self._sends.of_updates([row.update_id for row in rows])
        updates = [update for row in rows if (update := await self._read(row)) is not None]
        await self._note_latest([update.message for update in updates if update.message is not None])
        by_id = {row.update_id: row for row in rows}
        for update in updates:
            row = by_id[update.update_id]
            quarantined = QUARANTINED_AFTER <= row.attempts < DEAD_LETTER_AFTER
            if row.attempts < QUARANTINED_AFTER:
                if not self._admit(update):
                    continue
                begun.append(row.update_id)
            entry = self._entry(update, row, records.get(row.update_id, {}))
            if quarantined:
                self._quarantine.append((update, entry))
            else:
                self._put_in_flight(update, entry)
        await patient(self._updates.count_attempts)(begun)

    async def _note_latest(self, messages: Sequence[Message]) -> None:
        """Note messages that the last run received, and what it said in their chats."""
        for message in messages:
            self._latest.note(message)
        sent = await self._sends.latest_in({message.chat_id for message in messages})
        for chat_id, message_id in sent.items():
            self._latest.note_sent(chat_id, message_id)

    async def _read(self, row: UnfinishedUpdate) -> Update | None:
        """Return a stored update; None if it cannot be read, as another version of the program or library stored it."""
        try:
            return read_update(row.body, self._bot)
        except Unreadable as error:
            self._leave_out(row.update_id, kind_of(row.body), str(error))
            await until_stored(partial(self._updates.mark_done, row.update_id))
            return None

    async def close(self) -> None:
        """Stop loading and releasing updates. In-flight updates may still be finished."""
        self._closed = True
        if self._loading is not None:
            # A load that ends in time takes back the attempts that it has counted.
            await asyncio.wait({self._loading}, timeout=STOP_TIMEOUT_S)
            self._loading.cancel()
            await asyncio.gather(self._loading, return_exceptions=True)

    @property
    def waiting(self) -> int:
        """Number of updates that wait in the database."""
        return self._admission.waiting

    @property
    def in_flight(self) -> int:
        """Number of updates in memory that are not done."""
        return len(self._in_flight) + len(self._quarantine)

    @property
    def oldest_s(self) -> float:
        """Seconds since the oldest update that is not done arrived; 0 if all are done.

        A sender's updates wait in the database only behind earlier ones of this sender in memory.
        """
        entries = (*self._in_flight.values(), *(entry for _, entry in self._quarantine))
        return max(0.0, time.time() - min((entry.received_at_s for entry in entries), default=inf))

    @property
    def is_idle(self) -> bool:
        """Whether all updates are done."""
        return not (self._in_flight or self._quarantine or self._admission.waiting)

    @property
    def has_room(self) -> bool:
        """Whether further updates may be enqueued."""
        return self._has_room.is_set()

    async def wait_for_room(self) -> None:
        """Wait until further updates may be enqueued."""
        if not self.has_room:
            log.warning("no further updates are fetched until some are done", waiting=self.waiting)
            await self._has_room.wait()

    def _leave_memory(self, update_id: int) -> None:
        self._admission.finish(update_id)
        self._note_room()

    def _note_room(self) -> None:
        if self._admission.has_room:
            self._has_room.set()
        else:
            self._has_room.clear()

    def _admit(self, update: Update) -> bool:
        message = update.effective_message if update.callback_query is None else None
        album = message.media_group_id if isinstance(message, Message) else None
        return self._admission.take(update.update_id, (chat_id_of(update), client_of_update(update)), album)

    async def _load(self) -> None:
        """Load updates from the database until no more may be loaded."""
        while not self._closed and (update_ids := self._admission.load()):
            rows, records = await self._stored(update_ids)
            await until_stored(partial(self._updates.count_attempts, update_ids))
            if self._closed:
                await self._uncount_attempts(update_ids)
                return
            for missing in {*update_ids} - {row.update_id for row in rows}:
                self._leave_memory(missing)
            for row in rows:
                if (update := await self._read(row)) is None:
                    self._leave_memory(row.update_id)
                else:
                    self._put_in_flight(update, self._entry(update, row, records.get(row.update_id, {})))

    async def _stored(
        self, update_ids: Sequence[int]
    ) -> tuple[Sequence[UnfinishedUpdate], Mapping[int, dict[int, Claim]]]:
        """Read updates and their records. Every error counts as temporary: nothing else would load these updates."""
        for pause_s in pauses_s(FIRST_LOAD_PAUSE_S, MAX_LOAD_PAUSE_S):
            try:
                rows = await once_it_works(partial(self._updates.unfinished_of, update_ids))
                return rows, await once_it_works(partial(self._sends.of_updates, update_ids))
            except SQLAlchemyError as error:
                log.error("updates cannot be loaded", updates=len(update_ids), reason=reason_of(error), wait_s=pause_s)
            await asyncio.sleep(pause_s)
        raise AssertionError("the pauses have no end")

    async def enqueue(self, items: Sequence[object]) -> None:
        """Store updates, and queue the new updates.

        Args:
            items: the updates as received from the Bot API.

        Raises:
            StorageError: the database fails temporarily; the caller has to enqueue the updates again.
        """
        updates: dict[int, tuple[Update, ReceivedUpdate]] = {}
        unreadable: list[tuple[object, Unreadable]] = []
        for item in items:
            try:
                update = read_update(item, self._bot)
            except Unreadable as error:
                unreadable.append((item, error))
            else:
                if update.message is not None:
                    self._latest.note(update.message)
                body = cast("dict[str, Any]", item)
                updates[update.update_id] = update, ReceivedUpdate(update.update_id, chat_id_of(update), body)
        await self._store(list(updates.values()))
        for item, reason in unreadable:
            self._leave_out(update_id_of(item), kind_of(item), str(reason))

    async def _store(self, updates: Sequence[tuple[Update, ReceivedUpdate]]) -> None:
        """Store updates, and queue the new updates. If an update cannot be stored, store each update separately."""
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
        not_begun: list[int] = []
        for update, row in updates:
            if update.update_id in unknown:
                self._on_new(kind_of(row.body))
                if self._admit(update):
                    self._put_in_flight(update, self._new_entry(update, row.body))
                else:
                    not_begun.append(update.update_id)
        self._note_room()
        await self._uncount_attempts(not_begun)

    async def _add(self, rows: Sequence[ReceivedUpdate]) -> frozenset[int]:
        """Store updates; return the ids of the new updates.

        Raises:
            StorageError: the database fails temporarily; it may have stored the updates nevertheless.
            SQLAlchemyError: one of the updates cannot be stored.
        """
        ids = frozenset(row.update_id for row in rows)
        try:
            new = await self._updates.add(rows)
            if maybe_stored := (ids & self._maybe_stored) - new:
                new |= await self._updates.unfinished_among(maybe_stored)
        except SQLAlchemyError as error:
            if is_permanent(error):
                raise
            self._maybe_stored |= ids
            raise StorageError(f"Updates could not be stored: {reason_of(error)}") from error
        self._maybe_stored -= ids
        return new - self._in_flight.keys() - {update.update_id for update, _ in self._quarantine}

    def _leave_out(self, update_id: int | None, kind: str, reason: str) -> None:
        log.error("update left out", update_id=update_id, kind=kind, reason=reason)
        self._on_left_out()

    def records(self, update: Update) -> UpdateRecords:
        """Return the idempotency records of an in-flight update."""
        return self._in_flight[update.update_id].records

    def body(self, update: Update) -> Mapping[str, Any]:
        """Return an in-flight update as received from the Bot API."""
        return self._in_flight[update.update_id].body

    async def wait_for_earlier(self, update: Update) -> None:
        """Wait until the earlier updates about the same message are done."""
        place = _place_of(self.body(update))
        for update_id, entry in list(self._in_flight.items()):
            if update_id == update.update_id:
                return
            if _place_of(entry.body) == place:
                await entry.done.wait()

    def is_dead_letter(self, update: Update) -> bool:
        """Return whether an in-flight update is a dead letter: the program crashed too often while it was in flight."""
        return self._in_flight[update.update_id].dead_letter

    def is_too_old(self, update: Update) -> bool:
        """Return whether an in-flight update is too old to answer."""
        if update.message is None and update.callback_query is None and edited_of(update) is None:
            return False
        return self._age_s(update, self._in_flight[update.update_id].received_at_s) > self._max_age_s

    def _age_s(self, update: Update, received_at_s: float) -> float:
        """Return the age of an update in seconds.

        A message contains the time at which it was sent or edited. Other updates do not: their age is counted from
        their arrival.
        """
        if (edited := edited_of(update)) is not None:
            return self._telegram_now_s() - written_at(edited).timestamp()
        if update.message is not None:
            return self._telegram_now_s() - update.message.date.timestamp()
        return time.time() - received_at_s

    def is_stale(self, update: Update) -> bool:
        """Return whether an in-flight update must not be handled, because it is a dead letter or too old."""
        return self.is_dead_letter(update) or self.is_too_old(update)

    async def mark_done(self, update: Update) -> None:
        """Store that an update is done; if the database fails temporarily, wait until it works."""
        await until_stored(lambda: self._updates.mark_done(update.update_id))
        if update.callback_query is None and isinstance(message := update.effective_message, Message):
            self.seen.note(message)
        self._in_flight.pop(update.update_id).done.set()
        self._leave_memory(update.update_id)
        if self._admission.is_ready and not self._closed and (self._loading is None or self._loading.done()):
            # What is logged of it does not belong to the update that is done.
            self._loading = asyncio.create_task(self._load(), context=Context())
        if update.update_id == self._quarantined_in_flight:
            await self._release_next()

    async def release(self, updates: Iterable[Update]) -> None:
        """Leave updates to the next start of the program. This stop does not count as a crash."""
        update_ids = [update.update_id for update in updates if not self.is_dead_letter(update)]
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await self._uncount_attempts(update_ids)
        except TimeoutError:
            log.error("the next start will count this stop as a crash", reason="the database does not answer")

    async def _uncount_attempts(self, update_ids: Sequence[int]) -> None:
        try:
            await self._updates.uncount_attempts(update_ids)
        except SQLAlchemyError as error:
            log.error("the next start will count this stop as a crash", reason=type(error).__name__)

    def _records(
        self, update: Update, received_at_s: float, earlier: Mapping[int, Claim] | None = None
    ) -> UpdateRecords:
        left_s = self._max_age_s - self._age_s(update, received_at_s)
        if left_s <= 0:  # the update is too old to answer, but an apology may still be sent
            left_s = self._max_age_s
        return UpdateRecords(
            self._sends,
            update.update_id,
            earlier,
            give_up_at_s=time.time() + left_s,
            on_unknown_fate=self._on_unknown_fate,
            on_given_up=self._on_given_up,
        )

    def _new_entry(self, update: Update, body: Mapping[str, Any]) -> Entry:
        return Entry(self._records(update, received_at_s := time.time()), body, received_at_s)

    def _entry(self, update: Update, row: UnfinishedUpdate, earlier: dict[int, Claim]) -> Entry:
        body = cast("dict[str, Any]", row.body)
        records = self._records(update, row.received_at, earlier)
        return Entry(records, body, row.received_at, dead_letter=row.attempts >= DEAD_LETTER_AFTER)

    def _put_in_flight(self, update: Update, entry: Entry) -> None:
        self._in_flight[update.update_id] = entry
        self.put_nowait(update)

    async def _release_next(self) -> None:
        self._quarantined_in_flight = None
        if not self._quarantine or self._closed:
            return
        update, entry = self._quarantine.popleft()
        await until_stored(lambda: self._updates.count_attempts([update.update_id]))
        if self._closed:
            await self._uncount_attempts([update.update_id])
            return
        self._quarantined_in_flight = update.update_id
        self._put_in_flight(update, entry)


def _place_of(body: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return the chat and the id of the message that an update reports as new or edited; None for other updates."""
    for kind in ("message", "edited_message", "channel_post", "edited_channel_post"):
        if kind in body:
            return body[kind]["chat"]["id"], body[kind]["message_id"]
    return None


def chat_id_of(update: Update) -> int | None:
    """Return the id of an update's chat; None if it has no chat."""
    return update.effective_chat.id if update.effective_chat is not None else None
