"""Telegram's time, taken from the Date headers of its responses, as this machine's clock may be hours wrong."""

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
        # The last header and its time: many responses a second have the same one.
        self._last: tuple[str, float] | None = None

    @property
    def ahead_s(self) -> float:
        """Seconds by which the local clock is ahead of Telegram's clock.

        The number is negative if the local clock is behind, and 0 before the first response.
        """
        return self._ahead_s

    def now_s(self) -> float:
        """Return Telegram's time in seconds since 1970, accurate to about a second."""
        return self._local() - self._ahead_s

    def note(self, date: str | None) -> None:
        """Note the Date header of a response that has just arrived; a missing or unreadable header changes nothing."""
        if date is None:
            return
        if self._last is None or self._last[0] != date:
            try:
                self._last = date, parsedate_to_datetime(date).timestamp()
            except (ValueError, OverflowError):
                return
        self._ahead_s = self._local() - self._last[1]
