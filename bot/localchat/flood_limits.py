"""Telegram's limits on messages that a bot sends, as its FAQ for bots has them.

"In a single chat, avoid sending more than one message per second. We may allow short bursts that go over this limit",
"bots are not able to send more than 20 messages per minute" in a group, "30 messages per second" in all
(https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this). Changes of messages share them.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict, deque
from collections.abc import Callable

# Telegram does not say how short; this many at once are rarely refused.
CHAT_BURST = 5
PER_SECOND = 30
PER_MINUTE_IN_GROUP = 20
COUNTED = ("send", "edit", "copy", "forward")


class FloodLimits:
    """Says which calls Telegram would refuse with 429; refused ones do not count.

    Args:
        clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lately: deque[float] = deque()
        self._in_groups: defaultdict[int, deque[float]] = defaultdict(deque)
        # Of each chat: when it last got a message, and by how many it was then ahead of one a second.
        self._ahead: dict[int, tuple[float, float]] = {}

    def retry_after_s(self, method: str, chat_id: int) -> int | None:
        """How long a call is to wait; None where Telegram takes it, and then it counts.

        Args:
            method: Of the Bot API, in any case.
            chat_id: 0 where the call is about no chat.
        """
        if chat_id == 0 or not method.lower().startswith(COUNTED) or method.lower() == "sendchataction":
            return None
        now_s = self._clock()
        at_s, ahead = self._ahead.get(chat_id, (now_s, 0.0))
        ahead = max(0.0, ahead - (now_s - at_s)) + 1
        waits_s = [ahead - CHAT_BURST, _wait_s(self._lately, PER_SECOND, 1.0, now_s)]
        if chat_id < 0:
            waits_s.append(_wait_s(self._in_groups[chat_id], PER_MINUTE_IN_GROUP, 60.0, now_s))
        if max(waits_s) > 0:
            return math.ceil(max(waits_s))
        self._ahead[chat_id] = (now_s, ahead)
        self._lately.append(now_s)
        if chat_id < 0:
            self._in_groups[chat_id].append(now_s)
        return None


def _wait_s(lately: deque[float], limit: int, period_s: float, now_s: float) -> float:
    while lately and lately[0] <= now_s - period_s:
        lately.popleft()
    return lately[0] + period_s - now_s if len(lately) >= limit else 0.0
