"""The link for the first admin: Telegram's apps send its code as `/start claim-CODE`."""

from __future__ import annotations

from telegram import Message, Update
from telegram.constants import ChatType
from telegram.ext import CommandHandler

from bot.domain.claim_code import CLAIM_PREFIX
from bot.domain.origins import is_command
from bot.handlers import filters
from bot.handlers.command_menus import set_admin_menu
from bot.handlers.context import BotApplication, Context
from bot.handlers.quota import limited

COMMAND = "/start"


def register(application: BotApplication) -> None:
    """Register before the handler of other `/start` commands."""
    application.add_handler(CommandHandler(COMMAND[1:], limited(claim), filters=filters.CLAIMS, has_args=1))


def is_claim(message: Message) -> bool:
    """Return whether the sender of a message opened the first admin's link. Even a bot for few people accepts that."""
    words = (message.text or "").split()
    return (
        message.chat.type == ChatType.PRIVATE
        and is_command(message)
        and len(words) == 2
        and words[0].partition("@")[0].lower() == COMMAND
        and words[1].startswith(CLAIM_PREFIX)
    )


async def claim(update: Update, context: Context) -> None:
    """Make the sender the first admin if the code is right. Every refusal has the same text."""
    message, user, texts = update.message, update.effective_user, await context.texts(update)
    assert message is not None, "the filters ask for a new message"
    assert user is not None, "in a private chat somebody writes"
    assert context.args, "has_args asks for one"
    admins, services = context.services.admins, context.services
    if user.id in admins:
        await context.outbox.reply(message, texts("claim-already"))
    elif await admins.claim(user.id, context.args[0].removeprefix(CLAIM_PREFIX)):
        await context.outbox.reply(message, texts("claim-done", id=str(user.id)))
        await set_admin_menu(context.bot, services.languages, user.id)
    else:
        await context.outbox.reply(message, texts("claim-refused"))
