"""Buttons that no other handler knows: those that an earlier version of the program made."""

from __future__ import annotations

from telegram import Update
from telegram.ext import CallbackQueryHandler

from bot.handlers.context import BotApplication, Context


def register(application: BotApplication) -> None:
    """Register after the handlers of all other buttons."""
    application.add_handler(CallbackQueryHandler(press))


async def press(update: Update, context: Context) -> None:
    """Say that the button does nothing any more; anybody may press it."""
    assert update.callback_query is not None, "only presses of buttons come here"
    await context.outbox.answer_callback(update.callback_query, (await context.texts(update))("buttons-old"))
