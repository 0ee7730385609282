"""Waits for the bot's replies to messages. The cost per reply does not depend on the number of waiters."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from bot.localchat.chats import Chat
from bot.localchat.threads import Message


class ReplyWaiters:
    """The waiters for replies, by message."""

    def __init__(self) -> None:
        self._waiting: defaultdict[int, dict[int, list[asyncio.Future[Message]]]] = defaultdict(dict)

    async def wait(self, chat: Chat, message: Message, bot_id: int, timeout_s: float) -> Message:
        """Waits for the bot's first message that quotes `message`, or that follows it and quotes no message.

        Raises:
            TimeoutError: No reply came in time.
        """
        asked_id = message["message_id"]
        if (earlier := _first_reply(chat, asked_id, bot_id)) is not None:
            return earlier
        reply: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[chat.id].setdefault(asked_id, []).append(reply)
        async with asyncio.timeout(timeout_s):
            return await reply

    def resolve(self, chat: Chat, reply: Message) -> None:
        """Passes a new message of the bot to its waiters."""
        waiting = self._waiting[chat.id]
        quoted_id = _quoted_id(reply)
        for asked_id in list(waiting) if quoted_id is None else [quoted_id]:
            for waiter in waiting.pop(asked_id, ()):
                if not waiter.done():
                    waiter.set_result(reply)


def _first_reply(chat: Chat, asked_id: int, bot_id: int) -> Message | None:
    """Returns a reply that already exists. It searches from the newest message, as few are newer than `asked_id`."""
    found = None
    for candidate in reversed(chat.messages.values()):
        if candidate["message_id"] <= asked_id:
            break
        if candidate.get("from", {}).get("id") == bot_id and _quoted_id(candidate) in (asked_id, None):
            found = candidate
    return found


def _quoted_id(message: Message) -> int | None:
    """Returns the id of the quoted message; None for the start of a topic, which all its messages quote."""
    quoted = message.get("reply_to_message")
    return None if quoted is None or "forum_topic_created" in quoted else quoted["message_id"]
