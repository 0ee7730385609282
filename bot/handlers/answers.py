"""The buttons below an answer: more labels, and the labels of another model."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from telegram import CallbackQuery, Update
from telegram.ext import CallbackQueryHandler

from bot.domain.answers import Answer
from bot.domain.callback_data import MORE, OF_ANSWERS, OTHER_MODEL, WITH, pattern, read_callback, resolve
from bot.handlers.context import BotApplication, Context
from bot.handlers.quota import check_group_quota
from bot.services.answering import ReplyContext
from bot.services.image_fetching import FileUnavailable
from bot.transport.permissions import is_admin
from bot.views import replies
from bot.views.answer_replies import models_keyboard
from inference import errors


def register(application: BotApplication) -> None:
    """Register before the handler of unknown buttons."""
    application.add_handler(CallbackQueryHandler(handle_callback, pattern=pattern(OF_ANSWERS)))


async def handle_callback(update: Update, context: Context) -> None:
    """Change an answer.

    The person who asked may do this, and so may the admins of the chat. Only messages in the table of answers count as
    answers.
    """
    query, reply_context = update.callback_query, await context.reply_context(update)
    callback = read_callback(query.data or "") if query is not None else None
    assert query is not None, "only callback queries come here"
    assert callback is not None, "the pattern admits only readable data"
    message, texts = query.message, reply_context.texts
    answers = context.services.storage.answers
    answer = None if message is None else await answers.find(message.chat.id, message.message_id)
    if message is None or answer is None:
        await context.outbox.answer_callback(query, texts("buttons-forgotten"))
        return
    if query.from_user.id != answer.asker_id and not await is_admin(context.bot, answer.chat_id, query.from_user.id):
        await context.outbox.answer_callback(query, texts("buttons-not-yours"))
        return
    if not await check_group_quota(query, update, context):
        return
    if callback.action == WITH:
        await _reclassify(callback.argument, query, answer, reply_context, context)
        return
    await context.outbox.answer_callback(query)
    screen = models_keyboard(texts, _other_models(answer, context)) if callback.action == OTHER_MODEL else None
    await context.services.answerer.show(
        message, answer, reply_context, expanded=callback.action == MORE, screen=screen
    )


async def _reclassify(
    key: str, query: CallbackQuery, answer: Answer, reply_context: ReplyContext, context: Context
) -> None:
    """Classify the photos of an answer with the model of a button."""
    message, services, texts = query.message, context.services, reply_context.texts
    assert message is not None, "an answer was found by its message"
    name = resolve(key, services.models.names_in(answer.chat_id))
    if name is None:
        await context.outbox.answer_callback(query, texts("buttons-model-gone"))
        await services.answerer.show(message, answer, reply_context)
        return
    await context.outbox.answer_callback(query, texts("buttons-looking", model=name))
    try:
        spec = await asyncio.to_thread(services.models.spec, name)
        photos = [photo for photo in answer.photos if photo.sizes]
        results = await asyncio.gather(*(services.labeller.reclassify(photo.sizes, spec, message) for photo in photos))
    except errors.InferenceError as error:
        reason = replies.failure(texts, error)
    except FileUnavailable:
        reason = texts("answers-file-unavailable")
    else:
        await services.answerer.replace_photos(
            message,
            [
                replace(photo, classification=result.classification, cached=result.cached)
                for photo, result in zip(photos, results, strict=True)
            ],
            reply_context,
        )
        return
    note = texts("buttons-not-looked", model=replies.plain(name), reason=reason)
    await services.answerer.show(message, answer, reply_context, note=note)


def _other_models(answer: Answer, context: Context) -> Sequence[str]:
    used = {photo.classification.model for photo in answer.photos if photo.classification is not None}
    return [name for name in context.services.models.names_in(answer.chat_id) if used != {name}]
