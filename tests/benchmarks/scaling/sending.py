"""Messages that wait for Telegram's limits, as `bot/transport/flood_control.py` lets them wait."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from bot.limits.token_bucket import SlidingWindow
from bot.services.merged_answers import MAX_PHOTOS
from bot.transport.chat_queue import ChatQueue
from tests.benchmarks.scaling.events import Clock, Done


@dataclass(frozen=True, slots=True)
class Limits:
    """Telegram's limits on messages.

    Attributes:
        per_s: messages a second of one bot.
        per_s_per_chat: messages a second in one chat, with short bursts.
        per_min_per_group: messages a minute in one group.
    """

    per_s: int = 30
    per_s_per_chat: float = 1.0
    per_min_per_group: int = 20


NO_LIMITS = Limits(1_000_000, 1e6, 1_000_000)


@dataclass(eq=False, slots=True)
class _Chat:
    """A chat.

    Attributes:
        limits: limits of the chat.
        waiting: messages that wait; each is the photos that it answers.
        merging: photos that are answered together as soon as the chat's limits allow a message; None if there are none.
        called: whether the chat is in line for its next slot, or has a time to join the line.
    """

    limits: ChatQueue
    waiting: deque[list[Done]] = field(default_factory=deque)
    merging: list[Done] | None = None
    called: bool = False


class Sender:
    """Sends the answers of one bot: in order within a chat, in turns between chats, merged while a chat has to wait.

    Attributes:
        sent: number of messages.
    """

    def __init__(self, clock: Clock, limits: Limits) -> None:
        self._clock, self._limits = clock, limits
        self._all = SlidingWindow(limits.per_s, 1.0)
        self._chats: dict[int, _Chat] = {}
        self._line: deque[_Chat] = deque()
        self._pausing = False
        self.sent = 0

    def send(self, chat_id: int, done: Done) -> None:
        """Answer a photo, or an album, as soon as the limits allow it; groups have negative ids."""
        chat = self._chats.get(chat_id)
        if chat is None:
            queue = ChatQueue(chat_id, self._limits.per_s_per_chat, self._limits.per_min_per_group)
            chat = self._chats[chat_id] = _Chat(queue)
        if chat.merging is not None:
            chat.merging.append(done)
            if len(chat.merging) == MAX_PHOTOS:
                self._close(chat, chat.merging)
        elif (wait_s := chat.limits.wait_s(self._clock.now_s)) > 0:
            chat.merging = merging = [done]
            self._clock.after(wait_s, lambda: self._close(chat, merging))
        else:
            self._enqueue(chat, [done])

    def _close(self, chat: _Chat, photos: list[Done]) -> None:
        if chat.merging is photos:
            chat.merging = None
            self._enqueue(chat, photos)

    def _enqueue(self, chat: _Chat, photos: list[Done]) -> None:
        chat.waiting.append(photos)
        if not chat.called:
            self._call(chat)

    def _call(self, chat: _Chat) -> None:
        """Put a chat in line once its own limits allow a message."""
        chat.called = True
        wait_s = chat.limits.wait_s(self._clock.now_s)
        if wait_s > 0:
            # A nanosecond more, so that rounding never makes it wait for no time at all.
            self._clock.after(wait_s + 1e-9, lambda: self._call(chat))
            return
        self._line.append(chat)
        if not self._pausing:
            self._serve()

    def _serve(self) -> None:
        self._pausing = False
        while self._line:
            now_s = self._clock.now_s
            if (wait_s := self._all.wait_s(now_s)) > 0:
                self._pausing = True
                self._clock.after(wait_s + 1e-9, self._serve)
                return
            chat = self._line.popleft()
            chat.limits.take(now_s)
            self._all.take(now_s)
            self.sent += 1
            photos = chat.waiting.popleft()
            chat.called = False
            for done in photos:
                done()
            if chat.waiting and not chat.called:
                self._call(chat)
