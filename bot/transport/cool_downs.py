"""Cool-downs: periods in which Telegram refuses a kind of call, with status 429."""

from __future__ import annotations

from collections.abc import Hashable
from math import inf

import structlog
from telegram.error import RetryAfter

log = structlog.get_logger()


class CoolDowns:
    """Keeps the end of the cool-down of each kind of call. Times are in seconds of the event loop's clock."""

    def __init__(self) -> None:
        self._until_s: dict[Hashable, float] = {}

    def start(self, kind: Hashable, error: RetryAfter, now_s: float) -> float:
        """Start or extend the cool-down of a kind of call; return the length that Telegram asks for, in seconds."""
        given = error.retry_after
        wait_s = float(given) if isinstance(given, int) else given.total_seconds()
        until_s = now_s + wait_s
        self._until_s[kind] = max(until_s, self._until_s.get(kind, until_s))
        log.info("Telegram asks to wait", wait_s=wait_s)
        return wait_s

    def left_s(self, kind: Hashable, now_s: float) -> float:
        """Return the seconds that are left of a kind's cool-down; 0 or less if there is no cool-down."""
        return self._until_s.get(kind, -inf) - now_s

    def tidy(self, now_s: float) -> None:
        """Forget the cool-downs that are over."""
        self._until_s = {kind: until_s for kind, until_s in self._until_s.items() if until_s > now_s}
