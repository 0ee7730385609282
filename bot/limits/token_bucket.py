"""How often something may happen. Times are seconds of one clock that never goes back, handed in by the caller."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from math import inf


class TokenBucket:
    """Lets so many pass at once, and then so many a second: at most `burst + per_s * t` in any period of t seconds.

    Kept as the one moment at which the bucket will be full (https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm).

    Args:
        per_s: how many a second in the long run; over 0.
        burst: how many at once after a rest; at least 1.
    """

    # There is one for each person and group of the last hour.
    __slots__ = ("_full_at_s", "_interval_s", "_slack_s")

    def __init__(self, *, per_s: float, burst: float) -> None:
        self._interval_s = 1 / per_s
        self._slack_s = (burst - 1) / per_s
        self._full_at_s = -inf

    def wait_s(self, now_s: float) -> float:
        """Seconds until one may pass; 0 or less where it may now."""
        return self._full_at_s - self._slack_s - now_s

    def take(self, now_s: float) -> None:
        self._full_at_s = max(self._full_at_s, now_s) + self._interval_s

    def is_full(self, now_s: float) -> bool:
        """Tell whether it has forgotten all that passed."""
        return now_s >= self._full_at_s


class SlidingWindow:
    """Lets at most `limit` pass in any period of `period_s` seconds."""

    def __init__(self, limit: int, period_s: float) -> None:
        self._limit = limit
        self._period_s = period_s
        self._taken_s: deque[float] = deque()

    def wait_s(self, now_s: float) -> float:
        """Seconds until one may pass; 0 or less where it may now."""
        self._drop_old(now_s)
        return self._taken_s[-self._limit] + self._period_s - now_s if len(self._taken_s) >= self._limit else 0.0

    def take(self, now_s: float) -> None:
        self._taken_s.append(now_s)

    def settle(self, taken_s: float, now_s: float) -> None:
        """Have what was taken at `taken_s` count from now on: the other side may have seen it as late as this."""
        with suppress(ValueError):  # it took longer than the period
            self._taken_s.remove(taken_s)
        self._taken_s.append(now_s)

    def is_empty(self, now_s: float) -> bool:
        """Tell whether it has forgotten all that passed."""
        self._drop_old(now_s)
        return not self._taken_s

    def _drop_old(self, now_s: float) -> None:
        while self._taken_s and self._taken_s[0] + self._period_s <= now_s:
            self._taken_s.popleft()
