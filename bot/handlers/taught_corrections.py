"""Corrections toward classes that the chat has taught: the photo is added to the class, if its sender agrees."""

from __future__ import annotations

from dataclasses import replace

from telegram import Message, Update

from bot.domain.answers import Answer, AnsweredPhoto
from bot.handlers.context import Context
from bot.handlers.lesson import Lesson
from bot.handlers.offers import may_teach, offer_of_answer
from bot.views.texts import Texts


async def teach_corrected(
    message: Message,
    person_id: int,
    answer: Answer,
    photo: AnsweredPhoto,
    name: str,
    update: Update,
    context: Context,
    texts: Texts,
) -> str | None:
    """Teach a photo as a class, or ask its sender; a message says what comes of it.

    Args:
        message: message to reply to.
        person_id: id of the person who corrected the answer.
        answer: answer of the bot.
        photo: photo of the answer.
        name: name of the class.
        update: update that is handled.
        context: context of the update.
        texts: texts in the chat's language.

    Returns:
        Why the photo cannot be taught; None if it can.

    Raises:
        TelegramError: Telegram could not be asked about the person or the sender of the photo.
    """
    if not await may_teach(message.chat, person_id, context):
        return texts("teaching-admins-only")
    offer = await offer_of_answer(replace(answer, photos=(photo,)), person_id, context)
    if offer.refusal is not None:
        return texts(offer.refusal)
    await Lesson(update, context, texts, message).start(person_id, name, offer.photos)
    return None
