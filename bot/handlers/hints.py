"""Hints in groups: one line for people who address the bot in a way that it cannot answer, at most once an hour."""

from __future__ import annotations

from telegram import Message, Update
from telegram.ext import MessageHandler

from bot.domain.triggers import mentions_bot
from bot.handlers import filters
from bot.handlers.context import BotApplication, Context
from bot.handlers.quota import check_quota

# Minimum time in seconds between two hints in a group.
HINT_PERIOD_S = 3600.0
OFF, NEEDS_A_PHOTO, HELP = "groups-off", "groups-needs-a-photo", "groups-help"


def register(application: BotApplication) -> None:
    """Register after all other handlers of groups."""
    application.add_handler(MessageHandler(filters.GROUPS & filters.UNADDRESSED_HELP, hint_help))
    application.add_handler(MessageHandler(filters.GROUPS & filters.TEXT, hint_mention))


async def hint_help(update: Update, context: Context) -> None:
    """Answer /help and /start that name no bot."""
    await hint(update, context, HELP)


async def hint_mention(update: Update, context: Context) -> None:
    """Answer a text that mentions the bot, but is about no photo."""
    message = update.message
    assert message is not None, "the filter asks for a new message"
    if mentions_bot(message):
        await hint(update, context, NEEDS_A_PHOTO)


async def hint(update: Update, context: Context, key: str) -> None:
    """Reply with a hint, unless the group got one within the hour.

    Args:
        update: update with a message that addresses the bot.
        context: context of the update.
        key: key of the text. Where photos are off, the hint says so instead.
    """
    message, reply_context = update.effective_message, await context.reply_context(update)
    assert isinstance(message, Message), "the filters ask for a message"
    if context.services.hints.is_due(message.chat_id) and await check_quota(update, context, silently=True):
        key = OFF if reply_context.settings.mode == "off" else key
        arguments = {} if key == OFF else {"bot": context.bot.username}
        await context.outbox.reply(message, reply_context.texts(key, **arguments))
