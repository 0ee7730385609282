"""The way of an image: from the message that shows it to the reply that names what is in it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import structlog
from telegram import Bot, File, Message
from telegram.error import BadRequest, InvalidToken, TelegramError

from bot import replies
from bot.media import Media, find_media
from bot.sending import attempt, reply
from bot.services import Services
from bot.texts import Texts
from inference import Classification, ModelSpec, errors

T = TypeVar("T")
log = structlog.get_logger()

# What getFile serves at most.
MAX_FILE_BYTES = 20 * 1024 * 1024


class FileUnavailable(Exception):
    """Telegram did not hand a file out."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a message shows.

    Attributes:
        media: what was looked at.
        classification: what is in it.
        seen_before: whether the labels were remembered.
    """

    media: Media
    classification: Classification
    seen_before: bool


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
    await _answer(message, seen.classification, texts, services, still=seen.media.still, seen_before=seen.seen_before)


async def look_at(message: Message, services: Services) -> Seen | None:
    """Find out what a message shows; None where it holds nothing to look at.

    Raises:
        InferenceError: there are no labels for it.
        FileUnavailable: Telegram did not hand it out.
    """
    spec = services.models.answering(message.chat_id).spec
    media = find_media_for(spec, message)
    if media is None:
        return None
    started = time.perf_counter()
    classification = await services.storage.predictions.recall(
        media.file_unique_id, model=spec.name, version=spec.version
    )
    seen_before = classification is not None
    if classification is None:
        async with services.typing.shown(message), services.turns.of(message.chat_id):
            # The model that answers now, when it is the photo's turn, may be another one, and need another size.
            media, classification = await _fetch_and_classify(message, services)
        await services.storage.predictions.remember(media.file_unique_id, classification)
    _note_labelled(classification, started, services, seen_before=seen_before)
    return Seen(media, classification, seen_before)


async def label_url(message: Message, url: str, texts: Texts, services: Services) -> None:
    """Answer a message with what the image at a public address shows.

    Raises:
        InferenceError: there are no labels for it, or it could not be downloaded.
    """
    started = time.perf_counter()
    async with services.typing.shown(message), services.turns.of(message.chat_id):
        image = await services.download(url)
        classification = await _with_active_model(
            message, services, lambda spec: _classify(image, spec, message, services)
        )
    _note_labelled(classification, started, services)
    await _answer(message, classification, texts, services)


def find_media_for(spec: ModelSpec, message: Message) -> Media | None:
    """Find what to show a model of a message, or None."""
    return find_media(message, short_side_px=max(spec.height, spec.width))


async def fetch(bot: Bot, media: Media) -> bytes:
    """Download a file from Telegram into memory.

    Raises:
        TooManyBytes: it is larger than bots may fetch.
        FileUnavailable: Telegram did not hand it out.
    """
    if media.size_bytes is not None and media.size_bytes > MAX_FILE_BYTES:
        raise errors.TooManyBytes(media.size_bytes, MAX_FILE_BYTES)
    try:
        file = await _get_file(bot, media)
        try:
            return await _download(file)
        except InvalidToken:  # a 404: the address that getFile gave is valid for an hour at least, but not for ever
            return await _download(await _get_file(bot, media))
    except BadRequest as error:
        if "file is too big" in error.message.lower():
            raise errors.TooManyBytes(None, MAX_FILE_BYTES) from error
        raise FileUnavailable(error.message) from error
    except TelegramError as error:
        raise FileUnavailable(error.message) from error


async def _get_file(bot: Bot, media: Media) -> File:
    return await attempt(lambda: bot.get_file(media.file_id), repeatable=True)


async def _download(file: File) -> bytes:
    return bytes(await attempt(file.download_as_bytearray, repeatable=True))


async def _fetch_and_classify(message: Message, services: Services) -> tuple[Media, Classification]:
    async def look(spec: ModelSpec) -> tuple[Media, Classification]:
        media = find_media_for(spec, message)
        assert media is not None, "what a message shows does not depend on the model"
        image = await fetch(message.get_bot(), media)
        return media, await _classify(image, spec, message, services)

    return await _with_active_model(message, services, look)


async def _with_active_model(message: Message, services: Services, look: Callable[[ModelSpec], Awaitable[T]]) -> T:
    """Have the model that answers here look, and the next one where it was taken away meanwhile."""
    while True:
        spec = services.models.answering(message.chat_id).spec
        try:
            return await look(spec)
        except (errors.ModelNotFound, errors.ModelError):
            if services.models.answering(message.chat_id).spec == spec:
                raise


async def _classify(image: bytes, spec: ModelSpec, message: Message, services: Services) -> Classification:
    return await services.pool.classify(image, model=spec.name, top_k=replies.MAX_TOP, client=message.chat_id)


async def _answer(
    message: Message,
    classification: Classification,
    texts: Texts,
    services: Services,
    *,
    still: bool = False,
    seen_before: bool = False,
) -> None:
    top_k = await services.storage.chats.top_k(message.chat_id) or replies.DEFAULT_TOP
    missing = services.models.answering(message.chat_id).missing
    instead_of = missing if missing != classification.model else None
    text = replies.labels(
        texts, classification, top_k=top_k, still=still, seen_before=seen_before, instead_of=instead_of
    )
    await reply(message, text)


def _note_labelled(
    classification: Classification, started: float, services: Services, *, seen_before: bool = False
) -> None:
    total_ms = 1000 * (time.perf_counter() - started)
    services.statistics.record(classification.model, total_ms, seen_before=seen_before)
    timings = classification.timings
    log.info(
        "labelled",
        model=classification.model,
        seen_before=seen_before,
        decode_ms=round(timings.decode_ms, 1),
        inference_ms=round(timings.inference_ms, 1),
        queue_ms=round(timings.queue_ms, 1),
        total_ms=round(total_ms, 1),
    )
