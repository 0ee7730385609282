"""How many workers a client may hold at once, so that one with costly images leaves some to the others."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from math import inf

# Of CPU, to decode one image. Photos take a hundredth of it; files of the largest cameras about as much.
SLOW_S = 0.5
# For how long a client counts as slow after an image that was.
SLOW_FOR_S = 600.0
# Of which it is known whether they are slow; those heard of last.
MAX_KNOWN = 4096


class WorkerShares:
    """Keeps half of the workers, if there are two or more, free of slow images.

    Work that a worker has begun with is not taken from it. So a client whose images are quick may hold all workers; one
    of whom no image came back yet holds at most half of them, and so do all those together whose recent images were
    slow to decode or ended a process. What a worker that died held counts as held until another has taken its place.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Know no client.

        Args:
            clock: seconds from any moment on.
        """
        self._clock = clock
        self._slow_until_s: OrderedDict[Hashable, float] = OrderedDict()

    def note(self, client: Hashable, decoding_s: float = inf) -> None:
        """Say what an image of a client took to decode.

        Args:
            client: whose it was.
            decoding_s: seconds of CPU; infinite if it ended its process.
        """
        until_s = self._clock() + SLOW_FOR_S if decoding_s >= SLOW_S else self._slow_until_s.get(client, 0.0)
        self._slow_until_s[client] = until_s
        self._slow_until_s.move_to_end(client)
        if len(self._slow_until_s) > MAX_KNOWN:
            self._slow_until_s.popitem(last=False)

    def is_slow(self, client: Hashable) -> bool:
        """Whether recent images of a client were slow."""
        until_s = self._slow_until_s.get(client)
        return until_s is not None and until_s > self._clock()

    def allow(self, client: Hashable, holders: Callable[[], Sequence[Hashable]], *, expected: int, ready: int) -> bool:
        """Whether a worker may begin with an image of a client.

        Args:
            client: whose it is.
            holders: tells whose images workers hold, each client as often as it holds one.
            expected: number of workers that there should be.
            ready: how many of them live.
        """
        most = max(1, expected // 2)
        if client not in self._slow_until_s:
            return holders().count(client) < most
        if not self.is_slow(client):
            return True
        return sum(map(self.is_slow, holders())) + expected - ready < most
