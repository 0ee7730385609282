"""The place of a message in a chat: the message that it quotes, and its thread."""

from __future__ import annotations

from typing import Any

from bot.localchat.chats import Chat

Message = dict[str, Any]

# The fields of a message that a reply in another chat contains, too.
SHOWN = ("animation", "document", "has_media_spoiler", "photo", "sticker", "video", "video_note")


def placement(chat: Chat, reply_to: Message | None, thread_id: int | None) -> dict[str, Any]:
    """Return the fields that place a new message.

    In a forum, a message that replies to nothing quotes the service message that opened its topic. In other
    supergroups, a reply has the thread id of the message that started the discussion. A reply to a message of another
    chat or topic has only what that message shows.
    """
    fields: dict[str, Any] = {}
    if reply_to is not None and is_elsewhere(chat, reply_to, thread_id):
        fields["external_reply"] = external(reply_to)
        reply_to = None
    if reply_to is not None:
        fields["reply_to_message"] = quotable(reply_to)
    if chat.is_forum:
        if reply_to is not None and reply_to.get("is_topic_message"):
            thread_id = reply_to["message_thread_id"]
        if thread_id is not None:
            fields |= {"message_thread_id": thread_id, "is_topic_message": True}
            fields.setdefault("reply_to_message", quotable(chat.messages[thread_id]))
    elif chat.type == "supergroup" and reply_to is not None:
        fields["message_thread_id"] = reply_to.get("message_thread_id", reply_to["message_id"])
    return fields


def is_elsewhere(chat: Chat, message: Message, thread_id: int | None) -> bool:
    """Return whether a message is in another chat, or in another topic than the given one."""
    if message["chat"]["id"] != chat.id:
        return True
    return thread_id is not None and message.get("message_thread_id") != thread_id


def external(message: Message) -> dict[str, Any]:
    """Return a message as `external_reply` contains it."""
    origin = {"type": "user", "date": message["date"], "sender_user": message["from"]}
    shown = {name: message[name] for name in SHOWN if name in message}
    return {"origin": origin, "chat": message["chat"], "message_id": message["message_id"]} | shown


def quotable(message: Message) -> Message:
    """Return a message as `reply_to_message` contains it: without the message that it replied to."""
    return {name: value for name, value in message.items() if name != "reply_to_message"}
