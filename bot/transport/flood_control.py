"""Flood control: the bot makes no more requests than Telegram allows, and one chat's messages never delay another chat.

Telegram has these limits (https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this): about one
message a second in a chat, with short bursts; 20 messages a minute in a group; 30 messages a second in all. Messages
and changes of messages count towards the limits (a maintainer in https://github.com/tdlib/td/issues/2592). Answers to
callback queries do not count (https://github.com/tdlib/telegram-bot-api/issues/648). Calls that put nothing into a chat
do not count either, such as getFile, deletions, reactions and "typing". Such calls wait only if Telegram asks for a
wait with status 429.

The library's AIORateLimiter has no limit for private chats. It stops all chats after one chat's 429, and it continues
as soon as any other request ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from functools import partial
from math import inf
from typing import Any, TypeAlias, TypeVar

import structlog
from telegram.error import RetryAfter
from telegram.ext import BaseRateLimiter

from bot.limits.token_bucket import SlidingWindow
from bot.transport.chat_queue import ChatQueue, Place
from bot.transport.cool_downs import CoolDowns
from bot.transport.idempotency import MessageRecord
from bot.transport.latest_messages import LatestMessages
from bot.transport.retries import GivenUp

T = TypeVar("T")
ApiResult: TypeAlias = bool | dict[str, Any] | list[dict[str, Any]]
log = structlog.get_logger()

# Longest total cool-down in seconds that one call waits for. A message that answers an update has its own limit.
MAX_COOL_DOWN_S = 120.0
# Limit in seconds on storing the record of a message. If storing takes longer, the message's slot is over, and the
# message waits for another slot.
LONGEST_STORING_S = 1.0
# Seconds between two clean-ups of idle chats.
TIDY_PERIOD_S = 60.0

TYPING = "sendChatAction"
MERGED = "editMessageText"
SENT = "sendMessage"


class FloodControl(BaseRateLimiter[MessageRecord]):
    """Makes messages wait until Telegram accepts them: in order within a chat, and in turns between chats.

    A 429 starts a cool-down of the call's chat, or of the call's method if the call has no chat. Afterwards the call is
    repeated. If several changes of one text wait, they are merged: the newest change takes the place of the oldest, and
    the older changes count as done.

    A call's `rate_limit_args` is the idempotency record of its message. It is stored right before the message is sent.

    Args:
        per_s: messages a second in all.
        per_s_per_chat: messages a second in one chat.
        per_min_per_group: messages a minute in one group or channel.
        latest: latest messages of private chats, which decide which replies quote.

    Attributes:
        given_up: number of calls that were given up.
        shared_slot_s: function that takes the next slot of those that replicas share, given the seconds between two
            slots, and returns the seconds until it comes; None without replicas.
    """

    shared_slot_s: Callable[[float], Awaitable[float]] | None = None

    def __init__(
        self, *, per_s: int, per_s_per_chat: float, per_min_per_group: int, latest: LatestMessages | None = None
    ) -> None:
        self.given_up = 0
        self._latest = latest or LatestMessages()
        self._per_s = per_s
        self._per_s_per_chat = per_s_per_chat
        self._per_min_per_group = per_min_per_group
        self._all = SlidingWindow(per_s, 1.0)
        # Each chat's queue waits at this lock for its next slot. The lock serves the queues in turns.
        self._next_slot = asyncio.Lock()
        self._chats: dict[int | str, ChatQueue] = {}
        self._waiting = 0
        self._cool_downs = CoolDowns()
        self._tidy_at_s = -inf

    async def initialize(self) -> None:
        """Do nothing; the library requires this method."""

    async def shutdown(self) -> None:
        """Give up the messages that are still waiting."""
        for chat in self._chats.values():
            if chat.server is not None:
                chat.server.cancel()
            self._give_up_waiting(chat, "the bot ends")

    @property
    def waiting(self) -> int:
        """Number of messages that wait."""
        return self._waiting

    def wait_s(self, chat_id: int) -> float:
        """Return the seconds until one more message may be sent to a chat; 0 or less if it may be sent now."""
        now_s, chat = _now_s(), self._chats.get(chat_id)
        return max(0.0 if chat is None else chat.wait_s(now_s), self._cool_downs.left_s(chat_id, now_s))

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, ApiResult]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: MessageRecord | None,
    ) -> ApiResult:
        """Make a call as soon as it may be made.

        Raises:
            GivenUp: the call was not made.
        """
        call = partial(callback, *args, **kwargs)
        chat_id = data.get("chat_id")
        if chat_id is None:
            return await self.unmetered(endpoint, call)
        if endpoint == TYPING:
            return await self._typing(chat_id, call)
        if not endpoint.startswith(("send", "edit", "copy", "forward")):
            return await self.unmetered((endpoint, chat_id), call)
        if endpoint == SENT:
            call = partial(self._latest.send, data, data.get("reply_parameters"), call)
        key = (MERGED, data.get("message_id")) if endpoint == MERGED else object()
        return await self._message(chat_id, key, call, rate_limit_args)

    async def unmetered(self, kind: Hashable, call: Callable[[], Awaitable[T]]) -> T:
        """Make a call that counts towards no limit, and repeat it after each 429.

        Args:
            kind: kind of the call; calls of the same kind share a cool-down.
            call: function that makes the call.

        Raises:
            GivenUp: Telegram asks to wait for too long.
        """
        waited_s = 0.0
        while True:
            self._refuse_long_wait(kind, MAX_COOL_DOWN_S)
            await _sleep_while(partial(self._cool_downs.left_s, kind))
            try:
                return await call()
            except RetryAfter as error:
                waited_s += self._cool_downs.start(kind, error, _now_s())
                if waited_s > MAX_COOL_DOWN_S:
                    raise self._given_up("Telegram asks to wait for too long") from error

    async def _typing(self, chat_id: int | str, call: Callable[[], Awaitable[ApiResult]]) -> ApiResult:
        """Show "typing" now, or not at all if messages to the chat have to wait."""
        now_s, chat = _now_s(), self._chats.get(chat_id)
        kind = (TYPING, chat_id)
        wait_s = max(self._cool_downs.left_s(kind, now_s), self._cool_downs.left_s(chat_id, now_s))
        if wait_s > 0 or (chat is not None and chat.waiting):
            return True
        try:
            return await call()
        except RetryAfter as error:
            self._cool_downs.start(kind, error, _now_s())
            return False

    async def _message(
        self,
        chat_id: int | str,
        key: Hashable,
        call: Callable[[], Awaitable[ApiResult]],
        record: MessageRecord | None,
    ) -> ApiResult:
        waited_s, again = 0.0, False

        def patience_s() -> float:
            return MAX_COOL_DOWN_S - waited_s if record is None else record.patience_s()

        while True:
            self._refuse_long_wait(chat_id, patience_s())
            chat = self._chat(chat_id)
            taken_s = await self._slot(chat, key, patience_s, again=again)
            if taken_s is None:
                return True
            again = True
            try:
                if record is not None and not record.may_be_sent:
                    await record.mark_sending()
                    if _now_s() - taken_s > LONGEST_STORING_S:
                        continue
                return await call()
            except RetryAfter as error:
                wait_s = self._cool_downs.start(chat_id, error, _now_s())
                self._give_up_waiting(self._chat(chat_id), "Telegram asks to wait for too long", wait_s)
                if wait_s > patience_s():
                    raise self._given_up("Telegram asks to wait for too long") from error
                waited_s += wait_s
            finally:
                now_s = _now_s()
                chat.settle(taken_s, now_s)
                self._all.settle(taken_s, now_s)

    async def _slot(
        self, chat: ChatQueue, key: Hashable, patience_s: Callable[[], float], *, again: bool
    ) -> float | None:
        """Wait in a chat's queue for a slot: at the end of the queue, or at its head if the message had a slot before.

        Args:
            chat: queue of the chat.
            key: key of the message; messages that may be merged have the same key.
            patience_s: function that returns the seconds for which the message may still wait for Telegram.
            again: whether the message had a slot before, but did not use the slot or was refused by Telegram.

        Returns:
            The time at which the limits count the message; None if a newer change of the same text replaces it.
        """
        now_s = _now_s()
        no_queue = chat.server is None and not self._next_slot.locked() and self.shared_slot_s is None
        if no_queue and max(self._wait_s(chat, now_s), self._all.wait_s(now_s)) <= 0:
            return self._take(chat, now_s)
        older = chat.waiting.get(key)
        if older is not None and not older.slot.done():
            if again:
                return None
            older.slot.set_result(None)
        slot: asyncio.Future[float | None] = asyncio.get_running_loop().create_future()
        chat.waiting[key] = Place(slot, patience_s)
        if again:
            chat.waiting.move_to_end(key, last=False)
        if chat.server is None:
            chat.server = asyncio.create_task(self._serve(chat))
        self._waiting += 1
        try:
            return await slot
        finally:
            self._waiting -= 1
            if (place := chat.waiting.get(key)) is not None and place.slot is slot:
                del chat.waiting[key]

    async def _serve(self, chat: ChatQueue) -> None:
        """Give slots to the messages in a chat's queue until it is empty."""
        while chat.waiting:
            await _sleep_while(partial(self._wait_s, chat))
            async with self._next_slot:
                await _sleep_while(self._all.wait_s)
                if self.shared_slot_s is not None:
                    await asyncio.sleep(await self.shared_slot_s(1 / self._per_s))
                now_s = _now_s()
                # During the wait, a cool-down may have started, or the waiting messages may have been cancelled.
                if chat.waiting and self._wait_s(chat, now_s) <= 0:
                    _, place = chat.waiting.popitem(last=False)
                    if not place.slot.done():
                        place.slot.set_result(self._take(chat, now_s))
        chat.server = None

    def _wait_s(self, chat: ChatQueue, now_s: float) -> float:
        return max(self._cool_downs.left_s(chat.id, now_s), chat.wait_s(now_s))

    def _take(self, chat: ChatQueue, now_s: float) -> float:
        """Count a message now; return the time."""
        chat.take(now_s)
        self._all.take(now_s)
        return now_s

    def _give_up_waiting(self, chat: ChatQueue, reason: str, wait_s: float = inf) -> None:
        """Give up the messages in a chat's queue that may not wait for `wait_s` seconds."""
        for place in chat.waiting.values():
            if not place.slot.done() and place.patience_s() <= wait_s:
                place.slot.set_exception(self._given_up(reason))

    def _given_up(self, reason: str) -> GivenUp:
        self.given_up += 1
        return GivenUp(reason)

    def _refuse_long_wait(self, kind: Hashable, patience_s: float) -> None:
        if self._cool_downs.left_s(kind, _now_s()) > max(0.0, patience_s):
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
    """Sleep until `wait_s` returns 0 or less. Its value may change during the sleep."""
    left_s = wait_s(_now_s())
    while left_s > 0:
        await asyncio.sleep(left_s)
        left_s = wait_s(_now_s())


def _now_s() -> float:
    return asyncio.get_running_loop().time()
