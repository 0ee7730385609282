"""Names that people type for photos, after the button "Something else" below an answer."""

from __future__ import annotations

import asyncio

from telegram import InaccessibleMessage, MaybeInaccessibleMessage, Message, Update
from telegram.constants import ReactionEmoji
from telegram.ext import MessageHandler
from telegram.ext.filters import MessageFilter

from bot.domain.answers import Answer, AnsweredPhoto
from bot.domain.callback_data import DONE, read_correction_callback
from bot.domain.corrections import correction
from bot.domain.origins import is_original, replied_message
from bot.domain.teaching import MAX_NAME_CHARS, NameRefused, clean_name
from bot.handlers import filters
from bot.handlers.context import BotApplication, Context
from bot.handlers.quota import check_quota
from bot.handlers.taught_corrections import teach_corrected
from bot.services.answering import ReplyContext, asker_of
from bot.services.awaited_names import NameOfPhoto
from bot.views.answer_replies import sayable
from bot.views.correction_replies import judged, typing_screen
from bot.views.replies import plain
from inference import class_key

# Reaction to a name, in place of a message.
NOTED = ReactionEmoji.OK_HAND_SIGN


class RepliesWithName(MessageFilter):
    """A person's reply to an answer that asks this person for a name."""

    def filter(self, message: Message) -> bool:
        return is_original(message) and photo_asked_for(message) is not None


def register(application: BotApplication) -> None:
    """Register before the handlers of other texts."""
    application.add_handler(MessageHandler(filters.CHATS & filters.TEXT & RepliesWithName(), take_reply))


async def take_reply(update: Update, context: Context) -> None:
    """Take the name that a reply to an answer gives to a photo."""
    message = update.message
    assert message is not None, "the filters ask for a new message"
    replied, photo_id = replied_message(message), photo_asked_for(message)
    assert replied is not None, "the filter asks for a reply"
    assert photo_id is not None, "the filter asks for a reply to a question"
    if not await check_quota(update, context):
        return
    context.services.awaited_names.take(message.chat_id)
    if not await _take(message, replied, photo_id, update, context):
        await context.outbox.reply(message, (await context.texts(update))("buttons-forgotten"))


async def take_text(message: Message, awaited: NameOfPhoto, update: Update, context: Context) -> bool:
    """Take the name that a text in a private chat gives to a photo; return whether people are asked about the photo."""
    shown = InaccessibleMessage(message.chat, awaited.answer_id)
    return await _take(message, shown, awaited.photo_id, update, context)


async def _take(
    message: Message, shown: MaybeInaccessibleMessage, photo_id: int, update: Update, context: Context
) -> bool:
    """Store what a person says that a photo shows, and show it in the answer.

    Args:
        message: text with the name.
        shown: message of the bot with the answer.
        photo_id: id of the message with the photo.
        update: update that is handled.
        context: context of the update.

    Returns:
        Whether the answer is known, and people are asked about the photo.
    """
    reply_context = await context.reply_context(update)
    answer = await context.services.storage.answers.find(shown.chat.id, shown.message_id)
    photos = [] if answer is None else sayable(answer.photos, reply_context.settings)
    asked = judged(photos, reply_context.settings)
    photo = next((photo for photo in asked if photo.message_id == photo_id), None)
    person_id = asker_of(message)
    if answer is None or photo is None or person_id is None:
        return False
    try:
        name = clean_name(str(message.text))
    except NameRefused:
        note = reply_context.texts("corrections-type-again", most=MAX_NAME_CHARS)
        screen = typing_screen(reply_context.texts, photo, person_id)
        context.services.awaited_names.wait_for(person_id, NameOfPhoto(shown.message_id, photo_id))
        await context.services.answerer.show(shown, answer, reply_context, screen=screen, note=note)
        return True
    await context.outbox.react(message, NOTED)
    said = await _correct(name, person_id, answer, photo, message, update, context, reply_context)
    await context.services.answerer.show(shown, answer, reply_context, note=said)
    return True


async def _correct(
    name: str,
    person_id: int,
    answer: Answer,
    photo: AnsweredPhoto,
    message: Message,
    update: Update,
    context: Context,
    reply_context: ReplyContext,
) -> str | None:
    """Store a vote for a name; return a line about the name, if the votes do not tell it."""
    texts = reply_context.texts
    taught = await context.services.teaching.find_class(answer.chat_id, name)
    label = None if taught is not None else await _known_label(name, photo, texts.language, context)
    await context.services.votes.save(correction(answer, photo, person_id, is_right=False, label=label))
    if taught is not None:
        refusal = await teach_corrected(message, person_id, answer, photo, taught.name, update, context, texts)
        return refusal or texts("corrections-corrected", name=plain(taught.name))
    return texts("corrections-unknown-name", name=plain(name)) if label is None else None


def photo_asked_for(message: Message) -> int | None:
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
    """Return the key of a class or kind with a name, best one of the photo's labels; None if no model knows it."""
    vocabulary = await asyncio.to_thread(context.services.models.vocabulary, language)
    keys = vocabulary.find(name)
    predictions = photo.classification.predictions if photo.classification is not None else ()
    seen = (class_key(each.class_id or each.label) for each in predictions)
    return next((key for key in (*seen, *sorted(keys)) if key in keys), None)
