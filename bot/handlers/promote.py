"""/promote: a model that was trained on what a chat has taught becomes the chat's model, if it is better."""

from __future__ import annotations

import structlog
from telegram import Update
from telegram.ext import CommandHandler

from bot.domain.reports import CommandRefused
from bot.domain.teaching import TeachingRefused
from bot.handlers import filters
from bot.handlers.context import BotApplication, Context
from bot.handlers.quota import limited
from bot.handlers.settings import may_open
from bot.views import admin_replies
from bot.views.teaching_replies import promotion, refusal
from inference import errors

log = structlog.get_logger()


def register(application: BotApplication) -> None:
    application.add_handler(CommandHandler("promote", limited(promote), filters=filters.CHATS))


async def promote(update: Update, context: Context) -> None:
    """Try a model as the model of the chat, for the chat's admins; reply with the figures that decided it."""
    message, texts = update.message, await context.texts(update)
    assert message is not None, "the filters of commands ask for a new message"
    if not await may_open(message, context):
        await context.outbox.reply(message, texts("teaching-promote-admins-only"))
        return
    if context.args is None or len(context.args) != 1:
        await context.outbox.reply(message, texts("teaching-promote-usage"))
        return
    (name,) = context.args
    try:
        outcome = await context.services.teaching.promote(message.chat_id, name)
    except TeachingRefused as refused:
        await context.outbox.reply(message, refusal(texts, refused))
    except CommandRefused as refused:
        await context.outbox.reply(message, admin_replies.refused(texts, refused))
    except errors.InferenceError as error:
        await context.outbox.reply(message, admin_replies.unchanged(texts, error))
    else:
        log.info("model tried on taught photos", model=name, promoted=outcome.promoted)
        await context.outbox.reply(message, promotion(texts, outcome))
