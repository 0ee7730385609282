"""The buttons under an answer: more labels of it, and another model's."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from telegram import CallbackQuery, MaybeInaccessibleMessage, Update
from telegram.ext import CallbackQueryHandler

from bot.domain.answers import Answer
from bot.domain.callback_data import MORE, OF_ANSWERS, OTHER_MODEL, VERSION, WITH, read_callback, resolve
from bot.handlers.context import BotApplication, Context
from bot.handlers.limits import group_admits
from bot.services.answering import show
from bot.services.labelling import FileUnavailable, Seen, reclassify
from bot.transport.permissions import is_admin
from bot.transport.sending import answer_callback
from bot.views import replies
from bot.views.texts import Texts
from inference import errors


def register(application: BotApplication) -> None:
    """Register before the handler of buttons that nobody knows."""
    application.add_handler(CallbackQueryHandler(press, pattern=f"^{VERSION}:({'|'.join(sorted(OF_ANSWERS))}):"))


async def press(update: Update, context: Context) -> None:
    """Change an answer: whoever asked may, and the admins of its chat; the database says which messages are answers."""
    query, texts = update.callback_query, await context.texts(update)
    pressed = read_callback(query.data or "") if query is not None else None
    assert query is not None, "only presses of buttons come here"
    assert pressed is not None, "and only of these"
    message = query.message
    answers = context.services.storage.answers
    given = None if message is None else await answers.find(message.chat.id, message.message_id)
    if message is None or given is None:
        await answer_callback(query, texts("buttons-forgotten"))
        return
    if query.from_user.id != given.asker_id and not await is_admin(context.bot, given.chat_id, query.from_user.id):
        await answer_callback(query, texts("buttons-not-yours"))
        return
    if not await group_admits(query, update, context):
        return
    if pressed.action == WITH:
        await _look_with(pressed.key, query, given, texts, context)
        return
    await answer_callback(query)
    models = _other_models(given, context) if pressed.action == OTHER_MODEL else None
    await show(message, given, texts, context.services, expanded=pressed.action == MORE, models=models)


async def _look_with(key: str, query: CallbackQuery, given: Answer, texts: Texts, context: Context) -> None:
    message, services = query.message, context.services
    assert message is not None, "an answer was found by its message"
    name = resolve(key, services.models.names())
    if name is None:
        await answer_callback(query, texts("buttons-model-gone"))
        await show(message, given, texts, services)
        return
    await answer_callback(query, texts("buttons-looking", model=name))
    try:
        spec = await asyncio.to_thread(services.models.spec, name)
        looked_at = [photo for photo in given.photos if photo.sizes]
        seen = await asyncio.gather(*(reclassify(photo.sizes, spec, message, services) for photo in looked_at))
    except errors.InferenceError as error:
        reason = replies.failure(texts, error)
    except FileUnavailable:
        reason = texts("answers-file-unavailable")
    else:
        by_message = {photo.message_id: each for photo, each in zip(looked_at, seen, strict=True)}
        await _show_seen(by_message, message, texts, context)
        return
    note = texts("buttons-not-looked", model=replies.plain(name), reason=reason)
    await show(message, given, texts, services, note=note)


async def _show_seen(
    by_message: Mapping[int, Seen], message: MaybeInaccessibleMessage, texts: Texts, context: Context
) -> None:
    """Put what was seen into an answer as it is now: more photos may have come, or all of it be forgotten."""
    answers = context.services.storage.answers
    given = await answers.find(message.chat.id, message.message_id)
    if given is None:
        return
    photos = tuple(
        replace(photo, seen=seen.classification, cached=seen.cached)
        if (seen := by_message.get(photo.message_id))
        else photo
        for photo in given.photos
    )
    given = replace(given, photos=photos)
    await answers.save(given)
    await show(message, given, texts, context.services)


def _other_models(given: Answer, context: Context) -> Sequence[str]:
    seen = {photo.seen.model for photo in given.photos if photo.seen is not None}
    return [name for name in context.services.models.names() if seen != {name}]
