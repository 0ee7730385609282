"""Who wrote a message, and whether it is what they wrote, here and now. Pure functions."""

from __future__ import annotations

from telegram import MaybeInaccessibleMessage, Message, MessageEntity

from bot.config import SHARED_ACCOUNTS


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
    """Return the message that this one replies to; None if that is in another chat, or opened the topic of a forum.

    In a forum, what replies to nothing replies to the service message that opened its topic.
    """
    replied = message.reply_to_message
    if replied is None or replied.chat.id != message.chat.id or replied.forum_topic_created is not None:
        return None
    return replied


def client_of(message: MaybeInaccessibleMessage) -> int:
    """Tell for whom the bot works: the person who wrote a message, whose share is the same in however many chats.

    It is the chat if no person is known: for channels, people who write in the name of a chat, Telegram's accounts that
    speak for many, and answers of the bot, below which anybody may press a button.
    """
    writer = message.from_user if isinstance(message, Message) and message.sender_chat is None else None
    if writer is None or writer.is_bot or writer.id in SHARED_ACCOUNTS:
        return message.chat.id
    return writer.id
