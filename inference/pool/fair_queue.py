"""A fair queue: a client does not wait for the backlog or for the costly work of another client."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")

# Seconds that are charged for an item until its cost is known: about the time that a photo takes.
NOMINAL_COST_S = 0.05
# Minimum number of clients before settled clients are evicted.
MIN_EVICTED_CLIENTS = 64


@dataclass(eq=False, slots=True)
class _Client(Generic[T]):
    """A client with items waiting or in flight, or with a finish tag ahead of the virtual time.

    Attributes:
        waiting: items in the queue, the next one first.
        position: start tag of the next item, and a sequence number that orders equal tags; None if nothing waits.
        finish_tag_s: virtual time at which the items served so far are paid for.
        arrived_s: virtual time at which the client last added an item while it had nothing waiting or in flight.
        in_flight: number of items that were dequeued, and that were not charged or requeued yet.
    """

    waiting: deque[T] = field(default_factory=deque)
    position: tuple[float, int] | None = None
    finish_tag_s: float = 0.0
    arrived_s: float = 0.0
    in_flight: int = 0


class FairQueue(Generic[T]):
    """Serves the client that has used the least worker time. The items of a client keep their order.

    This is start-time fair queueing (Goyal, Vin, Cheng 1996; after Demers, Keshav, Shenker 1989). The virtual time
    advances by the cost of each item, divided by the number of active clients. The start tag of an item is the finish
    tag of the client's previous item, or the arrival of the client if the arrival is later. The item with the lowest
    start tag is served. So clients whose items cost the same take turns. A new client is served before the client that
    was served last. Clients that always have items waiting get equal worker time. An idle queue forgets all clients.

    Each item that `dequeue` returns must be passed to `charge` or `requeue`.
    """

    def __init__(self) -> None:
        self._clients: dict[Hashable, _Client[T]] = {}
        # Sorted positions of the clients with items waiting, each with its client. The positions are unique.
        self._order: list[tuple[float, int, Hashable]] = []
        self._virtual_time_s = 0.0
        self._next_sequence = 0
        self._first_sequence = 0
        self._length = 0
        self._in_flight = 0
        self._evict_at = MIN_EVICTED_CLIENTS

    def __len__(self) -> int:
        return self._length

    def enqueue(self, client: Hashable, item: T) -> bool:
        """Add an item behind the other items of its client.

        Returns:
            Whether the client rested: none of its items was pending, and it had used no more than its share.
        """
        account = self._account(client)
        rested = not account.waiting and not account.in_flight
        if rested:
            account.arrived_s = self._virtual_time_s
        account.waiting.append(item)
        self._length += 1
        if account.position is None:
            self._insert(client, account)
        return rested and account.finish_tag_s <= self._virtual_time_s

    def requeue(self, client: Hashable, item: T) -> None:
        """Put a dequeued item that was not served back to the front of the queue, free of charge."""
        account = self._account(client)
        self._withdraw(account)
        self._finish(account, 0.0)
        account.waiting.appendleft(item)
        self._length += 1
        self._first_sequence -= 1
        start_tag_s = min(account.finish_tag_s, self._order[0][0] if self._order else self._virtual_time_s)
        account.position = (start_tag_s, self._first_sequence)
        insort(self._order, (*account.position, client))

    def dequeue(self, is_eligible: Callable[[T], bool] = lambda _: True) -> T | None:
        """Remove and return the next item; None if there is no item.

        Args:
            is_eligible: returns whether an item may be served now. A client whose next item may not be served is
                passed over and keeps its position.
        """
        for start_tag_s, _, client in self._order:
            account = self._clients[client]
            if is_eligible(account.waiting[0]):
                return self._serve(client, account, start_tag_s)
        return None

    def _serve(self, client: Hashable, account: _Client[T], start_tag_s: float) -> T:
        self._virtual_time_s = max(self._virtual_time_s, start_tag_s)
        account.finish_tag_s = max(account.finish_tag_s, start_tag_s) + NOMINAL_COST_S
        account.in_flight += 1
        self._in_flight += 1
        item = account.waiting.popleft()
        self._update_position(client, account)
        return item

    def waiting(self, client: Hashable) -> int:
        """Return how many items of a client are in the queue."""
        return len(self._clients[client].waiting) if client in self._clients else 0

    def charge(self, client: Hashable, cost_s: float) -> None:
        """Charge a client for an item that was served.

        Args:
            client: client of the item.
            cost_s: worker time for the item, in seconds.
        """
        account = self._clients[client]
        # Divided by the number of clients with items waiting plus the number of items in flight. Most items in flight
        # belong to other clients.
        self._virtual_time_s += cost_s / (len(self._order) + self._in_flight)
        self._finish(account, cost_s)
        if account.position is not None:
            sequence = account.position[1]
            self._withdraw(account)
            self._insert(client, account, sequence)
        self._reset_if_idle()

    def remove(self, client: Hashable, item: T) -> bool:
        """Remove a waiting item; False if it is not in the queue."""
        account = self._clients.get(client)
        if account is None or item not in account.waiting:
            return False
        account.waiting.remove(item)
        self._update_position(client, account, keeps_position=True)
        self._reset_if_idle()
        return True

    def clear(self) -> None:
        """Remove all waiting items."""
        for account in self._clients.values():
            account.waiting.clear()
            account.position = None
        self._order.clear()
        self._length = 0
        self._reset_if_idle()

    def _account(self, client: Hashable) -> _Client[T]:
        if client not in self._clients:
            if len(self._clients) >= self._evict_at:
                self._evict_settled()
            self._clients[client] = _Client(finish_tag_s=self._virtual_time_s)
        return self._clients[client]

    def _finish(self, account: _Client[T], cost_s: float) -> None:
        """Replace the nominal cost of an item in flight by its cost."""
        account.finish_tag_s += cost_s - NOMINAL_COST_S
        account.in_flight -= 1
        self._in_flight -= 1

    def _insert(self, client: Hashable, account: _Client[T], sequence: int | None = None) -> None:
        if sequence is None:
            sequence = self._next_sequence
            self._next_sequence += 1
        account.position = (max(account.finish_tag_s, account.arrived_s), sequence)
        insort(self._order, (*account.position, client))

    def _withdraw(self, account: _Client[T]) -> None:
        if account.position is not None:
            del self._order[bisect_left(self._order, account.position)]
            account.position = None

    def _update_position(self, client: Hashable, account: _Client[T], *, keeps_position: bool = False) -> None:
        """Update the order after an item of a client was removed."""
        self._length -= 1
        if not account.waiting:
            self._withdraw(account)
        elif not keeps_position:
            self._withdraw(account)
            self._insert(client, account)

    def _reset_if_idle(self) -> None:
        if not self._order and not self._in_flight:
            self._clients.clear()
            self._virtual_time_s = 0.0

    def _evict_settled(self) -> None:
        """Forget clients that have nothing pending and would be served like new clients."""
        self._clients = {
            client: account
            for client, account in self._clients.items()
            if account.waiting or account.in_flight or account.finish_tag_s > self._virtual_time_s
        }
        self._evict_at = max(MIN_EVICTED_CLIENTS, 2 * len(self._clients))
