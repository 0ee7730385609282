"""Whether a message of a group, or a post of a channel, is to be answered. Pure functions."""

from __future__ import annotations

from enum import Enum, auto

from telegram import Message, MessageEntity
from telegram.constants import ChatType

from bot.domain.chat_settings import ChatSettings
from bot.domain.media import is_image, shows_something


class Trigger(Enum):
    """Why a photo is looked at."""

    REQUESTED = auto()
    """Somebody asked: there is an answer, whatever comes out, an apology if need be."""

    AUTOMATIC = auto()
    """The chat is set to it: the bot speaks up only where it has something to say."""


def trigger_of(message: Message, settings: ChatSettings) -> Trigger | None:
    """Tell why a message that shows something is to be answered; None where it is not.

    Args:
        message: new, in a private chat, a group or a channel.
        settings: of its chat.
    """
    if message.chat.type == ChatType.PRIVATE:
        return Trigger.REQUESTED
    if settings.mode == "off":
        return None
    if message.chat.type == ChatType.CHANNEL or message.is_automatic_forward:
        wanted = settings.channel_posts is not None
    elif mentions_us(message) or replies_to_us(message):
        return Trigger.REQUESTED
    else:
        wanted = settings.mode == "auto"
    return Trigger.AUTOMATIC if wanted and is_photo(message) and not settings.is_quiet(message.date) else None


def is_photo(message: Message) -> bool:
    """Tell whether a message shows a photo or an image file; what decorates a chat, stickers and GIFs, is neither."""
    image = message.document is not None and message.animation is None and is_image(message.document)
    return shows_something(message) and (bool(message.photo) or image)


def mentions_us(message: Message) -> bool:
    """Tell whether a text or caption mentions the bot, or calls its /label."""
    bot = message.get_bot()
    username = bot.username.lower()
    entities = message.parse_caption_entities() if message.caption else message.parse_entities()
    for entity, text in entities.items():
        spoken = text.lower()
        match entity.type:
            case MessageEntity.MENTION if spoken == f"@{username}":
                return True
            case MessageEntity.TEXT_MENTION if entity.user is not None and entity.user.id == bot.id:
                return True
            case MessageEntity.BOT_COMMAND if spoken in ("/label", f"/label@{username}"):
                return True
    return False


def replies_to_us(message: Message) -> bool:
    replied = message.reply_to_message
    return replied is not None and replied.from_user is not None and replied.from_user.id == message.get_bot().id
