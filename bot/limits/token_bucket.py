"""Rate limiters. Callers pass the time in seconds, from a clock that never goes back."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from math import inf


class TokenBucket:
    """Allows at most `burst + per_s * t` events in any period of t seconds.

    The state is the time at which the bucket will be full (https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm).

    Args:
        per_s: events per second in the long run; must be greater than 0.
        burst: number of events that are allowed at once after a pause; at least 1.
    """

    # Slots save memory: there is a bucket for each person and group of the last hour.
    __slots__ = ("_full_at_s", "_interval_s", "_slack_s")

    def __init__(self, *, per_s: float, burst: float) -> None:
        self._interval_s = 1 / per_s
        self._slack_s = (burst - 1) / per_s
        self._full_at_s = -inf

    def wait_s(self, now_s: float) -> float:
        """Return the seconds until the next event is allowed; 0 or less if it is allowed now."""
        return self._full_at_s - self._slack_s - now_s

    def take(self, now_s: float) -> None:
        self._full_at_s = max(self._full_at_s, now_s) + self._interval_s

    def is_full(self, now_s: float) -> bool:
        """Return whether the bucket has refilled."""
        return now_s >= self._full_at_s


class SlidingWindow:
    """Allows at most `limit` events in any period of `period_s` seconds."""

    def __init__(self, limit: int, period_s: float) -> None:
        self._limit = limit
        self._period_s = period_s
        self._taken_s: deque[float] = deque()

    def wait_s(self, now_s: float) -> float:
        """Return the seconds until the next event is allowed; 0 or less if it is allowed now."""
        self._drop_old(now_s)
        return self._taken_s[-self._limit] + self._period_s - now_s if len(self._taken_s) >= self._limit else 0.0

    def take(self, now_s: float) -> None:
        self._taken_s.append(now_s)

    def settle(self, taken_s: float, now_s: float) -> None:
        """Move the event of `taken_s` to now, because the other side may have counted it only now."""
        with suppress(ValueError):  # the event is older than the period
            self._taken_s.remove(taken_s)
        self._taken_s.append(now_s)

    def is_empty(self, now_s: float) -> bool:
        """Return whether no event lies within the period."""
        self._drop_old(now_s)
        return not self._taken_s

    def _drop_old(self, now_s: float) -> None:
        while self._taken_s and self._taken_s[0] + self._period_s <= now_s:
            self._taken_s.popleft()
