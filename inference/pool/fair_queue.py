"""A queue in which nobody waits for another's backlog, nor for another's costly work."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")

# Counted for an item until its cost is known: about what a photo takes.
NOMINAL_COST_S = 0.05


@dataclass(eq=False, slots=True)
class _Client(Generic[T]):
    """A client with items that wait or are in work, or with costs that others have not caught up with.

    Attributes:
        waiting: its items.
        place: where it stands among those that wait: the time at which its next item starts, and a number that tells
            who came first among equals. None if nothing waits.
        free_s: when what it was served so far is paid for.
        joined_s: the time when it came, after a while in which nothing of it was there.
        in_work: number of its items that were taken and not settled.
    """

    waiting: deque[T] = field(default_factory=deque)
    place: tuple[float, int] | None = None
    free_s: float = 0.0
    joined_s: float = 0.0
    in_work: int = 0


class FairQueue(Generic[T]):
    """Serves whoever was served least, by the time that workers spent, and the items of a client in their order.

    As in fair queueing of packets (Demers, Keshav, Shenker 1989; by start times: Goyal, Vin, Cheng 1996), a time passes
    with service, divided by the clients that are there. A client's next item starts when those before it are paid for,
    or when it came if that is later; the least start is served. So clients whose items cost the same take turns,
    whoever joins is served before whoever was served last, and of clients that keep waiting each gets as much time of
    workers as the others. If nothing waits and nothing is in work, all is forgotten.

    Each item that `pop` gives is to be returned by `settle` or `put_back`.
    """

    def __init__(self) -> None:
        self._clients: dict[Hashable, _Client[T]] = {}
        # Of those with items that wait: their places, no two of which are the same, and they, in their order.
        self._order: list[tuple[float, int, Hashable]] = []
        self._now_s = 0.0
        self._next_number = 0
        self._first_number = 0
        self._length = 0
        self._in_work = 0
        self._tidy_at = 64

    def __len__(self) -> int:
        return self._length

    def put(self, client: Hashable, item: T) -> None:
        account = self._account(client)
        if not account.waiting and not account.in_work:
            account.joined_s = self._now_s
        account.waiting.append(item)
        self._length += 1
        if account.place is None:
            self._join(client, account)

    def put_back(self, client: Hashable, item: T) -> None:
        """Return what `pop` gave, to be the next of all: it was not served."""
        account = self._account(client)
        self._leave(account)
        self._settle(account, 0.0)
        account.waiting.appendleft(item)
        self._length += 1
        self._first_number -= 1
        start_s = min(account.free_s, self._order[0][0] if self._order else self._now_s)
        account.place = (start_s, self._first_number)
        insort(self._order, (*account.place, client))

    def pop(self, fits: Callable[[T], bool] = lambda _: True) -> T | None:
        """Take the next item; None if there is none.

        Args:
            fits: whether an item may be taken; a client whose next one may not is passed over and keeps its turn.
        """
        for start_s, _, client in self._order:
            account = self._clients[client]
            if fits(account.waiting[0]):
                return self._take(client, account, start_s)
        return None

    def _take(self, client: Hashable, account: _Client[T], start_s: float) -> T:
        self._now_s = max(self._now_s, start_s)
        account.free_s = max(account.free_s, start_s) + NOMINAL_COST_S
        account.in_work += 1
        self._in_work += 1
        item = account.waiting.popleft()
        self._took_from(client, account)
        return item

    def settle(self, client: Hashable, cost_s: float) -> None:
        """Say that an item is done.

        Args:
            client: whose it was.
            cost_s: for how long workers had it.
        """
        account = self._clients[client]
        # Divided by the clients of whom something waits, and the items in work, most of them of others.
        self._now_s += cost_s / (len(self._order) + self._in_work)
        self._settle(account, cost_s)
        if account.place is not None:
            number = account.place[1]
            self._leave(account)
            self._join(client, account, number)
        self._forget_the_idle()

    def remove(self, client: Hashable, item: T) -> bool:
        """Take out an item; False if it is not in the queue."""
        account = self._clients.get(client)
        if account is None or item not in account.waiting:
            return False
        account.waiting.remove(item)
        self._took_from(client, account, keeps_place=True)
        self._forget_the_idle()
        return True

    def clear(self) -> None:
        """Take out all items."""
        for account in self._clients.values():
            account.waiting.clear()
            account.place = None
        self._order.clear()
        self._length = 0
        self._forget_the_idle()

    def _account(self, client: Hashable) -> _Client[T]:
        if client not in self._clients:
            if len(self._clients) >= self._tidy_at:
                self._forget_the_settled()
            self._clients[client] = _Client(free_s=self._now_s)
        return self._clients[client]

    def _settle(self, account: _Client[T], cost_s: float) -> None:
        account.free_s += cost_s - NOMINAL_COST_S
        account.in_work -= 1
        self._in_work -= 1

    def _join(self, client: Hashable, account: _Client[T], number: int | None = None) -> None:
        if number is None:
            number = self._next_number
            self._next_number += 1
        account.place = (max(account.free_s, account.joined_s), number)
        insort(self._order, (*account.place, client))

    def _leave(self, account: _Client[T]) -> None:
        if account.place is not None:
            del self._order[bisect_left(self._order, account.place)]
            account.place = None

    def _took_from(self, client: Hashable, account: _Client[T], *, keeps_place: bool = False) -> None:
        self._length -= 1
        if not account.waiting:
            self._leave(account)
        elif not keeps_place:
            self._leave(account)
            self._join(client, account)

    def _forget_the_idle(self) -> None:
        if not self._order and not self._in_work:
            self._clients.clear()
            self._now_s = 0.0

    def _forget_the_settled(self) -> None:
        """Forget clients that would start now, as newcomers do."""
        self._clients = {
            client: account
            for client, account in self._clients.items()
            if account.waiting or account.in_work or account.free_s > self._now_s
        }
        self._tidy_at = max(64, 2 * len(self._clients))
