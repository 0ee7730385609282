"""What Telegram refuses for a while, by 429."""

from __future__ import annotations

from collections.abc import Hashable
from math import inf

import structlog
from telegram.error import RetryAfter

log = structlog.get_logger()


class CoolDowns:
    """Until when Telegram wants to hear nothing of a kind of calls. Times are in seconds of the event loop's clock."""

    def __init__(self) -> None:
        self._until_s: dict[Hashable, float] = {}

    def note(self, kind: Hashable, error: RetryAfter, now_s: float) -> float:
        """Note that calls of a kind are refused; return for how many seconds."""
        given = error.retry_after
        wait_s = float(given) if isinstance(given, int) else given.total_seconds()
        until_s = now_s + wait_s
        self._until_s[kind] = max(until_s, self._until_s.get(kind, until_s))
        log.info("held by Telegram", wait_s=wait_s)
        return wait_s

    def left_s(self, kind: Hashable, now_s: float) -> float:
        """Seconds that calls of a kind have to wait; 0 or less where they need not."""
        return self._until_s.get(kind, -inf) - now_s

    def tidy(self, now_s: float) -> None:
        """Forget what is over."""
        self._until_s = {kind: until_s for kind, until_s in self._until_s.items() if until_s > now_s}
