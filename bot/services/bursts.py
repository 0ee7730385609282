"""Bursts: messages that arrive right after one another, and get one answer."""

from __future__ import annotations

import asyncio

from bot.services.albums import LONGEST_S, QUIET_S


class Bursts:
    """Tells the handler of a burst's first message when the burst is over.

    It is over `QUIET_S` seconds after its last message, but at the latest `LONGEST_S` seconds after the first one.
    """

    def __init__(self) -> None:
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
        wait_s = QUIET_S
        try:
            while wait_s > 0:
                await asyncio.sleep(wait_s)
                wait_s = min(self._latest_s[key] + QUIET_S, started_s + LONGEST_S) - now_s()
        finally:
            del self._latest_s[key]
        return True
