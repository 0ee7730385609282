"""The inbox of a replica: the updates of the chats that are leased to it; see `bot.storage.leases`.

Any replica stores updates. The updates of a chat are handled by the replica that has its lease, a few of them at once,
and their answers leave in the order of the updates. A lease ends when all its updates are done. If other chats wait, a
chat gets its next updates only after them.
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError
from telegram import Message, Update

from bot.storage.engine import StorageError
from bot.storage.inbox import ReceivedUpdate, UnfinishedUpdate
from bot.storage.leases import Leases, Stored, chat_of
from bot.storage.replicas import Superseded
from bot.storage.sends import Claim
from bot.transport.idempotency import UpdateRecords
from bot.transport.inbox import DEAD_LETTER_AFTER, QUARANTINED_AFTER, STOP_TIMEOUT_S, Entry, Inbox, chat_id_of
from bot.transport.objects import kind_of

log = structlog.get_logger()

# Number of updates of one chat in memory, and the most further parts of an album, which wait for one another.
MAX_PER_CHAT = 16
FURTHER_PARTS = 9
# Number of updates in memory at which this replica leaves further chats to others. Two workers take some seconds for as
# many photos.
MAX_IN_FLIGHT = 256
# Number of stored updates at which no more are taken. They wait in the database.
MAX_STORED = 10_000
# Number of chats that are leased at once.
CHATS_AT_ONCE = 32
# Seconds between two looks for pending chats, if no notification came.
POLL_S = 1.0
# Seconds for which a chat stays leased after its last update was done, so that many leases end together.
LINGER_S = 0.2
# Seconds between two counts of the updates that wait.
COUNT_PERIOD_S = 5.0
# Seconds to pause after a failure of the database.
FAILURE_PAUSE_S = 0.5
# Limit on the seconds that an answer waits for the answers to earlier updates of its chat.
MAX_TURN_S = 60.0
# Number of chats for which this replica remembers whether another one has handled them since.
MAX_CHATS = 20_000


@dataclass(slots=True)
class HeldChat:
    """A chat that is leased to this replica.

    Attributes:
        in_flight: ids of its updates in memory, with the album of each.
        seen: how often updates had been stored when all of them were in memory; None if more may wait.
        begun: number of updates that were begun in this lease.
    """

    in_flight: dict[int, str | None] = field(default_factory=dict)
    seen: int | None = None
    begun: int = 0


class SharedInbox(Inbox):
    """The queue from which the library's Application takes updates, as one of several replicas.

    Args:
        leases: leases of this replica.
        max_age_s: maximum age in seconds of a message that is still handled.
        options: further arguments of `Inbox`.
    """

    def __init__(self, leases: Leases, *, max_age_s: float, **options: Any) -> None:
        super().__init__(max_age_s=max_age_s, **options)
        self._leases = leases
        self._held: dict[int, HeldChat] = {}
        self._moves: OrderedDict[int, int] = OrderedDict()
        self._stored_count = 0
        # Leases change one after another, as each change depends on the last one.
        self._leasing = asyncio.Lock()
        self._wake = asyncio.Event()
        self._claim_due = True
        self._orphans_due = False
        self._adopt_due = True
        self._crowded = False
        self._count_at_s = 0.0
        self._lingering: asyncio.TimerHandle | None = None
        self._working: asyncio.Task[None] | None = None

    async def _begin_to_queue(self) -> None:
        """Start to lease chats, whose stored updates are then queued."""
        self._note_room()
        self._leases.replica.on_updates = self._note_updates
        self._working = asyncio.create_task(self._work())

    async def close(self) -> None:
        """Lease no more chats. In-flight updates may still be finished."""
        await super().close()
        if self._working is not None:
            await asyncio.wait({self._working}, timeout=STOP_TIMEOUT_S)
            self._working.cancel()
            await asyncio.gather(self._working, return_exceptions=True)

    @property
    def waiting(self) -> int:
        """Number of updates that wait in the database, or that other replicas handle, as counted a moment ago."""
        return max(0, self._stored_count - self.in_flight)

    @property
    def is_idle(self) -> bool:
        """Whether all updates are done."""
        return not (self.in_flight or self.waiting)

    async def mark_done(self, update: Update) -> None:
        """Store that an update is done; if the database fails temporarily, wait until it works."""
        await super().mark_done(update)
        self._leave(chat_id_of(update) or 0, update.update_id)

    def _leave(self, chat_id: int, update_id: int) -> None:
        held = self._held.get(chat_id)
        if held is None:
            return
        held.in_flight.pop(update_id, None)
        if not held.in_flight:
            if held.seen is None or self._crowded:
                self._wake.set()
            elif self._lingering is None:
                self._lingering = asyncio.get_running_loop().call_later(LINGER_S, self._wake.set)
        elif held.seen is None:
            self._wake.set()

    def _note_room(self) -> None:
        if self._stored_count < MAX_STORED:
            self._has_room.set()
        else:
            self._has_room.clear()

    @property
    def _room(self) -> int:
        return MAX_IN_FLIGHT - self.in_flight

    async def _store(self, updates: Sequence[tuple[Update, ReceivedUpdate]]) -> None:
        """Store updates, and begin those of chats that this replica has or may have now."""
        if not updates:
            return
        async with self._leasing:
            begun = self._plan(updates)
            chats = {chat_of(row): row.update_id in begun for _, row in reversed(updates)}
            may_lease = [chat_id for chat_id, begins in chats.items() if begins]
            try:
                new, stored = await self._leases.store([row for _, row in updates], begun=begun, may_lease=may_lease)
            except StorageError:
                self._orphans_due = True
                raise
            except SQLAlchemyError as error:
                failure = error
            else:
                await self._begin(updates, begun, new, stored)
                return
        if len(updates) > 1:
            for each in updates:
                await self._store([each])
            return
        ((_, row),) = updates
        self._leave_out(row.update_id, kind_of(row.body), f"it cannot be stored: {type(failure).__name__}")

    def _plan(self, updates: Sequence[tuple[Update, ReceivedUpdate]]) -> set[int]:
        """Return the ids of the updates to begin at once, if this replica gets their chats."""
        begun: set[int] = set()
        of_chat: dict[int, dict[int, str | None]] = {}
        full: set[int] = set()
        for update, row in updates:
            chat_id, album = chat_of(row), _album_of(update)
            held = self._held.get(chat_id)
            planned = of_chat.setdefault(chat_id, dict(held.in_flight) if held is not None else {})
            fits = len(planned) < MAX_PER_CHAT and (held is not None or self._room > len(begun))
            belongs = album is not None and album in planned.values()
            if self._closed or chat_id in full or (held is not None and held.seen is None) or not (fits or belongs):
                full.add(chat_id)
            else:
                planned[row.update_id] = album
                begun.add(row.update_id)
        return begun

    async def _begin(
        self,
        updates: Sequence[tuple[Update, ReceivedUpdate]],
        begun: set[int],
        new: Collection[int],
        stored: Mapping[int, Stored],
    ) -> None:
        """Begin stored updates of the chats that this replica has, and leave the others to the database."""
        all_here: set[int] = set()
        elsewhere: list[int] = []
        for chat_id, outcome in stored.items():
            if outcome.holder != self._leases.replica.id:
                elsewhere.append(chat_id)
                continue
            held = self._held.get(chat_id)
            if held is None:
                held = self._held[chat_id] = HeldChat()
                self._note_moves({chat_id: outcome.moves})
                known = not self._orphans_due
            else:
                known = held.seen is not None and outcome.arrived == held.seen + 1
            ids = {row.update_id for _, row in updates if chat_of(row) == chat_id}
            if known:
                all_here.add(chat_id)
            held.seen = outcome.arrived if known and ids <= begun else None
            self._leave(chat_id, 0)  # ends the lease if nothing is begun
        not_begun: list[int] = []
        for update, row in updates:
            if row.update_id in new:
                self._on_new(kind_of(row.body))
                if row.update_id in begun and chat_of(row) in all_here:
                    self._take(update, self._new_entry(update, row.body))
                elif row.update_id in begun:
                    not_begun.append(row.update_id)
        await self._leases.count_attempts(not_begun, -1)
        if elsewhere:
            await self._leases.announce(elsewhere)
            self._claim_due = True
            self._wake.set()

    def _take(self, update: Update, entry: Entry) -> None:
        held = self._held[chat_id_of(update) or 0]
        held.in_flight[update.update_id] = _album_of(update)
        held.begun += 1
        self._put_in_flight(update, entry)

    def _note_updates(self, payload: str) -> None:
        """Note that updates wait, as a replica said."""
        self._claim_due = True
        chats = self._held.keys() & json.loads(payload) if payload else self._held.keys()
        for chat_id in chats:
            self._held[chat_id].seen = None
        self._wake.set()

    async def _work(self) -> None:
        """Lease chats, load their updates, and end leases, until the inbox closes."""
        while not self._closed:
            try:
                async with asyncio.timeout(POLL_S):
                    await self._wake.wait()
            except TimeoutError:
                self._claim_due = True
            self._wake.clear()
            try:
                async with self._leasing:
                    await self._count()
                    await self._release_idle()
                    await self._adopt()
                    await self._claim()
                    await self._load_held()
            except Superseded:
                return
            except (StorageError, SQLAlchemyError) as error:
                log.warning("chats are not leased for now", reason=str(error))
                self._orphans_due = True
                await asyncio.sleep(FAILURE_PAUSE_S)

    async def _count(self) -> None:
        now_s = asyncio.get_running_loop().time()
        if now_s >= self._count_at_s:
            self._count_at_s = now_s + COUNT_PERIOD_S
            self._stored_count = await self._leases.count_waiting(MAX_STORED)
            self._note_room()

    async def _release_idle(self) -> None:
        """End the leases of chats without updates in memory; if other chats wait, also if more updates wait."""
        if self._lingering is not None:
            self._lingering.cancel()
            self._lingering = None
        idle = {
            chat_id: -1 if held.seen is None else held.seen
            for chat_id, held in self._held.items()
            if not held.in_flight and (held.seen is not None or self._crowded)
        }
        if idle:
            for chat_id in idle:
                del self._held[chat_id]
            try:
                self._claim_due |= await self._leases.release(idle)
            except StorageError:
                self._orphans_due = True
                raise

    async def _adopt(self) -> None:
        """As the leader, find the updates that were stored while the bot ran without replicas."""
        if self._adopt_due and self._leases.replica.leading.is_set():
            await self._leases.adopt()
            self._adopt_due, self._claim_due = False, True

    async def _claim(self) -> None:
        """Lease pending chats."""
        claimed: dict[int, int] = {}
        if self._orphans_due:
            claimed = await self._leases.orphans(list(self._held))
            self._orphans_due = False
        limit = min(self._room, CHATS_AT_ONCE)
        self._crowded = limit <= 0
        if self._claim_due and limit > 0 and not self._closed:
            self._claim_due = False
            pending = await self._leases.claim(limit)
            self._crowded = self._claim_due = len(pending) == limit
            claimed |= pending
        self._note_moves(claimed)
        for chat_id in claimed:
            self._held[chat_id] = HeldChat()

    async def _load_held(self) -> None:
        """Load the next updates of leased chats."""
        room: dict[int, int] = {}
        for chat_id, held in self._held.items():
            free = MAX_PER_CHAT - (held.begun if self._crowded else len(held.in_flight))
            if held.seen is None and free > 0:
                room[chat_id] = free
        if not room or self._closed:
            return
        in_flight = list(chain.from_iterable(held.in_flight for held in self._held.values()))
        asked = {chat_id: free + FURTHER_PARTS for chat_id, free in room.items()}
        loaded = await self._leases.load(asked, in_flight)
        taken: list[tuple[Update, UnfinishedUpdate]] = []
        for chat_id, free in room.items():
            held = self._held[chat_id]
            if chat_id not in loaded:
                del self._held[chat_id]  # another replica has it
                continue
            rows = loaded[chat_id].updates
            updates = [(update, row) for row in rows if (update := await self._read(row)) is not None]
            some = _with_album(updates, free)
            held.seen = loaded[chat_id].arrived if len(some) == len(updates) and len(rows) < asked[chat_id] else None
            taken += some
            if not some:
                self._leave(chat_id, 0)
        if taken:
            try:
                await self._resume_loaded(taken)
            except (StorageError, SQLAlchemyError):
                for chat_id in room.keys() & self._held.keys():
                    self._held[chat_id].seen = None  # its updates are not in memory after all
                raise

    async def _resume_loaded(self, taken: Sequence[tuple[Update, UnfinishedUpdate]]) -> None:
        """Take loaded updates, which an earlier replica may have begun."""
        records = await self._sends.of_updates([row.update_id for _, row in taken])
        await self._note_latest([update.message for update, _ in taken if update.message is not None])
        await self._leases.count_attempts([row.update_id for _, row in taken if row.attempts < QUARANTINED_AFTER])
        for update, row in taken:
            entry = self._entry(update, row, records.get(row.update_id, {}))
            if QUARANTINED_AFTER <= row.attempts < DEAD_LETTER_AFTER:
                held = self._held[chat_id_of(update) or 0]
                held.in_flight[update.update_id] = None
                held.begun += 1
                self._quarantine.append((update, entry))
            else:
                self._take(update, entry)
        if self._quarantined_in_flight is None:
            await self._release_next()

    def _note_moves(self, moves: Mapping[int, int]) -> None:
        """Forget what is in memory of chats that another replica has handled since."""
        for chat_id, count in moves.items():
            known = self._moves.pop(chat_id, None)
            if known is not None and known != count:
                self._latest.forget(chat_id)
            self._moves[chat_id] = count
            if len(self._moves) > MAX_CHATS:
                self._moves.popitem(last=False)

    def _records(
        self, update: Update, received_at_s: float, earlier: Mapping[int, Claim] | None = None
    ) -> UpdateRecords:
        records = super()._records(update, received_at_s, earlier)
        records.turn = partial(self._wait_for_turn, update)
        return records

    async def _wait_for_turn(self, update: Update, together: Collection[int]) -> None:
        """Wait until the earlier updates of the same chat are done.

        Args:
            update: update that is to be answered.
            together: ids of updates that the same message answers.
        """
        chat_id, album = chat_id_of(update) or 0, _album_of(update)
        held = self._held.get(chat_id)
        earlier = [
            update_id
            for update_id, other in (held.in_flight if held is not None else {}).items()
            if update_id < update.update_id and update_id not in together and (album is None or other != album)
        ]
        entries = {entry.records.update_id: entry for _, entry in self._quarantine} | self._in_flight
        with suppress(TimeoutError):
            async with asyncio.timeout(MAX_TURN_S):
                for update_id in earlier:
                    if update_id in entries:
                        await entries[update_id].done.wait()
                return
        log.warning("an answer overtakes an earlier one, which takes too long", update_id=update.update_id)


def _album_of(update: Update) -> str | None:
    message = update.effective_message if update.callback_query is None else None
    return message.media_group_id if isinstance(message, Message) else None


def _with_album(
    updates: Sequence[tuple[Update, UnfinishedUpdate]], limit: int
) -> Sequence[tuple[Update, UnfinishedUpdate]]:
    """Return the first `limit` updates, and the further parts of the album that the last of them belongs to."""
    count = min(limit, len(updates))
    album = _album_of(updates[count - 1][0]) if count else None
    while album is not None and count < len(updates) and _album_of(updates[count][0]) == album:
        count += 1
    return updates[:count]
