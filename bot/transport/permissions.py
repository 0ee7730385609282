"""Permissions of people and of the bot in chats.

Telegram is asked each time: a person may lose a right while the buttons for it are still on the screen.
"""

from __future__ import annotations

from collections.abc import Collection

import structlog
from telegram import Bot, ChatFullInfo, ChatMember
from telegram.constants import ChatAction
from telegram.error import BadRequest, ChatMigrated, Forbidden

from bot.transport.bot_client import TelegramBot
from bot.transport.retries import with_retries

log = structlog.get_logger()

ADMIN_STATUSES = (ChatMember.OWNER, ChatMember.ADMINISTRATOR)


async def is_admin(bot: Bot, chat_id: int, user_id: int) -> bool:
    """Return whether a person is an admin of a group or channel, or the person of a private chat.

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
    """Return a person's membership in a chat; None if the bot cannot see it.

    Raises:
        TelegramError: Telegram could not be asked.
    """
    try:
        return await with_retries(lambda: bot.get_chat_member(chat_id, user_id), idempotent=True)
    except (BadRequest, Forbidden, ChatMigrated) as error:
        log.info("membership unknown", reason=error.message)
        return None


async def _visible_admins(bot: Bot, chat_id: int) -> Collection[int]:
    """List the admins of a group. They are visible even if the group hides its members from bots that are no admins."""
    try:
        admins = await with_retries(lambda: bot.get_chat_administrators(chat_id), idempotent=True)
    except (BadRequest, Forbidden, ChatMigrated):
        return ()
    return {admin.user.id for admin in admins}


async def find_chat(bot: Bot, chat_id: int) -> ChatFullInfo | None:
    """Return a chat, or the private chat of a person; None if the bot cannot see it.

    Raises:
        TelegramError: Telegram could not be asked.
    """
    try:
        return await with_retries(lambda: bot.get_chat(chat_id), idempotent=True)
    except (BadRequest, Forbidden, ChatMigrated) as error:
        log.info("chat unreachable", reason=error.message)
        return None


async def successor_of(bot: Bot, chat_id: int) -> int | None:
    """Return the id of the supergroup that a group became; None if it did not become one.

    Only calls that write in a group tell this, and the sign "typing" is the one that does the least.

    Raises:
        TelegramError: Telegram could not be asked.
    """
    try:
        await with_retries(lambda: bot.send_chat_action(chat_id, ChatAction.TYPING), idempotent=True)
    except ChatMigrated as error:
        return error.new_chat_id
    except (BadRequest, Forbidden):
        return None
    return None


async def hides_photos(bot: TelegramBot, chat_id: int) -> bool:
    """Return whether the bot's privacy mode hides a group's photos from the bot, except photos addressed to the bot.

    Raises:
        TelegramError: Telegram could not be asked.
    """
    return not bot.can_read_all_group_messages and not await is_admin(bot, chat_id, bot.id)
