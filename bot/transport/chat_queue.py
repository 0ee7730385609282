"""The messages that wait to be sent to one chat, and the limits of the chat."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from bot.limits.token_bucket import SlidingWindow, TokenBucket

# Number of messages that may be sent at once. Telegram allows "short bursts" of unknown length; three messages are
# enough for the answers to a few photos sent in a row.
BURST = 3


@dataclass(frozen=True, slots=True)
class Place:
    """A message's place in a queue.

    Attributes:
        slot: future for the slot that the message waits for. Its result is the time at which the slot was given, or
            None if a newer message took the place.
        patience_s: function that returns the seconds for which the message may still wait for Telegram.
    """

    slot: asyncio.Future[float | None]
    patience_s: Callable[[], float]


class ChatQueue:
    """One chat's limits and its queue.

    Args:
        chat_id: id or name of the chat.
        per_s: messages a second.
        per_min_in_group: messages a minute, if the chat is a group or channel.

    Attributes:
        waiting: places of the waiting messages by key; the next message comes first.
        server: task that gives the slots; None while no message waits.
    """

    def __init__(self, chat_id: int | str, per_s: float, per_min_in_group: int) -> None:
        self.id = chat_id
        self.waiting: OrderedDict[Hashable, Place] = OrderedDict()
        self.server: asyncio.Task[None] | None = None
        self._bucket = TokenBucket(per_s=per_s, burst=max(BURST, per_s))
        # Groups and channels have negative ids, or names.
        private = isinstance(chat_id, int) and chat_id > 0
        self._window = None if private else SlidingWindow(per_min_in_group, 60.0)

    def wait_s(self, now_s: float) -> float:
        """Return the seconds until one more message may be sent to the chat; 0 or less if it may be sent now."""
        in_group_s = self._window.wait_s(now_s) if self._window is not None else 0.0
        return max(self._bucket.wait_s(now_s), in_group_s)

    def take(self, now_s: float) -> None:
        """Count a message."""
        self._bucket.take(now_s)
        if self._window is not None:
            self._window.take(now_s)

    def settle(self, taken_s: float, now_s: float) -> None:
        """Count the message of `taken_s` as sent now, because Telegram may have received it only now."""
        if self._window is not None:
            self._window.settle(taken_s, now_s)

    def is_idle(self, now_s: float) -> bool:
        """Return whether the chat need not be remembered: no message waits, and the chat's limits have recovered."""
        rested = self._bucket.is_full(now_s) and (self._window is None or self._window.is_empty(now_s))
        return rested and self.server is None
