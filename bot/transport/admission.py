"""Decides which updates are in memory. If one sender has many updates, some of them stay on disk.

Meanwhile, the updates of other senders are handled. A sender is a person in one chat.

The room of each sender is in proportion to the free room (dynamic thresholds, Choudhury and Hahne 1998). So senders
that flood the bot share the room and never fill it, and a sender that was quiet always finds room.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Hashable
from dataclasses import dataclass, field

# Number of updates in memory at which no more are fetched. An update takes some 20 kB of memory. At 30 answers a
# second, this number of updates takes about a minute.
MAX_IN_FLIGHT = 2000
# Number of updates of one sender in memory: enough for two albums of ten, as the parts of an album wait for each other.
MAX_PER_SENDER = 24
# Largest part of the free room that one sender may use.
SHARE = 1 / 8
# Number of updates that are loaded at once.
LOADED_AT_ONCE = 100


@dataclass(slots=True)
class Waiting:
    """Updates that are loaded together: the parts of an album that have arrived so far, or a single update."""

    update_ids: list[int]
    album: str | None


@dataclass(slots=True)
class SenderShare:
    """The updates of one sender.

    Attributes:
        in_flight: number of updates in memory.
        albums: number of parts of each album in memory.
        waiting: updates on disk; the next update comes first.
    """

    in_flight: int = 0
    albums: Counter[str] = field(default_factory=Counter)
    waiting: deque[Waiting] = field(default_factory=deque)


class Admission:
    """Decides which updates are in memory. It knows only the ids of the updates on disk.

    Args:
        max_in_flight: number of updates in memory at which no more are fetched.
        max_per_sender: maximum number of updates of one sender in memory.

    Attributes:
        waiting: number of updates on disk.
    """

    def __init__(self, max_in_flight: int = MAX_IN_FLIGHT, max_per_sender: int = MAX_PER_SENDER) -> None:
        self.waiting = 0
        self._max_in_flight = max_in_flight
        self._max_per_sender = max_per_sender
        self._in_flight: dict[int, tuple[Hashable, str | None]] = {}
        self._senders: dict[Hashable, SenderShare] = {}
        # Senders whose next updates may be loaded, in the order of their turns.
        self._ready: OrderedDict[Hashable, None] = OrderedDict()

    @property
    def has_room(self) -> bool:
        """Whether further updates may be fetched."""
        return len(self._in_flight) < self._max_in_flight

    @property
    def is_ready(self) -> bool:
        """Whether some updates may be loaded."""
        return bool(self._ready)

    def take(self, update_id: int, sender: Hashable, album: str | None) -> bool:
        """Take an update that has arrived; return whether it stays in memory.

        Args:
            update_id: id of the update.
            sender: sender of the update.
            album: id of the album that the update is a part of, or None.
        """
        share = self._senders.setdefault(sender, SenderShare())
        if (album is not None and album in share.albums) or (
            not share.waiting and share.in_flight < self._room_per_sender()
        ):
            self._admit(update_id, sender, album)
            return True
        self.waiting += 1
        # The parts of an album arrive one after the other.
        if album is not None and share.waiting and share.waiting[-1].album == album:
            share.waiting[-1].update_ids.append(update_id)
        else:
            share.waiting.append(Waiting([update_id], album))
        return False

    def finish(self, update_id: int) -> None:
        """Remove an update that is done from memory."""
        if update_id not in self._in_flight:
            return
        sender, album = self._in_flight.pop(update_id)
        share = self._senders[sender]
        share.in_flight -= 1
        if album is not None:
            share.albums -= Counter((album,))
        if share.waiting:
            self._ready[sender] = None
        elif not share.in_flight:
            del self._senders[sender]

    def load(self) -> list[int]:
        """Return the ids of the updates to load now. A sender's oldest updates come first, and senders take turns."""
        update_ids: list[int] = []
        while self._ready and len(update_ids) < LOADED_AT_ONCE:
            sender, _ = self._ready.popitem(last=False)
            share = self._senders[sender]
            if share.in_flight >= self._room_per_sender():
                continue  # the sender waits until its next update is done
            waiting = share.waiting.popleft()
            for update_id in waiting.update_ids:
                self._admit(update_id, sender, waiting.album)
            self.waiting -= len(waiting.update_ids)
            update_ids += waiting.update_ids
            if share.waiting:
                self._ready[sender] = None
        return update_ids

    def _room_per_sender(self) -> int:
        free = self._max_in_flight - len(self._in_flight)
        return max(1, min(self._max_per_sender, int(free * SHARE)))

    def _admit(self, update_id: int, sender: Hashable, album: str | None) -> None:
        self._in_flight[update_id] = sender, album
        share = self._senders[sender]
        share.in_flight += 1
        if album is not None:
            share.albums[album] += 1
