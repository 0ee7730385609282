"""The command menus that Telegram's apps show, in each language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

import structlog
from telegram import (
    Bot,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
)
from telegram.error import TelegramError

from bot.transport.retries import with_retries
from bot.views.admin_replies import ADMIN_COMMANDS
from bot.views.replies import GROUP_COMMANDS, PRIVATE_COMMANDS, menu
from bot.views.texts import DEFAULT_LANGUAGE, Languages

log = structlog.get_logger()


async def set_menus(bot: Bot, languages: Languages, admins: Iterable[int]) -> None:
    """Set the command menus of private chats, of groups and of admins.

    Args:
        bot: bot that gets the menus.
        languages: texts in all languages; apps in other languages show English.
        admins: ids of the bot's admins.
    """
    await _set_menu(bot, languages, PRIVATE_COMMANDS, BotCommandScopeAllPrivateChats())
    await _set_menu(bot, languages, GROUP_COMMANDS, BotCommandScopeAllGroupChats())
    for user_id in sorted(admins):
        await set_admin_menu(bot, languages, user_id)


async def set_admin_menu(bot: Bot, languages: Languages, user_id: int) -> None:
    """Set the command menu of an admin. The arguments are the same as in `set_menus`."""
    await _set_menu(bot, languages, PRIVATE_COMMANDS + ADMIN_COMMANDS, BotCommandScopeChat(user_id))


async def remove_admin_menu(bot: Bot, user_id: int) -> None:
    """Remove the command menu of a former admin; the apps then show the same menu as for everybody."""
    try:
        await with_retries(partial(bot.delete_my_commands, scope=BotCommandScopeChat(user_id)), idempotent=True)
    except TelegramError as error:
        log.warning("command menu not removed", reason=error.message)


async def _set_menu(bot: Bot, languages: Languages, commands: Sequence[str], scope: BotCommandScope) -> None:
    try:
        for texts in languages:
            # Apps show the menu without a language if there is no menu in their own language.
            language = "" if texts.language == DEFAULT_LANGUAGE else texts.language
            call = partial(bot.set_my_commands, menu(texts, commands), scope=scope, language_code=language)
            await with_retries(call, idempotent=True)
    except TelegramError as error:
        # The menu of the last run still exists, and commands also work without a menu. Telegram refuses the menu of an
        # admin who never wrote to the bot.
        log.warning("command menu not set", scope=scope.type, reason=error.message)
