"""Whether a message is what its sender wrote, here and now. Pure functions."""

from __future__ import annotations

from telegram import Message, MessageEntity


def is_command(message: Message) -> bool:
    """Tell whether a text begins with a command, as the library's handlers of commands see it."""
    return bool(
        message.entities and message.entities[0].type == MessageEntity.BOT_COMMAND and message.entities[0].offset == 0
    )


def is_own_word(message: Message) -> bool:
    """Tell whether a message was written by its sender: neither forwarded, nor by an inline bot, nor for a business."""
    return (
        message.forward_origin is None
        and message.via_bot is None
        and message.sender_business_bot is None
        and message.business_connection_id is None
        and not message.is_automatic_forward
    )


def is_by_other_bot(message: Message) -> bool:
    """Tell whether another bot wrote a message, and no account of Telegram's that writes for groups and channels."""
    author = message.from_user
    return author is not None and author.is_bot and message.sender_chat is None


def replied_here(message: Message) -> Message | None:
    """Return the message that this one replies to; None where that is in another chat, or opened the topic of a forum.

    In a forum, what replies to nothing replies to the service message that opened its topic.
    """
    replied = message.reply_to_message
    if replied is None or replied.chat.id != message.chat.id or replied.forum_topic_created is not None:
        return None
    return replied
