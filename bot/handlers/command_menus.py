"""The menus of commands that Telegram's apps show, in each language."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import structlog
from telegram import Bot, BotCommandScopeAllGroupChats, BotCommandScopeAllPrivateChats, BotCommandScopeChat
from telegram.error import TelegramError

from bot.transport.retries import with_retries
from bot.views.admin_replies import ADMIN_COMMANDS
from bot.views.replies import GROUP_COMMANDS, PRIVATE_COMMANDS, menu
from bot.views.texts import DEFAULT_LANGUAGE, Languages

log = structlog.get_logger()


async def set_menus(bot: Bot, languages: Languages, admins: Iterable[int]) -> None:
    """Tell Telegram what its apps offer, in private chats, in groups and to admins.

    Args:
        bot: whose commands they are.
        languages: that it speaks; whose app speaks none of them sees English.
        admins: ids of the people who are offered more.
    """
    menus = [
        (PRIVATE_COMMANDS, BotCommandScopeAllPrivateChats()),
        (GROUP_COMMANDS, BotCommandScopeAllGroupChats()),
        *((PRIVATE_COMMANDS + ADMIN_COMMANDS, BotCommandScopeChat(user_id)) for user_id in sorted(admins)),
    ]
    for commands, scope in menus:
        try:
            for texts in languages:
                # No language stands for all that have no menu of their own.
                language = "" if texts.language == DEFAULT_LANGUAGE else texts.language
                call = partial(bot.set_my_commands, menu(texts, commands), scope=scope, language_code=language)
                await with_retries(call, idempotent=True)
        except TelegramError as error:
            # The menu of the last run is still there, and commands work without one. An admin's is refused until that
            # person has written to the bot for the first time.
            log.warning("command menu not set", scope=scope.type, reason=error.message)
