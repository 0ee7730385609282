"""Bursts: messages that arrive right after one another, and get one answer."""

from __future__ import annotations

import asyncio

from bot.services.albums import LONGEST_S, QUIET_S


class Bursts:
    """Tells the handler of a burst's first message when the burst is over.

    Args:
        quiet_s: seconds without a further message after which a burst is over.
        longest_s: seconds after the first message after which a burst is over anyway.
    """

    def __init__(self, *, quiet_s: float = QUIET_S, longest_s: float = LONGEST_S) -> None:
        self._quiet_s = quiet_s
        self._longest_s = longest_s
        # Time of the latest message of each burst, by the event loop's clock.
        self._latest_s: dict[int, float] = {}

    async def is_over(self, key: int) -> bool:
        """Wait until a burst is over, and return True; return False at once if its first message waits already.

        Args:
            key: key of the burst.
        """
        now_s = asyncio.get_running_loop().time
        started_s, is_first = now_s(), key not in self._latest_s
        self._latest_s[key] = started_s
        if not is_first:
            return False
        wait_s = self._quiet_s
        try:
            while wait_s > 0:
                await asyncio.sleep(wait_s)
                wait_s = min(self._latest_s[key] + self._quiet_s, started_s + self._longest_s) - now_s()
        finally:
            del self._latest_s[key]
        return True
