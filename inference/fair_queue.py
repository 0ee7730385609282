"""A queue in which nobody waits for another's backlog."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """Serves clients in turns, one item each, and the items of a client in their order.

    Whoever joins waits for at most one item of each client that is there.
    """

    def __init__(self) -> None:
        self._waiting: OrderedDict[Hashable, deque[T]] = OrderedDict()
        self._served: Hashable = None
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def put(self, client: Hashable, item: T) -> None:
        self._waiting.setdefault(client, deque()).append(item)
        self._length += 1

    def put_back(self, client: Hashable, item: T) -> None:
        """Return what `pop` gave, to be the next of all: it was not served."""
        self._waiting.setdefault(client, deque()).appendleft(item)
        self._waiting.move_to_end(client, last=False)
        if self._served == client:
            self._served = None
        self._length += 1

    def pop(self, fits: Callable[[T], bool] = lambda _: True) -> T | None:
        """Take the next item, or None where there is none.

        Args:
            fits: whether an item may be taken; a client whose next one may not is passed over and keeps its turn.
        """
        if self._served in self._waiting:
            # Now rather than when it was served, so that who came since then is before it.
            self._waiting.move_to_end(self._served)
        for client, items in self._waiting.items():
            if fits(items[0]):
                self._served = client
                item = items.popleft()
                self._took_from(client)
                return item
        return None

    def remove(self, client: Hashable, item: T) -> bool:
        """Take out an item; False where it is not in the queue."""
        try:
            self._waiting[client].remove(item)
        except (KeyError, ValueError):
            return False
        self._took_from(client)
        return True

    def _took_from(self, client: Hashable) -> None:
        self._length -= 1
        if not self._waiting[client]:
            del self._waiting[client]
