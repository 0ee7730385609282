"""The photos that a message offers for teaching, whose they are, and who may teach in a chat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from telegram import Chat, Message
from telegram.constants import ChatType

from bot.domain.answers import Answer
from bot.domain.media import find_media, has_media
from bot.domain.origins import replied_message
from bot.domain.teaching import OfferedPhoto
from bot.handlers.context import Context
from bot.handlers.membership import is_out
from bot.services.answering import asker_of
from bot.transport.permissions import is_admin, member_of
from bot.views import replies


@dataclass(frozen=True, slots=True)
class Offer:
    """The photos that a message offers for teaching.

    Attributes:
        photos: offered photos; () if the message shows none and replies to none.
        refusal: key of the text that says why the photo cannot be taught; None if it can.
        one_of_album: whether the photo is one of an album whose other photos the bot does not have.
    """

    photos: tuple[OfferedPhoto, ...] = ()
    refusal: str | None = None
    one_of_album: bool = False


async def may_teach(chat: Chat, person_id: int, context: Context) -> bool:
    """Return whether a person may teach in a chat, and change what was taught there.

    Raises:
        TelegramError: Telegram could not be asked.
    """
    if chat.type == ChatType.PRIVATE:
        return True
    settings = await context.services.storage.chats.settings(chat.id)
    return settings.teachers == "everyone" or await is_admin(context.bot, chat.id, person_id)


async def offer_of(message: Message, context: Context) -> Offer:
    """Return what a message offers: its own photo, the photo that it replies to, or the photos of a replied answer.

    Raises:
        TelegramError: Telegram could not be asked about the sender of the photo.
    """
    if has_media(message):
        return await _photo(message, message, context)
    if message.external_reply is not None:
        return Offer(refusal="teaching-elsewhere")
    replied = replied_message(message)
    if replied is None:
        return Offer()
    if has_media(replied):
        return await _photo(replied, message, context)
    if replied.from_user is not None and replied.from_user.id == context.bot.id:
        return await _photos_of_answer(replied, message, context)
    return Offer(refusal="teaching-no-photo")


def photos_of(messages: Sequence[Message], giver_id: int) -> tuple[OfferedPhoto, ...]:
    """Return the photos of messages of one person; messages without an image are left out."""
    found = ((message.message_id, find_media(message)) for message in messages)
    return tuple(OfferedPhoto(sizes, giver_id, message_id) for message_id, sizes in found if sizes)


async def _photo(shown: Message, asked_by: Message, context: Context) -> Offer:
    """Return the photo of a message, or all photos of its album if they were answered."""
    giver_id = asker_of(shown)
    if (refusal := await _refusal(shown, giver_id, asked_by, context)) is not None:
        return Offer(refusal=refusal)
    assert giver_id is not None, "photos of nobody are refused"
    photos = photos_of([shown], giver_id)
    if not photos:
        return Offer(refusal=replies.no_image(shown))
    if shown.media_group_id is None:
        return Offer(photos)
    answer = await context.services.storage.answers.find_album(shown.chat_id, shown.media_group_id)
    if answer is None:
        return Offer(photos, one_of_album=True)
    return Offer(_answered(answer, giver_id) or photos)


async def _photos_of_answer(replied: Message, asked_by: Message, context: Context) -> Offer:
    """Return the photos that an answer of the bot is about."""
    answer = await context.services.storage.answers.find(replied.chat_id, replied.message_id)
    if answer is None:
        return Offer(refusal="teaching-answer-forgotten")
    return await offer_of_answer(answer, asker_of(asked_by), context)


async def offer_of_answer(answer: Answer, person_id: int | None, context: Context) -> Offer:
    """Return the photos of an answer of the bot.

    Args:
        answer: answer of the bot, maybe about some of its photos only.
        person_id: id of the person who teaches; None if it is unknown.
        context: context of the update.

    Raises:
        TelegramError: Telegram could not be asked about the sender of the photos.
    """
    if not all(photo.own for photo in answer.photos):
        # The id of a private chat is the person's id.
        in_private = answer.chat_id > 0
        return Offer(refusal="teaching-answer-forgotten" if in_private else "teaching-answer-of-others")
    if answer.asker_id is None:
        return Offer(refusal="teaching-by-anonymous-admin")
    if answer.asker_id != person_id and await _has_left(answer.chat_id, answer.asker_id, context):
        return Offer(refusal="teaching-by-former-member")
    photos = _answered(answer, answer.asker_id)
    return Offer(photos) if photos else Offer(refusal="teaching-from-web")


def _answered(answer: Answer, giver_id: int) -> tuple[OfferedPhoto, ...]:
    return tuple(OfferedPhoto(photo.sizes, giver_id, photo.message_id) for photo in answer.photos if photo.sizes)


async def _refusal(shown: Message, giver_id: int | None, asked_by: Message, context: Context) -> str | None:
    """Return the key of the text that says why nobody can consent to the use of a photo; None if somebody can."""
    author = shown.sender_chat
    if author is not None and author.id == shown.chat_id and not shown.is_automatic_forward:
        return "teaching-by-anonymous-admin"
    if giver_id is None:
        return "teaching-by-channel"
    if shown.from_user is not None and shown.from_user.is_bot:
        return "teaching-by-bot"
    if giver_id != asker_of(asked_by) and await _has_left(shown.chat_id, giver_id, context):
        return "teaching-by-former-member"
    return None


async def _has_left(chat_id: int, person_id: int, context: Context) -> bool:
    """Return whether a person is no longer in a chat. A person whose membership is hidden counts as a member."""
    member = await member_of(context.bot, chat_id, person_id)
    return member is not None and is_out(member)
