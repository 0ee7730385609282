"""Telegram's time, from the Date headers of its responses: the clock of this machine may be hours off."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime


class ServerClock:
    """Compares the local clock with the Date header of the last response of the Bot API.

    Args:
        local: the local clock, in seconds since 1970.
    """

    def __init__(self, local: Callable[[], float] = time.time) -> None:
        self._local = local
        self._ahead_s = 0.0

    @property
    def ahead_s(self) -> float:
        """Seconds that the local clock is ahead of Telegram's; negative if it is behind, 0 before any response."""
        return self._ahead_s

    def now_s(self) -> float:
        """Return Telegram's time in seconds since 1970, to about a second."""
        return self._local() - self._ahead_s

    def note(self, date: str | None) -> None:
        """Note the Date header of a response that has just come; a missing or unreadable one changes nothing."""
        if date is None:
            return
        try:
            server_s = parsedate_to_datetime(date).timestamp()
        except (ValueError, OverflowError):
            return
        self._ahead_s = self._local() - server_s
