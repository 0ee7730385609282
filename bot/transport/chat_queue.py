"""The messages that wait to be sent to one chat, and how many it takes."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Hashable

from bot.limits.token_bucket import SlidingWindow, TokenBucket

# "We may allow short bursts", Telegram says, and not how long: the answers to a few photos sent in a row.
BURST = 3


class ChatQueue:
    """What is known of one chat: its limits, and who waits for a turn, the next first."""

    def __init__(self, chat_id: int | str, per_s: float, per_min_in_group: int) -> None:
        self.id = chat_id
        self.waiting: OrderedDict[Hashable, asyncio.Future[float | None]] = OrderedDict()
        self.server: asyncio.Task[None] | None = None
        self._bucket = TokenBucket(per_s=per_s, burst=max(BURST, per_s))
        # Groups and channels have negative ids, or names.
        private = isinstance(chat_id, int) and chat_id > 0
        self._window = None if private else SlidingWindow(per_min_in_group, 60.0)

    def wait_s(self, now_s: float) -> float:
        in_group_s = self._window.wait_s(now_s) if self._window is not None else 0.0
        return max(self._bucket.wait_s(now_s), in_group_s)

    def take(self, now_s: float) -> None:
        self._bucket.take(now_s)
        if self._window is not None:
            self._window.take(now_s)

    def settle(self, taken_s: float, now_s: float) -> None:
        if self._window is not None:
            self._window.settle(taken_s, now_s)

    def is_idle(self, now_s: float) -> bool:
        rested = self._bucket.is_full(now_s) and (self._window is None or self._window.is_empty(now_s))
        return rested and self.server is None
