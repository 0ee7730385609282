"""Answering people: what photos show, as one message with buttons, kept in mind with what it is about."""

from __future__ import annotations

from collections.abc import Sequence

from telegram import MaybeInaccessibleMessage, Message

from bot.domain.answers import Answer, AnsweredPhoto
from bot.services.chat_upgrade import move_chat
from bot.services.container import Services
from bot.services.labelling import Seen, classify_message, classify_url
from bot.transport.sending import edit, reply
from bot.views import answer_replies
from bot.views.texts import Texts


async def label_message(message: Message, texts: Texts, services: Services, *, asked_by: Message | None = None) -> None:
    """Answer a message with what its photo, image file, sticker or still shows.

    Args:
        message: that shows it.
        texts: of the chat's language.
        services: of the bot.
        asked_by: the message that asked for it, where that is another one.

    Raises:
        InferenceError: there are no labels for it.
        FileUnavailable: Telegram did not hand it out.
    """
    seen = await classify_message(message, services)
    if seen is None:
        await reply(message, texts("answers-not-an-image-file" if message.document else "answers-no-still"))
        return
    await answer(message, seen, texts, services, asked_by=asked_by)


async def label_url(message: Message, url: str, texts: Texts, services: Services) -> None:
    """Answer a message with what the image at a public address shows.

    Raises:
        InferenceError: there are no labels for it, or it could not be downloaded.
    """
    await answer(message, await classify_url(message, url, services), texts, services)


async def answer(
    message: Message, seen: Seen, texts: Texts, services: Services, *, asked_by: Message | None = None
) -> None:
    """Reply to a message with what its image shows."""
    photo = AnsweredPhoto(message.message_id, seen.sizes, seen.classification, cached=seen.cached)
    await answer_photos(message, [photo], texts, services, asked_by=asked_by)


async def answer_photos(
    message: Message,
    photos: Sequence[AnsweredPhoto],
    texts: Texts,
    services: Services,
    *,
    asked_by: Message | None = None,
) -> None:
    """Reply to a message with what photos show.

    Args:
        message: to reply to.
        photos: at least one, in the order of their messages.
        texts: of the chat's language.
        services: of the bot.
        asked_by: the message that asked for it, where that is another one.
    """
    chat_id = message.chat_id
    top_k = (await services.storage.chats.settings(chat_id)).top_k
    text = answer_replies.answer(texts, photos, top_k=top_k, instead_of=_missing(chat_id, photos, services))
    buttons = answer_replies.keyboard(texts, photos, top_k=top_k, other_models=has_other_models(services))
    sent = await reply(message, text, buttons)
    if sent is None:
        return
    if sent.chat_id != chat_id:
        await move_chat(chat_id, sent.chat_id, services)
    asker_id = asker_of(asked_by or message)
    # Who asks about one photo of an album does not ask about those that come late.
    album = message.media_group_id if asked_by is None else None
    kept = Answer(sent.chat_id, sent.message_id, message.message_id, asker_id, album, tuple(photos))
    await services.storage.answers.save(kept)
    if sent.text is None and album is not None:
        # It was sent before a crash, maybe without photos that came only after that.
        await edit(sent, text, buttons)


async def show(
    message: MaybeInaccessibleMessage,
    given: Answer,
    texts: Texts,
    services: Services,
    *,
    expanded: bool = False,
    models: Sequence[str] | None = None,
    note: str | None = None,
) -> None:
    """Change the message of an answer.

    Args:
        message: of the bot.
        given: what it is about.
        texts: of the chat's language.
        services: of the bot.
        expanded: show as many labels as there is room for.
        models: names to choose from, in place of the usual buttons.
        note: a line below.
    """
    top_k = (await services.storage.chats.settings(given.chat_id)).top_k
    text = answer_replies.answer(texts, given.photos, top_k=top_k, expanded=expanded)
    if models is None:
        others = has_other_models(services)
        buttons = answer_replies.keyboard(texts, given.photos, top_k=top_k, other_models=others, expanded=expanded)
    else:
        buttons = answer_replies.models_keyboard(texts, models)
    await edit(message, text if note is None else f"{text}\n{note}", buttons)


def has_other_models(services: Services) -> bool:
    return len(services.models.names()) > 1


def asker_of(message: Message) -> int | None:
    """Who wrote a message; None where it was a channel, or an admin who hides behind the group."""
    return message.from_user.id if message.from_user is not None and message.sender_chat is None else None


def _missing(chat_id: int, photos: Sequence[AnsweredPhoto], services: Services) -> str | None:
    missing = services.models.selected(chat_id).missing
    return None if missing in {photo.seen.model for photo in photos if photo.seen is not None} else missing
