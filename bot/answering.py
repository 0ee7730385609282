"""Answering people: what an image shows, as one message with buttons, kept in mind with what it is about."""

from __future__ import annotations

from telegram import Message

from bot import replies
from bot.labelling import Seen, look_at, look_at_url
from bot.sending import reply
from bot.services import Services
from bot.texts import Texts


async def label_message(message: Message, texts: Texts, services: Services) -> None:
    """Answer a message with what its photo, image file, sticker or still shows.

    Raises:
        InferenceError: there are no labels for it.
        FileUnavailable: Telegram did not hand it out.
    """
    seen = await look_at(message, services)
    if seen is None:
        await reply(message, texts("answers-not-an-image-file" if message.document else "answers-no-still"))
        return
    await answer(message, seen, texts, services)


async def label_url(message: Message, url: str, texts: Texts, services: Services) -> None:
    """Answer a message with what the image at a public address shows.

    Raises:
        InferenceError: there are no labels for it, or it could not be downloaded.
    """
    await answer(message, await look_at_url(message, url, services), texts, services)


async def answer(message: Message, seen: Seen, texts: Texts, services: Services) -> None:
    """Reply to a message with what its image shows."""
    missing = services.models.answering(message.chat_id).missing
    text = replies.labels(
        texts,
        seen.classification,
        top_k=(await services.storage.chats.settings(message.chat_id)).top_k,
        still=any(size.still for size in seen.sizes),
        seen_before=seen.seen_before,
        instead_of=missing if missing != seen.classification.model else None,
    )
    await reply(message, text)
