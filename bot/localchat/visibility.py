"""Tells which messages Telegram shows to the bot."""

from __future__ import annotations

from typing import Any

from bot.localchat.chats import Chat, User

SERVICE_FIELDS = frozenset(
    {
        "new_chat_members",
        "left_chat_member",
        "migrate_to_chat_id",
        "migrate_from_chat_id",
        "forum_topic_created",
        "forum_topic_closed",
    }
)


def is_visible(bot: User, chat: Chat, message: dict[str, Any], *, reads_all: bool) -> bool:
    """Return whether the bot gets an update for another sender's message. `reads_all`: privacy mode is off."""
    if message.get("from", {}).get("id") == bot.id or not chat.has_member(bot):
        return False
    if chat.type in ("private", "channel") or reads_all or chat.has_admin(bot):
        return True
    if not SERVICE_FIELDS.isdisjoint(message):
        return True
    replied = message.get("reply_to_message")
    if replied is not None and replied.get("from", {}).get("id") == bot.id:
        return True
    return _addresses(bot, message)


def _addresses(bot: User, message: dict[str, Any]) -> bool:
    """Return whether a text or caption mentions the bot, or has a command that is not another bot's."""
    at_name = f"@{bot.username}".lower()
    encoded = (message.get("text") or message.get("caption") or "").encode("utf-16-le")
    for entity in message.get("entities") or message.get("caption_entities") or ():
        if entity["type"] not in ("mention", "bot_command"):
            continue
        start = 2 * entity["offset"]
        part = encoded[start : start + 2 * entity["length"]].decode("utf-16-le").lower()
        if part.endswith(at_name) or (entity["type"] == "bot_command" and "@" not in part):
            return True
    return False
