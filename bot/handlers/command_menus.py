"""What Telegram's apps show of the bot, in each language: the command menus, and the texts in its profile."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

import structlog
from telegram import (
    Bot,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
)
from telegram.error import TelegramError

from bot.transport.retries import with_retries
from bot.views.admin_replies import ADMIN_COMMANDS
from bot.views.replies import GROUP_ADMIN_COMMANDS, GROUP_COMMANDS, PRIVATE_COMMANDS, menu
from bot.views.texts import DEFAULT_LANGUAGE, Languages, Texts

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
    await _set_menu(bot, languages, GROUP_ADMIN_COMMANDS, BotCommandScopeAllChatAdministrators())
    for user_id in sorted(admins):
        await set_admin_menu(bot, languages, user_id)


async def set_descriptions(bot: Bot, languages: Languages) -> None:
    """Set the text that a new chat with the bot shows, and the short text in its profile, where its owner set none."""
    try:
        # The text without a language comes last: until it is set, Telegram returns none for a language without one.
        for texts in sorted(languages, key=_language_code, reverse=True):
            code = _language_code(texts)
            long = await with_retries(partial(bot.get_my_description, language_code=code), idempotent=True)
            if not long.description:
                text = texts("menu-description")
                await with_retries(partial(bot.set_my_description, text, language_code=code), idempotent=True)
            short = await with_retries(partial(bot.get_my_short_description, language_code=code), idempotent=True)
            if not short.short_description:
                text = texts("menu-short-description")
                await with_retries(partial(bot.set_my_short_description, text, language_code=code), idempotent=True)
    except TelegramError as error:
        log.warning("description not set", reason=error.message)


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
            language = _language_code(texts)
            call = partial(bot.set_my_commands, menu(texts, commands), scope=scope, language_code=language)
            await with_retries(call, idempotent=True)
    except TelegramError as error:
        # The menu of the last run still exists, and commands also work without a menu. Telegram refuses the menu of an
        # admin who never wrote to the bot.
        log.warning("command menu not set", scope=scope.type, reason=error.message)


def _language_code(texts: Texts) -> str:
    """Return the language that apps ask for; apps show the texts without a language if theirs is missing."""
    return "" if texts.language == DEFAULT_LANGUAGE else texts.language
