"""The boundary where what went wrong with one message becomes one sentence in its chat."""

from __future__ import annotations

import secrets

import structlog
from telegram import Update

from bot import replies
from bot.handlers.context import BotApplication, Context
from bot.labelling import FileUnavailable
from bot.media import shows_something
from bot.occasions import Occasion, occasion_of
from bot.sending import reply
from inference import errors

log = structlog.get_logger()


def register(application: BotApplication) -> None:
    application.add_error_handler(answer_error)


async def answer_error(update: object, context: Context) -> None:
    context.services.statistics.record_failure()
    texts = await context.texts(update) if isinstance(update, Update) else context.services.languages.closest(None)
    match context.error:
        case errors.InferenceError() as error:
            log.info("not labelled", error=type(error).__name__)
            text = replies.failure(texts, error)
        case FileUnavailable() as error:
            log.warning("file unavailable", reason=str(error))
            text = texts("answers-file-unavailable")
        case error:
            reference = secrets.token_hex(4)
            log.error("unexpected error", reference=reference, exc_info=error)
            text = texts("failures-unexpected", reference=reference)
    if isinstance(update, Update) and update.effective_message is not None and await _was_asked(update, context):
        await reply(update.effective_message, text)


async def _was_asked(update: Update, context: Context) -> bool:
    """Tell whether somebody waits for an answer: not in a channel, and not for what a group has looked at unasked."""
    if update.channel_post is not None:
        return False
    message = update.message
    if message is None or not shows_something(message):
        return True
    settings = await context.services.storage.chats.settings(message.chat_id)
    return occasion_of(message, settings) is Occasion.ASKED
