"""The place of a message in a chat: the message that it quotes, and its thread."""

from __future__ import annotations

from typing import Any

from bot.localchat.chats import Chat

Message = dict[str, Any]


def placement(chat: Chat, reply_to: Message | None, thread_id: int | None) -> dict[str, Any]:
    """Returns the fields that place a new message.

    In a forum, a message that replies to nothing quotes the service message that opened its topic. In other
    supergroups, a reply has the thread id of the message that started the discussion.
    """
    fields: dict[str, Any] = {}
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


def quotable(message: Message) -> Message:
    """Returns a message as `reply_to_message` contains it: without the message that it replied to."""
    return {name: value for name, value in message.items() if name != "reply_to_message"}
