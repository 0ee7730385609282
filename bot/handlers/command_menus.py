"""The command menus that Telegram's apps show, in each language."""

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
    """Set the command menus of private chats, of groups and of admins.

    Args:
        bot: bot of the commands.
        languages: texts in all languages; apps in other languages show English.
        admins: ids of the bot's admins.
    """
    menus = [
        (PRIVATE_COMMANDS, BotCommandScopeAllPrivateChats()),
        (GROUP_COMMANDS, BotCommandScopeAllGroupChats()),
        *((PRIVATE_COMMANDS + ADMIN_COMMANDS, BotCommandScopeChat(user_id)) for user_id in sorted(admins)),
    ]
    for commands, scope in menus:
        try:
            for texts in languages:
                # The menu without a language is shown in all languages that have none.
                language = "" if texts.language == DEFAULT_LANGUAGE else texts.language
                call = partial(bot.set_my_commands, menu(texts, commands), scope=scope, language_code=language)
                await with_retries(call, idempotent=True)
        except TelegramError as error:
            # The menu of the last run is still there, and commands work without one. Telegram refuses the menu of an
            # admin who never wrote to the bot.
            log.warning("command menu not set", scope=scope.type, reason=error.message)
