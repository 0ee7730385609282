"""Buttons that no other handler takes: an earlier version of the program made them."""

from __future__ import annotations

from telegram import Update
from telegram.ext import CallbackQueryHandler

from bot.handlers.context import BotApplication, Context


def register(application: BotApplication) -> None:
    """Register after the handlers of all other buttons."""
    application.add_handler(CallbackQueryHandler(handle_callback))


async def handle_callback(update: Update, context: Context) -> None:
    """Tell that the button does nothing any more; anyone may press it."""
    assert update.callback_query is not None, "only callback queries come here"
    await context.outbox.answer_callback(update.callback_query, (await context.texts(update))("buttons-old"))
