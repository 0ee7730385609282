"""Which messages Telegram shows to the bot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.localchat.chats import Chat

if TYPE_CHECKING:
    from bot.localchat.store import ChatStore

SERVICE_FIELDS = frozenset(
    {
        "new_chat_members",
        "left_chat_member",
        "new_chat_title",
        "group_chat_created",
        "supergroup_chat_created",
        "migrate_to_chat_id",
        "migrate_from_chat_id",
        "pinned_message",
        "forum_topic_created",
        "forum_topic_closed",
        "forum_topic_reopened",
    }
)


def is_visible(store: ChatStore, chat: Chat, message: dict[str, Any]) -> bool:
    """Whether the bot gets an update for a message of another, by membership and privacy mode."""
    bot = store.bot
    if message.get("from", {}).get("is_bot") and "sender_chat" not in message:
        return False
    if chat.type == "private":
        return True
    if not chat.has_member(bot):
        return False
    if chat.type == "channel" or store.can_read_all_group_messages or chat.status_of(bot) == "administrator":
        return True
    if not SERVICE_FIELDS.isdisjoint(message):
        return True
    replied = message.get("reply_to_message")
    if replied is not None and replied.get("from", {}).get("id") == bot.id:
        return True
    return _addresses(bot.username or "", message)


def _addresses(username: str, message: dict[str, Any]) -> bool:
    """Whether a text or caption calls a command, not another bot's, or mentions the bot."""
    text = message.get("text") or message.get("caption") or ""
    encoded = text.encode("utf-16-le")
    for entity in message.get("entities") or message.get("caption_entities") or ():
        start = 2 * entity["offset"]
        part = encoded[start : start + 2 * entity["length"]].decode("utf-16-le").lower()
        if entity["type"] == "mention" and part == f"@{username.lower()}":
            return True
        if entity["type"] == "bot_command" and ("@" not in part or part.endswith(f"@{username.lower()}")):
            return True
    return False
