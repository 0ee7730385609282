"""The state of the local Telegram, shared by the people in `Simulation` and the bot's `methods`."""

from __future__ import annotations

import time
from typing import Any

from bot.localchat.callbacks import PendingQuery
from bot.localchat.chats import TELEGRAM_ID, Chat, ChatType, User
from bot.localchat.feed import Feed
from bot.localchat.files import FileStore
from bot.localchat.menus import CommandMenus
from bot.localchat.replies import ReplyWaiters
from bot.localchat.threads import Message
from bot.localchat.updates import UpdateQueue
from bot.localchat.visibility import is_visible
from bot.localchat.webhook import WebhookDelivery

# Content fields of a message, without its author, place and quoted message.
CONTENT_FIELDS = (
    "text",
    "entities",
    "caption",
    "caption_entities",
    "has_media_spoiler",
    "photo",
    "live_photo",
    "document",
    "sticker",
    "animation",
    "video",
)


class ChatStore:
    """Users, chats, messages, files, and the bot's queue of updates.

    A message is a Bot API Message object. It is never changed in place: an edit stores a new object, so that a queued
    update keeps the message as it was when the update was queued.

    Attributes:
        can_read_all_group_messages: whether the bot's privacy mode is off.
    """

    def __init__(self, bot: User) -> None:
        self.bot = bot
        self.users: dict[int, User] = {bot.id: bot}
        self.chats: dict[int, Chat] = {}
        self.files = FileStore()
        self.feed = Feed()
        self.updates = UpdateQueue()
        self.replies = ReplyWaiters()
        self.webhook_delivery = WebhookDelivery(self.updates)
        self.menus = CommandMenus()
        # Texts in the bot's profile, by the name of the text and the language.
        self.descriptions: dict[tuple[str, str], str] = {}
        self.callback_queries: dict[str, PendingQuery] = {}
        self.can_read_all_group_messages = False
        self._telegram = User(TELEGRAM_ID, "Telegram")
        self._last_shared_id = 0
        self._last_group = 0
        self._last_album = 13_000_000_000_000_000

    def post_own(self, chat: Chat, content: dict[str, Any]) -> Message:
        """Add a message of the bot, without an update; see `post`."""
        author = {"sender_chat": chat.to_api()} if chat.type == "channel" else {"from": self.bot.to_api()}
        message = self._add(chat, author, content)
        self.replies.resolve(chat, message)
        self._forward_to_discussion(chat, message)
        return message

    def post(self, chat: Chat, author: dict[str, Any], content: dict[str, Any]) -> Message:
        """Add a person's message to a chat and, if the bot may see the message, to the bot's updates.

        Args:
            chat: chat of the message. A channel's post also goes to its discussion group.
            author: author fields (`from`, `sender_chat`).
            content: other fields, e.g. `text` and `reply_to_message`.
        """
        message = self._add(chat, author, content)
        if is_visible(self.bot, chat, message, reads_all=self.can_read_all_group_messages):
            self.updates.add("channel_post" if chat.type == "channel" else "message", message)
        self._forward_to_discussion(chat, message)
        return message

    def new_chat_id(self, kind: ChatType) -> int:
        """Return an id for a new group or channel, negative as at Telegram."""
        self._last_group += 1
        return -self._last_group if kind == "group" else -1_001_000_000_000 - self._last_group

    def new_album_id(self) -> str:
        self._last_album += 1
        return str(self._last_album)

    def is_own(self, chat: Chat, message: Message) -> bool:
        """Return whether the bot may edit a message as its own: in a channel, the admins share all posts."""
        return chat.type == "channel" or message.get("from", {}).get("id") == self.bot.id

    def revise(self, chat: Chat, message: Message, *, by_bot: bool, hidden: bool = False) -> Message:
        """Replace the message with the same id.

        Args:
            chat: chat of the message.
            message: new message object.
            by_bot: whether the bot made the edit. The bot gets no update about its own edits.
            hidden: whether only buttons change. Such an edit does not mark the message as edited.
        """
        if not hidden:
            message["edit_date"] = int(time.time())
        chat.messages[message["message_id"]] = message
        self.feed.publish("edited", chat.id, message)
        if not by_bot and is_visible(self.bot, chat, message, reads_all=self.can_read_all_group_messages):
            self.updates.add("edited_channel_post" if chat.type == "channel" else "edited_message", message)
        return message

    def remove(self, chat: Chat, message_id: int) -> None:
        del chat.messages[message_id]
        self.feed.publish("deleted", chat.id, {"message_id": message_id})

    def _add(self, chat: Chat, author: dict[str, Any], content: dict[str, Any]) -> Message:
        message_id = self._next_message_id(chat)
        message = {"message_id": message_id, **author, "chat": chat.to_api(), "date": int(time.time()), **content}
        if "forum_topic_created" in content:
            message |= {"message_thread_id": message_id, "is_topic_message": True}
        chat.messages[message_id] = message
        self.feed.publish("message", chat.id, message)
        return message

    def _next_message_id(self, chat: Chat) -> int:
        """Return the next message id. Supergroups and channels have their own counters; other chats share one."""
        if chat.type in ("supergroup", "channel"):
            chat.last_message_id += 1
            return chat.last_message_id
        self._last_shared_id += 1
        return self._last_shared_id

    def _forward_to_discussion(self, channel: Chat, post: Message) -> None:
        """Forward a channel's post to its discussion group, from Telegram's own account."""
        if channel.type != "channel" or channel.linked is None:
            return
        author = {"from": self._telegram.to_api(), "sender_chat": post["chat"]}
        origin = {"type": "channel", "chat": post["chat"], "message_id": post["message_id"], "date": post["date"]}
        forwarded = {"forward_origin": origin, "is_automatic_forward": True} | content_of(post)
        if "media_group_id" in post:
            forwarded["media_group_id"] = post["media_group_id"]
        self.post(channel.linked, author, forwarded)


def content_of(message: Message) -> Message:
    return {name: message[name] for name in CONTENT_FIELDS if name in message}
