"""Pure functions that decide whether a message is answered, and for which reason."""

from __future__ import annotations

from enum import Enum, auto

from telegram import Message, MessageEntity
from telegram.constants import ChatType

from bot.domain.chat_settings import ChatSettings
from bot.domain.media import has_media, is_image
from bot.domain.origins import is_original, written_at

TEACH_COMMAND = "/teach"


class Trigger(Enum):
    """The reason to classify a photo."""

    REQUESTED = auto()
    """Someone asked: there is always an answer, if need be an apology."""

    AUTOMATIC = auto()
    """The chat's settings ask for it: the bot answers only if it is sure."""


def trigger_of(message: Message, settings: ChatSettings) -> Trigger | None:
    """Return the reason to answer a message with a photo or file; None if the message gets no answer.

    Args:
        message: new or edited message of a private chat, a group or a channel.
        settings: settings of the chat.
    """
    if message.chat.type == ChatType.PRIVATE:
        return Trigger.REQUESTED
    if settings.mode == "off":
        return None
    if message.chat.type == ChatType.CHANNEL or message.is_automatic_forward:
        wanted = settings.channel_posts is not None
    elif mentions_bot(message) or replies_to_bot(message):
        return Trigger.REQUESTED
    else:
        wanted = settings.mode == "auto"
    return Trigger.AUTOMATIC if wanted and is_photo(message) and not settings.is_quiet(written_at(message)) else None


def is_photo(message: Message) -> bool:
    """Return whether a message has a photo or an image file; stickers and GIFs do not count."""
    image = message.document is not None and message.animation is None and is_image(message.document)
    return has_media(message) and (bool(message.photo or message.live_photo) or image)


def mentions_bot(message: Message) -> bool:
    """Return whether a text or caption mentions the bot, or contains the bot's command /label."""
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


def replies_to_bot(message: Message) -> bool:
    replied = message.reply_to_message
    return replied is not None and replied.from_user is not None and replied.from_user.id == message.get_bot().id


def taught_name(message: Message) -> str | None:
    """Return the name after /teach at the start of a text or caption, maybe empty; None if there is no such command."""
    said = message.text or message.caption or ""
    if not said.startswith("/") or not is_original(message):
        return None
    entities = message.parse_caption_entities() if message.caption else message.parse_entities()
    for entity, text in entities.items():
        if entity.type == MessageEntity.BOT_COMMAND and entity.offset == 0:
            command, _, addressee = text.lower().partition("@")
            if command == TEACH_COMMAND and addressee in ("", message.get_bot().username.lower()):
                return said[entity.length :].strip()
    return None
