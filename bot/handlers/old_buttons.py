"""Buttons from earlier versions of the program, which no other handler takes."""

from __future__ import annotations

from telegram import Update
from telegram.ext import CallbackQueryHandler

from bot.handlers.context import BotApplication, Context


def register(application: BotApplication) -> None:
    """Register after the handlers of all other buttons."""
    application.add_handler(CallbackQueryHandler(handle_callback))


async def handle_callback(update: Update, context: Context) -> None:
    """Tell the person that the button does not work any more; anyone may press the button."""
    assert update.callback_query is not None, "only callback queries come here"
    await context.outbox.answer_callback(update.callback_query, (await context.texts(update))("buttons-old"))
