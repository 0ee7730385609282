"""Names that people type for photos, after the button "Something else" below an answer."""

from __future__ import annotations

import asyncio

from telegram import Message, Update
from telegram.constants import ReactionEmoji
from telegram.ext import MessageHandler
from telegram.ext.filters import MessageFilter

from bot.domain.answers import AnsweredPhoto
from bot.domain.callback_data import DONE, read_correction_callback
from bot.domain.corrections import correction
from bot.domain.origins import is_original, replied_message
from bot.domain.teaching import MAX_NAME_CHARS, NameRefused, clean_name
from bot.handlers import filters
from bot.handlers.context import BotApplication, Context
from bot.handlers.quota import check_quota
from bot.handlers.taught_corrections import teach_corrected
from bot.services.answering import asker_of
from bot.views.answer_replies import sayable
from bot.views.correction_replies import judged, typing_screen
from bot.views.replies import plain
from inference import class_key

# Reaction to a name, in place of a message.
NOTED = ReactionEmoji.OK_HAND_SIGN


class RepliesWithName(MessageFilter):
    """A person's reply to an answer that asks this person for a name."""

    def filter(self, message: Message) -> bool:
        return is_original(message) and awaited_photo(message) is not None


def register(application: BotApplication) -> None:
    """Register before the handlers of other texts."""
    application.add_handler(MessageHandler(filters.CHATS & filters.TEXT & RepliesWithName(), take_name))


async def take_name(update: Update, context: Context) -> None:
    """Store what a person says that a photo shows, and show it in the answer."""
    message, reply_context = update.message, await context.reply_context(update)
    assert message is not None, "the filters ask for a new message"
    texts, replied, person_id = reply_context.texts, replied_message(message), asker_of(message)
    assert replied is not None, "the filter asks for a reply"
    assert person_id is not None, "the filter asks for a person's reply"
    if not await check_quota(update, context, texts):
        return
    answer = await context.services.storage.answers.find(replied.chat.id, replied.message_id)
    photos = [] if answer is None else sayable(answer.photos, reply_context.settings)
    asked = judged(photos, reply_context.settings)
    photo = next((photo for photo in asked if photo.message_id == awaited_photo(message)), None)
    if answer is None or photo is None:
        await context.outbox.reply(message, texts("buttons-forgotten"))
        return
    screen, note = None, None
    try:
        name = clean_name(str(message.text))
    except NameRefused:
        screen, note = typing_screen(texts, photo, person_id), texts("corrections-type-again", most=MAX_NAME_CHARS)
    else:
        taught = await context.services.teaching.find_class(message.chat_id, name)
        label = None if taught is not None else await _known_label(name, photo, texts.language, context)
        await context.services.votes.save(correction(answer, photo, person_id, is_right=False, label=label))
        await context.outbox.react(message, NOTED)
        if taught is not None:
            note = await teach_corrected(message, person_id, answer, photo, taught.name, update, context, texts)
            note = note or texts("corrections-corrected", name=plain(taught.name))
        elif label is None:
            note = texts("corrections-unknown-name", name=plain(name))
    await context.services.answerer.show(replied, answer, reply_context, screen=screen, note=note)


def awaited_photo(message: Message) -> int | None:
    """Return the photo for which the replied answer asks the sender, by the id of its message; None for no photo."""
    answer, person_id = replied_message(message), asker_of(message)
    if answer is None or answer.from_user is None or answer.from_user.id != message.get_bot().id:
        return None
    rows = answer.reply_markup.inline_keyboard if answer.reply_markup is not None else ()
    for button in (button for row in rows for button in row):
        callback = read_correction_callback(button.callback_data if isinstance(button.callback_data, str) else "")
        if callback is not None and callback.action == DONE and callback.value == str(person_id):
            return callback.photo_id
    return None


async def _known_label(name: str, photo: AnsweredPhoto, language: str, context: Context) -> str | None:
    """Return the key of a class or kind with a name, best one of the photo's labels; None if no model knows the name."""
    vocabulary = await asyncio.to_thread(context.services.models.vocabulary, language)
    keys = vocabulary.find(name)
    predictions = photo.classification.predictions if photo.classification is not None else ()
    seen = (class_key(each.class_id or each.label) for each in predictions)
    return next((key for key in (*seen, *sorted(keys)) if key in keys), None)
