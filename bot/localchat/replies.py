"""Finds the bot's replies to messages, and waits for them.

In a private chat a reply may quote nothing. Then it answers the latest message above it that no other reply quotes:
people may send a further message while the reply is on its way. The parts of an album count as one message.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator

from bot.localchat.chats import Chat
from bot.localchat.threads import Message


class ReplyWaiters:
    """The waiters for replies, by message. A reply that quotes costs the same however many waiters there are."""

    def __init__(self) -> None:
        self._waiting: defaultdict[int, dict[int, list[asyncio.Future[Message]]]] = defaultdict(dict)
        # Ids of the messages in each chat that the bot quoted, and id of its latest message there without a quote.
        self._quoted: defaultdict[int, set[int]] = defaultdict(set)
        self._latest_plain: dict[int, int] = {}

    async def wait(self, chat: Chat, message: Message, bot_id: int, timeout_s: float) -> Message:
        """Wait for the first of the bot's replies to a message.

        Raises:
            TimeoutError: no reply came in time.
        """
        if (earlier := next(self.to(chat, message, bot_id), None)) is not None:
            return earlier
        reply: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[chat.id].setdefault(message["message_id"], []).append(reply)
        async with asyncio.timeout(timeout_s):
            return await reply

    def to(self, chat: Chat, message: Message, bot_id: int) -> Iterator[Message]:
        """Return the bot's replies to a message so far. The message may have been deleted."""
        later: list[Message] = []
        # Few messages are newer.
        for each in reversed(chat.messages.values()):
            if each["message_id"] <= message["message_id"]:
                break
            later.append(each)
        return (each for each in reversed(later) if _is_by(each, bot_id) and self._answers(chat, each, message))

    def resolve(self, chat: Chat, reply: Message) -> None:
        """Pass a new message of the bot to its waiters."""
        waiting, quoted_id = self._waiting[chat.id], _quoted_id(reply)
        if quoted_id is None:
            self._latest_plain[chat.id] = reply["message_id"]
        else:
            self._quoted[chat.id].add(quoted_id)
            _pass(reply, waiting.pop(quoted_id, []))
        # A quote may also tell what the message without a quote above it answers.
        if quoted_id is None or quoted_id < self._latest_plain.get(chat.id, 0):
            for asked_id in list(waiting):
                asked = chat.messages.get(asked_id, {"message_id": asked_id})
                if (found := next(self.to(chat, asked, reply.get("from", {}).get("id")), None)) is not None:
                    _pass(found, waiting.pop(asked_id))

    def _answers(self, chat: Chat, reply: Message, message: Message) -> bool:
        quoted_id = _quoted_id(reply)
        if quoted_id is not None or chat.type != "private":
            return quoted_id in (None, message["message_id"])
        answered = self._answered(chat, reply)
        return answered is not None and _key(answered) == _key(message)

    def _answered(self, chat: Chat, plain: Message) -> Message | None:
        """Return the message that a message without a quote answers; None if there is no message above it."""
        latest = None
        for above in reversed(chat.messages.values()):
            if above["message_id"] >= plain["message_id"]:
                continue
            if not _is_by(above, plain["from"]["id"]):
                if above["message_id"] not in self._quoted[chat.id]:
                    return above
                latest = latest or above
            elif latest is not None and _quoted_id(above) is None:
                break
        return latest


def _pass(reply: Message, waiters: list[asyncio.Future[Message]]) -> None:
    for waiter in waiters:
        if not waiter.done():
            waiter.set_result(reply)


def _is_by(message: Message, bot_id: int) -> bool:
    return bool(message.get("from", {}).get("id") == bot_id)


def _key(message: Message) -> object:
    return message.get("media_group_id", message["message_id"])


def _quoted_id(message: Message) -> int | None:
    """Return the id of the quoted message; None for the start of a topic, which all its messages quote."""
    quoted = message.get("reply_to_message")
    return None if quoted is None or "forum_topic_created" in quoted else quoted["message_id"]
