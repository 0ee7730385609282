"""Telegram's limits on a bot's messages, from its FAQ for bots.

"In a single chat, avoid sending more than one message per second. We may allow short bursts that go over this limit",
"bots are not able to send more than 20 messages per minute" in a group, "30 messages per second" overall
(https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this). Edits count as messages.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict, deque
from collections.abc import Callable

# Number of messages in a burst to one chat. Telegram gives no number, but rarely refuses a burst of this size.
CHAT_BURST = 5
PER_SECOND = 30
PER_MINUTE_IN_GROUP = 20
COUNTED = ("send", "edit", "copy", "forward")


class FloodLimits:
    """Tells which calls Telegram would refuse with 429. Refused calls do not count.

    Args:
        clock: monotonic clock in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lately: deque[float] = deque()
        self._in_groups: defaultdict[int, deque[float]] = defaultdict(deque)
        # By chat: time of the last message, and how many messages the bot was ahead of one per second then.
        self._ahead: dict[int, tuple[float, float]] = {}

    def retry_after_s(self, method: str, chat_id: int) -> int | None:
        """Count a call; return the seconds to wait if Telegram would refuse the call, else None.

        Args:
            method: Bot API method, in upper or lower case.
            chat_id: id of the call's chat; 0 if the call has no chat.
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
