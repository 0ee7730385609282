"""Who was told something lately, so that nobody is told it again and again."""

from __future__ import annotations

import time
from collections import OrderedDict

# So many strangers an hour are told; about a megabyte.
MAX_REMEMBERED = 10_000


class RecentNotices:
    """Remembers for a while who was told something.

    Args:
        period_s: in which it is said once.
    """

    def __init__(self, period_s: float) -> None:
        self._period_s = period_s
        # The oldest first.
        self._told_s: OrderedDict[int, float] = OrderedDict()

    def is_news(self, listener_id: int) -> bool:
        """Tell whether somebody was not told within the period, and note that they are told now."""
        now_s = time.monotonic()
        while self._told_s and now_s - next(iter(self._told_s.values())) >= self._period_s:
            self._told_s.popitem(last=False)
        if listener_id in self._told_s:
            return False
        if len(self._told_s) >= MAX_REMEMBERED:
            self._told_s.popitem(last=False)
        self._told_s[listener_id] = now_s
        return True
