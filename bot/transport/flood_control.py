"""Flood control: no more requests than Telegram takes, and one chat's flood never holds up another chat.

Telegram's limits (https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this): about one message
a second in a chat with short bursts, 20 a minute in a group, 30 a second in all. What counts: messages, and changes of
messages, which share those limits (a maintainer in https://github.com/tdlib/td/issues/2592). What does not: answers to
presses of buttons (https://github.com/tdlib/telegram-bot-api/issues/648), and what puts nothing into a chat, such as
getFile, deletions, reactions and "typing". For those there is only what Telegram asks for by 429.

The library's AIORateLimiter knows no limit of a private chat, lets one chat's 429 halt all chats, and lets any request
that ends meanwhile end the halt.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from functools import partial
from math import inf
from typing import Any, TypeAlias, TypeVar

import structlog
from telegram.error import RetryAfter, TelegramError
from telegram.ext import BaseRateLimiter

from bot.limits.token_bucket import SlidingWindow
from bot.transport.chat_queue import ChatQueue
from bot.transport.idempotency import mark_sending
from bot.transport.retry_after import CoolDowns

T = TypeVar("T")
Answer: TypeAlias = bool | dict[str, Any] | list[dict[str, Any]]
log = structlog.get_logger()

# At one a second these take five minutes; an answer that is older helps nobody.
MAX_WAITING_PER_CHAT = 300
# In all chats together, at 30 a second, not quite two minutes.
MAX_WAITING = 3000
# What Telegram asks one call to wait, all times together.
MAX_HELD_S = 120.0
# How often what is known of chats is looked through for those that have been idle.
TIDY_PERIOD_S = 60.0

TYPING = "sendChatAction"
MERGED = "editMessageText"


class GivenUp(TelegramError):
    """A call was not made, and will not be: too many wait, or Telegram asks to wait for too long."""


class FloodControl(BaseRateLimiter[None]):
    """Has messages wait, in their order in a chat and in turns between chats, until Telegram will take them.

    A 429 holds the chat that it was for, or all calls of the method where it was for none; held calls are made again.
    Several waiting changes of one text are merged: the newest takes the place of the oldest, which counts as done.

    Args:
        per_s: messages a second in all.
        per_s_per_chat: messages a second in one chat.
        per_min_per_group: messages a minute in one group or channel.

    Attributes:
        given_up: how many calls were given up.
    """

    def __init__(self, *, per_s: int, per_s_per_chat: float, per_min_per_group: int) -> None:
        self.given_up = 0
        self._per_s_per_chat = per_s_per_chat
        self._per_min_per_group = per_min_per_group
        self._all = SlidingWindow(per_s, 1.0)
        # Each chat's queue waits here for its turn: that makes the turns go round.
        self._chat_lock = asyncio.Lock()
        self._chats: dict[int | str, ChatQueue] = {}
        self._waiting = 0
        self._cool_downs = CoolDowns()
        self._tidy_at_s = -inf

    async def initialize(self) -> None:
        """Needs nothing."""

    async def shutdown(self) -> None:
        """Give up whatever still waits."""
        for chat in self._chats.values():
            if chat.server is not None:
                chat.server.cancel()
            self._give_up_waiting(chat, "the bot ends")

    @property
    def waiting(self) -> int:
        """How many messages wait."""
        return self._waiting

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Answer]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: None,  # noqa: ARG002 -- the library's word; no call here asks for anything special
    ) -> Answer:
        """Make a call as soon as it may be made.

        Raises:
            GivenUp: it was not made.
        """
        call = partial(callback, *args, **kwargs)
        chat_id = data.get("chat_id")
        if chat_id is None:
            return await self.unmetered(endpoint, call)
        if endpoint == TYPING:
            return await self._typing(chat_id, call)
        if not endpoint.startswith(("send", "edit", "copy", "forward")):
            return await self.unmetered((endpoint, chat_id), call)
        key = (MERGED, data.get("message_id")) if endpoint == MERGED else object()
        return await self._message(chat_id, key, call)

    async def unmetered(self, kind: Hashable, call: Callable[[], Awaitable[T]]) -> T:
        """Make a call that is no message, and again after each 429.

        Args:
            kind: of calls that a 429 holds.
            call: makes it.

        Raises:
            GivenUp: Telegram asks to wait for too long.
        """
        waited_s = 0.0
        while True:
            self._refuse_long_wait(kind)
            await _sleep_while(partial(self._cool_downs.left_s, kind))
            try:
                return await call()
            except RetryAfter as error:
                waited_s += self._cool_downs.note(kind, error, _now_s())
                if waited_s > MAX_HELD_S:
                    raise self._given_up("Telegram asks to wait for too long") from error

    async def _typing(self, chat_id: int | str, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """Show "typing", which is worth nothing later, unless messages to the chat have to wait."""
        now_s, chat = _now_s(), self._chats.get(chat_id)
        kind = (TYPING, chat_id)
        waited_s = max(self._cool_downs.left_s(kind, now_s), self._cool_downs.left_s(chat_id, now_s))
        if waited_s > 0 or (chat is not None and chat.waiting):
            return True
        try:
            return await call()
        except RetryAfter as error:
            self._cool_downs.note(kind, error, _now_s())
            return False

    async def _message(self, chat_id: int | str, key: Hashable, call: Callable[[], Awaitable[Answer]]) -> Answer:
        waited_s = 0.0
        while True:
            self._refuse_long_wait(chat_id)
            chat = self._chat(chat_id)
            taken_s = await self._turn(chat, key, again=waited_s > 0)
            if taken_s is None:
                return True
            try:
                await mark_sending()
                return await call()
            except RetryAfter as error:
                wait_s = self._cool_downs.note(chat_id, error, _now_s())
                if wait_s > MAX_HELD_S:
                    self._give_up_waiting(self._chat(chat_id), "Telegram asks to wait for too long")
                waited_s += wait_s
                if waited_s > MAX_HELD_S:
                    raise self._given_up("Telegram asks to wait for too long") from error
            finally:
                now_s = _now_s()
                chat.settle(taken_s, now_s)
                self._all.settle(taken_s, now_s)

    async def _turn(self, chat: ChatQueue, key: Hashable, *, again: bool) -> float | None:
        """Wait in a chat's queue, at its head where the call was refused; return when the turn came.

        Returns:
            The time at which the limits count the message; None where a newer change of the same text stands for it.
        """
        older = chat.waiting.get(key)
        if older is not None and not older.done():
            if again:
                return None
            older.set_result(None)
        elif not again:
            self._make_room(chat)
        turn: asyncio.Future[float | None] = asyncio.get_running_loop().create_future()
        chat.waiting[key] = turn
        if again:
            chat.waiting.move_to_end(key, last=False)
        if chat.server is None:
            chat.server = asyncio.create_task(self._serve(chat))
        self._waiting += 1
        try:
            return await turn
        finally:
            self._waiting -= 1
            if chat.waiting.get(key) is turn:
                del chat.waiting[key]

    async def _serve(self, chat: ChatQueue) -> None:
        """Give turns to those who wait in a chat's queue, until it is empty."""

        def wait_s(now_s: float) -> float:
            return max(self._cool_downs.left_s(chat.id, now_s), chat.wait_s(now_s))

        while chat.waiting:
            await _sleep_while(wait_s)
            async with self._chat_lock:
                await _sleep_while(self._all.wait_s)
                now_s = _now_s()
                # While it waited for its turn, the chat may have been held, or those who waited may have gone.
                if chat.waiting and wait_s(now_s) <= 0:
                    _, turn = chat.waiting.popitem(last=False)
                    if not turn.done():
                        chat.take(now_s)
                        self._all.take(now_s)
                        turn.set_result(now_s)
        chat.server = None

    def _make_room(self, chat: ChatQueue) -> None:
        """Make room for one more message, in a full queue at the expense of the chat that has most in it.

        Raises:
            GivenUp: that chat is this one.
        """
        full = self._waiting >= MAX_WAITING
        longest = max(self._chats.values(), key=lambda other: len(other.waiting)) if full else chat
        if len(chat.waiting) >= MAX_WAITING_PER_CHAT or (full and len(longest.waiting) <= len(chat.waiting)):
            raise self._given_up("too many messages wait")
        if full:
            _, newest = longest.waiting.popitem()
            if not newest.done():
                newest.set_exception(self._given_up("too many messages wait"))

    def _give_up_waiting(self, chat: ChatQueue, reason: str) -> None:
        for turn in chat.waiting.values():
            if not turn.done():
                turn.set_exception(self._given_up(reason))

    def _given_up(self, reason: str) -> GivenUp:
        self.given_up += 1
        return GivenUp(reason)

    def _refuse_long_wait(self, kind: Hashable) -> None:
        if self._cool_downs.left_s(kind, _now_s()) > MAX_HELD_S:
            raise self._given_up("Telegram asks to wait for too long")

    def _chat(self, chat_id: int | str) -> ChatQueue:
        now_s = _now_s()
        if now_s >= self._tidy_at_s:
            self._cool_downs.tidy(now_s)
            self._chats = {other: chat for other, chat in self._chats.items() if not chat.is_idle(now_s)}
            self._tidy_at_s = now_s + TIDY_PERIOD_S
        if chat_id not in self._chats:
            self._chats[chat_id] = ChatQueue(chat_id, self._per_s_per_chat, self._per_min_per_group)
        return self._chats[chat_id]


async def _sleep_while(wait_s: Callable[[float], float]) -> None:
    """Sleep until there is nothing to wait for any more, which may change meanwhile."""
    left_s = wait_s(_now_s())
    while left_s > 0:
        await asyncio.sleep(left_s)
        left_s = wait_s(_now_s())


def _now_s() -> float:
    return asyncio.get_running_loop().time()
