"""Who may change what in a chat: asked of Telegram each time, as rights end while a keyboard is on the screen."""

from __future__ import annotations

from collections.abc import Collection

import structlog
from telegram import Bot, ChatMember
from telegram.error import BadRequest, ChatMigrated, Forbidden
from telegram.ext import ExtBot

from bot.transport.sending import attempt

log = structlog.get_logger()

ADMIN_STATUSES = (ChatMember.OWNER, ChatMember.ADMINISTRATOR)


async def is_admin(bot: Bot, chat_id: int, user_id: int) -> bool:
    """Tell whether a person is an admin of a group or channel, or a private chat is theirs.

    Raises:
        TelegramError: Telegram could not be asked.
    """
    if chat_id > 0:
        return chat_id == user_id
    member = await member_of(bot, chat_id, user_id)
    if member is not None:
        return member.status in ADMIN_STATUSES
    return user_id in await _visible_admins(bot, chat_id)


async def member_of(bot: Bot, chat_id: int, user_id: int) -> ChatMember | None:
    """Tell what somebody is in a chat; None where the bot is not there to see it.

    Raises:
        TelegramError: Telegram could not be asked.
    """
    try:
        return await attempt(lambda: bot.get_chat_member(chat_id, user_id), repeatable=True)
    except (BadRequest, Forbidden, ChatMigrated) as error:
        log.info("membership unknown", reason=error.message)
        return None


async def _visible_admins(bot: Bot, chat_id: int) -> Collection[int]:
    """List the admins of a group that hides its members from bots that are no admins, as it does not hide these."""
    try:
        admins = await attempt(lambda: bot.get_chat_administrators(chat_id), repeatable=True)
    except (BadRequest, Forbidden, ChatMigrated):
        return ()
    return {admin.user.id for admin in admins}


async def hides_photos(bot: ExtBot[None], chat_id: int) -> bool:
    """Tell whether Telegram hides from the bot what nobody in a group wrote to it, its privacy mode.

    Raises:
        TelegramError: Telegram could not be asked.
    """
    return not bot.can_read_all_group_messages and not await is_admin(bot, chat_id, bot.id)
