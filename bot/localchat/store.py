"""The state of the local Telegram that both sides share: the people in `World`, the bot in `methods`."""

from __future__ import annotations

import time
from typing import Any

from bot.localchat.callbacks import PendingQuery
from bot.localchat.chats import Chat, User
from bot.localchat.feed import Feed
from bot.localchat.files import FileStore
from bot.localchat.updates import UpdateQueue
from bot.localchat.visibility import is_visible

Message = dict[str, Any]


class ChatStore:
    """Users, chats, messages, files, and the bot's queue of updates.

    A message is a Bot API Message object. It is never changed in place: an edit stores a new object, so that an update
    that waits in the queue keeps showing what was true when it was queued.
    """

    def __init__(self, bot: User) -> None:
        self.bot = bot
        self.users: dict[int, User] = {bot.id: bot}
        self.chats: dict[int, Chat] = {}
        self.files = FileStore()
        self.feed = Feed()
        self.updates = UpdateQueue()
        self.callback_queries: dict[str, PendingQuery] = {}
        self.can_read_all_group_messages = False
        self._last_shared_id = 0

    def next_message_id(self, chat: Chat) -> int:
        """Supergroups and channels count for themselves; private chats and basic groups share one count."""
        if chat.type in ("supergroup", "channel"):
            chat.last_message_id += 1
            return chat.last_message_id
        self._last_shared_id += 1
        return self._last_shared_id

    def post(self, chat: Chat, author: dict[str, Any], content: dict[str, Any]) -> Message:
        """Adds a message to a chat and, where the bot may see it, to the bot's updates.

        Args:
            chat: Where.
            author: The fields that say who wrote it (`from`, `sender_chat`).
            content: All other fields, e.g. `text` and `reply_to_message`.
        """
        message: Message = {
            "message_id": self.next_message_id(chat),
            **author,
            "chat": chat.to_api(),
            "date": int(time.time()),
            **content,
        }
        chat.messages[message["message_id"]] = message
        self.feed.publish("message", chat.id, message)
        if is_visible(self, chat, message):
            self.updates.add("channel_post" if chat.type == "channel" else "message", message)
        return message

    def revise(self, chat: Chat, message: Message, *, by_bot: bool, edited: bool = True) -> Message:
        """Puts a changed message in the place of the one with its id.

        Args:
            chat: Where it is.
            message: The new object.
            by_bot: The bot hears of others' changes only.
            edited: Whether it counts as an edit, with an `edit_date`; a change of buttons alone does not.
        """
        if edited:
            message["edit_date"] = int(time.time())
        chat.messages[message["message_id"]] = message
        self.feed.publish("edited", chat.id, message)
        if not by_bot and is_visible(self, chat, message):
            self.updates.add("edited_channel_post" if chat.type == "channel" else "edited_message", message)
        return message

    def remove(self, chat: Chat, message_id: int) -> None:
        del chat.messages[message_id]
        self.feed.publish("deleted", chat.id, {"message_id": message_id})


def quotable(message: Message) -> Message:
    """A message as `reply_to_message` carries it: without the message that it replied to itself."""
    return {name: value for name, value in message.items() if name != "reply_to_message"}
