"""The latest message of each private chat. It decides which replies quote the message that they answer.

A reply right below its message needs no quote. If another message stands between the two, only a quote says which
message is answered. In groups, all replies quote.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from telegram import Message, ReplyParameters
from telegram.error import BadRequest, RetryAfter

from bot.transport.objects import is_id

T = TypeVar("T")

# Limit on the number of chats, which take about two megabytes. In a chat that is dropped, the next reply quotes.
MAX_CHATS = 10_000


@dataclass(frozen=True, slots=True)
class Latest:
    """The latest message of a chat. The parts of an album count as one message.

    Attributes:
        first_id: id of the message, or of the album's first part.
        last_id: id of the message, or of the album's last part so far.
        album: id of the album; None for a single message.
    """

    first_id: int
    last_id: int
    album: str | None = None


class LatestMessages:
    """Knows the latest message of each private chat, as far as the bot has seen it.

    In a private chat, later messages have higher ids.

    Args:
        max_chats: maximum number of chats.
    """

    def __init__(self, *, max_chats: int = MAX_CHATS) -> None:
        self._max_chats = max_chats
        # The chat whose latest message was noted longest ago comes first.
        self._chats: OrderedDict[int, Latest] = OrderedDict()
        # Number of messages to each chat that are on their way to Telegram. Their ids are not known yet.
        self._leaving: Counter[int] = Counter()

    def note(self, message: Message) -> None:
        """Note a message that the bot received."""
        self._note(message.chat_id, Latest(message.message_id, message.message_id, message.media_group_id))

    def note_sent(self, chat_id: int, message_id: int) -> None:
        """Note a message that the bot sent."""
        self._note(chat_id, Latest(message_id, message_id))

    def forget(self, chat_id: int) -> None:
        """Forget a chat, in which another program may have written meanwhile. The next reply there quotes."""
        self._chats.pop(chat_id, None)

    async def send(self, data: dict[str, Any], quote: ReplyParameters | None, call: Callable[[], Awaitable[T]]) -> T:
        """Send a message that leaves for Telegram now, and note it.

        Args:
            data: parameters of the call; "reply_parameters" is set here.
            quote: message to quote unless it is right above; None to quote no message.
            call: function that makes the call, and returns Telegram's result.
        """
        chat_id = data["chat_id"]
        data["reply_parameters"] = None if quote and self._is_right_above(chat_id, quote.message_id) else quote
        self._leaving[chat_id] += 1
        try:
            sent = await call()
        except (RetryAfter, BadRequest):
            raise
        except BaseException:
            # The message may be in the chat nevertheless.
            self._chats.pop(chat_id, None)
            raise
        finally:
            self._leaving[chat_id] -= 1
            if not self._leaving[chat_id]:
                del self._leaving[chat_id]
        if isinstance(sent, dict) and is_id(sent.get("message_id")):
            self.note_sent(chat_id, sent["message_id"])
        else:
            self._chats.pop(chat_id, None)
        return sent

    def _is_right_above(self, chat_id: int, message_id: int) -> bool:
        """Return whether no other message stands between a message and a message that leaves now."""
        latest = self._chats.get(chat_id)
        return latest is not None and message_id >= latest.first_id and not self._leaving[chat_id]

    def _note(self, chat_id: int, new: Latest) -> None:
        if chat_id < 0:
            return  # the id of a group
        known = self._chats.get(chat_id)
        if known is not None and new.album is not None and new.album == known.album:
            new = Latest(min(known.first_id, new.first_id), max(known.last_id, new.last_id), new.album)
        elif known is not None and new.last_id < known.last_id:
            new = known
        self._chats[chat_id] = new
        self._chats.move_to_end(chat_id)
        if len(self._chats) > self._max_chats:
            self._chats.popitem(last=False)
