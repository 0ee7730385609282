"""Handles errors of handlers: the person gets one sentence about the error in the chat."""

from __future__ import annotations

import asyncio
import secrets

import structlog
from sqlalchemy.exc import SQLAlchemyError
from telegram import Message, Update
from telegram.error import BadRequest

from bot.domain.chat_settings import DEFAULT_SETTINGS, ChatSettings
from bot.domain.media import has_media
from bot.domain.triggers import Trigger, trigger_of
from bot.handlers.context import BotApplication, Context
from bot.services.image_fetching import FileUnavailable
from bot.transport.idempotency import MessageName
from bot.views import replies
from bot.views.texts import Texts
from inference import errors

log = structlog.get_logger()

# Seconds to wait for the settings of a chat. The person has waited already, and the settings only choose the language.
SETTINGS_TIMEOUT_S = 1.0


def register(application: BotApplication) -> None:
    application.add_error_handler(answer_error)


async def answer_error(update: object, context: Context) -> None:
    context.services.statistics.record_failure()
    reference = secrets.token_hex(4)
    match context.error:
        case errors.InferenceError() as error:
            log.info("not labelled", error=type(error).__name__)
        case FileUnavailable() as error:
            log.warning("file unavailable", reason=str(error))
        case error:
            log.error("unexpected error", reference=reference, exc_info=error)
    if not isinstance(update, Update) or update.effective_message is None:
        return
    settings = await _settings_of(update.effective_message, context)
    if _was_asked(update, settings):
        texts = context.texts_with(settings, update)
        name = MessageName.APOLOGY if context.outbox.answered else MessageName.ANSWER
        try:
            await context.outbox.reply(update.effective_message, _apology(texts, context.error, reference), name=name)
        except BadRequest as error:
            # Most likely the first error had the same cause: the chat accepts no message from the bot.
            log.error("apology refused", reference=reference, reason=error.message)


async def _settings_of(message: Message, context: Context) -> ChatSettings:
    try:
        async with asyncio.timeout(SETTINGS_TIMEOUT_S):
            return await context.services.storage.chats.settings(message.chat_id)
    except (SQLAlchemyError, TimeoutError):
        # The database may be the cause of the error. Even then, the person gets an apology.
        return DEFAULT_SETTINGS


def _was_asked(update: Update, settings: ChatSettings) -> bool:
    """Return whether somebody waits for an answer.

    Nobody waits in a channel, or if a photo was labelled automatically.
    """
    if update.channel_post is not None or update.edited_channel_post is not None:
        return False
    if (edited := update.edited_message) is not None:
        return has_media(edited) and trigger_of(edited, settings) is Trigger.REQUESTED
    message = update.message
    return message is None or not has_media(message) or trigger_of(message, settings) is Trigger.REQUESTED


def _apology(texts: Texts, error: Exception | None, reference: str) -> str:
    match error:
        case errors.InferenceError():
            return replies.failure(texts, error)
        case FileUnavailable():
            return texts("answers-file-unavailable")
        case _:
            return texts("failures-unexpected", reference=reference)
