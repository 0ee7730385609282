"""Pure functions about the author and the origin of messages."""

from __future__ import annotations

from datetime import datetime

from telegram import ExternalReplyInfo, MaybeInaccessibleMessage, Message, MessageEntity, Update

from bot.config import SHARED_ACCOUNTS


def is_command(message: Message) -> bool:
    """Return whether a text starts with a command, by the same rule as in the library's command handlers."""
    return bool(
        message.entities and message.entities[0].type == MessageEntity.BOT_COMMAND and message.entities[0].offset == 0
    )


def is_original(message: Message) -> bool:
    """Return whether the sender wrote the message: it is not forwarded, not from an inline bot, not for a business."""
    return (
        message.forward_origin is None
        and message.via_bot is None
        and message.sender_business_bot is None
        and message.business_connection_id is None
        and not message.is_automatic_forward
    )


def edited_of(update: Update) -> Message | None:
    """Return the message that an update reports as edited; None for other updates."""
    return update.edited_message or update.edited_channel_post


def written_at(message: Message) -> datetime:
    """Return the time of the latest edit of a message, or the time at which it was sent if it was never edited."""
    return message.edit_date or message.date


def is_from_other_bot(message: Message) -> bool:
    """Return whether another bot wrote a message. Telegram's accounts for groups and channels do not count as bots."""
    author = message.from_user
    return author is not None and author.is_bot and message.sender_chat is None


def replied_message(message: Message) -> Message | None:
    """Return the message that a message replies to; None if it is in another chat, or opened the topic of a forum.

    In a forum, a message without a reply formally replies to the service message that opened its topic.
    """
    replied = message.reply_to_message
    if replied is None or replied.chat.id != message.chat.id or replied.forum_topic_created is not None:
        return None
    return replied


def asked_about(message: Message) -> Message | ExternalReplyInfo | None:
    """Return what a message replies to, in this chat or elsewhere; None if it replies to nothing."""
    return replied_message(message) or message.external_reply


def client_of(message: MaybeInaccessibleMessage) -> int:
    """Return the id under which the work on a message is counted: the author's id, in every chat.

    If the author is unknown, return the chat's id. This applies to channels, people who write in the name of a chat,
    Telegram's shared accounts, and answers of the bot, whose buttons anybody may press.
    """
    writer = message.from_user if isinstance(message, Message) and message.sender_chat is None else None
    if writer is None or writer.is_bot or writer.id in SHARED_ACCOUNTS:
        return message.chat.id
    return writer.id


def client_of_update(update: Update) -> int:
    """Return the id under which the work on an update is counted; 0 if there is no such id."""
    chat, user = update.effective_chat, update.effective_user
    if user is not None and (update.callback_query is not None or update.message_reaction is not None):
        return user.id
    if chat is None:
        return 0
    return chat.id if update.effective_message is None else client_of(update.effective_message)
