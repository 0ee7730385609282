"""The filters that several handlers use: kinds of chats, and kinds of messages."""

from __future__ import annotations

from telegram import Message, MessageEntity
from telegram.ext import filters

from bot.domain.claim_code import CLAIM_PREFIX
from bot.domain.media import has_media


class HasMedia(filters.MessageFilter):
    """A message with a photo, file, sticker, animation or video."""

    def filter(self, message: Message) -> bool:
        return has_media(message)


class InAlbum(filters.MessageFilter):
    """A part of an album."""

    def filter(self, message: Message) -> bool:
        return message.media_group_id is not None


class RepliesElsewhere(filters.MessageFilter):
    """A message that replies to a message of another chat or topic with a photo, file, sticker, animation or video."""

    def filter(self, message: Message) -> bool:
        return message.external_reply is not None and has_media(message.external_reply)


# Kinds of chats. The first three filters accept no edited messages and no posts of channels.
PRIVATE = filters.UpdateType.MESSAGE & filters.ChatType.PRIVATE
GROUPS = filters.UpdateType.MESSAGE & filters.ChatType.GROUPS
CHATS = PRIVATE | GROUPS
CHANNELS = filters.UpdateType.CHANNEL_POST
EDITED = filters.UpdateType.EDITED
# In a group, which may have other bots, a command must name this bot: /help@labelbot.
ADDRESSED = PRIVATE | (GROUPS & filters.Regex(r"^/\w+@"))

UNADDRESSED_HELP = filters.Regex(r"^/(?i:start|help)(\s|$)")

# Kinds of messages.
MEDIA = HasMedia()
ALBUM_PARTS = InAlbum() & MEDIA
TEXT = filters.TEXT & ~filters.COMMAND
LINKS = TEXT & (filters.Entity(MessageEntity.URL) | filters.Entity(MessageEntity.TEXT_LINK))
MEDIA_ELSEWHERE = TEXT & RepliesElsewhere()
REPLIES = (TEXT & filters.REPLY) | MEDIA_ELSEWHERE
CLAIMS = PRIVATE & filters.Regex(rf"\s{CLAIM_PREFIX}")
UPGRADES = filters.StatusUpdate.MIGRATE
# Service messages, such as a new title, get no answer.
ANYTHING = ~filters.StatusUpdate.ALL
