"""Recent notices, so that nobody gets the same notice again and again."""

from __future__ import annotations

import time
from collections import OrderedDict

# Limit on the number of remembered notices, which take about a megabyte.
MAX_NOTICES = 10_000


class RecentNotices:
    """Remembers for some time who got a notice.

    Args:
        period_s: minimum time between two notices to the same person or chat.
    """

    def __init__(self, period_s: float) -> None:
        self._period_s = period_s
        # Times of the notices by recipient; the oldest notice comes first.
        self._sent_at_s: OrderedDict[int, float] = OrderedDict()

    def is_due(self, recipient_id: int) -> bool:
        """Return whether a recipient got no notice within the period. If so, record that the recipient gets one now."""
        now_s = time.monotonic()
        while self._sent_at_s and now_s - next(iter(self._sent_at_s.values())) >= self._period_s:
            self._sent_at_s.popitem(last=False)
        if recipient_id in self._sent_at_s:
            return False
        if len(self._sent_at_s) >= MAX_NOTICES:
            self._sent_at_s.popitem(last=False)
        self._sent_at_s[recipient_id] = now_s
        return True
