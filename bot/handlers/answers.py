"""The buttons under an answer: more labels of it, and another model's."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from telegram import CallbackQuery, Update
from telegram.ext import CallbackQueryHandler

from bot import replies
from bot.answering import show
from bot.answers import Answer, AnsweredPhoto
from bot.buttons import LESS, MORE, OTHER_MODEL, VERSION, WITH, name_with, read_press
from bot.handlers.context import BotApplication, Context
from bot.handlers.limits import admitted
from bot.labelling import FileUnavailable, look_again
from bot.rights import is_admin
from bot.sending import answer_press
from bot.texts import Texts
from inference import ModelSpec, errors

ACTIONS = (MORE, LESS, OTHER_MODEL, WITH)


def register(application: BotApplication) -> None:
    """Register before the handler of buttons that nobody knows."""
    application.add_handler(CallbackQueryHandler(press, pattern=f"^{VERSION}:({'|'.join(ACTIONS)}):"))


async def press(update: Update, context: Context) -> None:
    query, texts = update.callback_query, await context.texts(update)
    pressed = read_press(query.data or "") if query is not None else None
    assert query is not None, "only presses of buttons come here"
    assert pressed is not None, "and only of these"
    message = query.message
    answers = context.services.storage.answers
    given = None if message is None else await answers.find(message.chat.id, message.message_id)
    if message is None or given is None:
        await answer_press(query, texts("buttons-forgotten"))
        return
    if query.from_user.id != given.asker_id and not await is_admin(context.bot, given.chat_id, query.from_user.id):
        await answer_press(query, texts("buttons-not-yours"))
        return
    if not await admitted(update, context):
        return
    match pressed.action:
        case "with":
            await _look_with(pressed.key, query, given, texts, context)
        case "models":
            await answer_press(query)
            await show(message, given, texts, context.services, models=_other_models(given, context))
        case action:
            await answer_press(query)
            await show(message, given, texts, context.services, expanded=action == MORE)


async def _look_with(key: str, query: CallbackQuery, given: Answer, texts: Texts, context: Context) -> None:
    message, services = query.message, context.services
    assert message is not None, "an answer was found by its message"
    name = name_with(key, services.models.names())
    if name is None:
        await answer_press(query, texts("buttons-model-gone"))
        await show(message, given, texts, services)
        return
    await answer_press(query, texts("buttons-looking", model=name))
    try:
        spec = services.models.spec(name)
        photos = await asyncio.gather(*(_photo_with(spec, photo, query, context) for photo in given.photos))
    except errors.InferenceError as error:
        reason = replies.failure(texts, error)
    except FileUnavailable:
        reason = texts("answers-file-unavailable")
    else:
        given = replace(given, photos=tuple(photos))
        await services.storage.answers.remember(given)
        await show(message, given, texts, services)
        return
    note = texts("buttons-not-looked", model=replies.plain(name), reason=reason)
    await show(message, given, texts, services, note=note)


async def _photo_with(spec: ModelSpec, photo: AnsweredPhoto, query: CallbackQuery, context: Context) -> AnsweredPhoto:
    assert query.message is not None, "an answer was found by its message"
    if not photo.sizes:
        return photo
    seen = await look_again(photo.sizes, spec, query.message, context.services)
    return replace(photo, seen=seen, failure=None, seen_before=False)


def _other_models(given: Answer, context: Context) -> Sequence[str]:
    seen = {photo.seen.model for photo in given.photos if photo.seen is not None}
    return [name for name in context.services.models.names() if seen != {name}]
