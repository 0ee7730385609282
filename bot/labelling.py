"""The way of an image: from the message that shows it to the reply that names what is in it."""

from __future__ import annotations

import time

import structlog
from telegram import Bot, File, Message
from telegram.error import BadRequest, InvalidToken, TelegramError

from bot import replies
from bot.media import Media, find_media
from bot.sending import attempt, reply
from bot.services import Services
from inference import Classification, errors

log = structlog.get_logger()

# What getFile serves at most.
MAX_FILE_BYTES = 20 * 1024 * 1024


class FileUnavailable(Exception):
    """Telegram did not hand a file out."""


async def label_message(message: Message, services: Services) -> None:
    """Answer a message with what its photo, image file, sticker or still shows.

    Raises:
        InferenceError: there are no labels for it.
        FileUnavailable: Telegram did not hand it out.
    """
    spec = services.spec()
    media = find_media(message, short_side_px=max(spec.height, spec.width))
    if media is None:
        await reply(message, replies.NOT_AN_IMAGE_FILE if message.document else replies.NO_STILL)
        return
    started = time.perf_counter()
    seen = await services.storage.recall(media.file_unique_id, model=spec.name, version=spec.version)
    if seen is None:
        async with services.typing.shown(message), services.turns.of(message.chat_id):
            image = await fetch(message.get_bot(), media)
            classification = await _classify(image, message, services)
        await services.storage.remember(media.file_unique_id, classification)
    else:
        classification = seen
    await _answer(message, classification, services, still=media.still, seen_before=seen is not None)
    _log_labelled(classification, started, seen_before=seen is not None)


async def label_url(message: Message, url: str, services: Services) -> None:
    """Answer a message with what the image at a public address shows.

    Raises:
        InferenceError: there are no labels for it, or it could not be downloaded.
    """
    started = time.perf_counter()
    async with services.typing.shown(message), services.turns.of(message.chat_id):
        image = await services.download(url)
        classification = await _classify(image, message, services)
    await _answer(message, classification, services)
    _log_labelled(classification, started)


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


async def _classify(image: bytes, message: Message, services: Services) -> Classification:
    return await services.pool.classify(image, model=services.model, top_k=replies.MAX_TOP, client=message.chat_id)


async def _answer(
    message: Message,
    classification: Classification,
    services: Services,
    *,
    still: bool = False,
    seen_before: bool = False,
) -> None:
    top_k = await services.storage.top_k(message.chat_id) or replies.DEFAULT_TOP
    await reply(message, replies.labels(classification, top_k=top_k, still=still, seen_before=seen_before))


def _log_labelled(classification: Classification, started: float, *, seen_before: bool = False) -> None:
    timings = classification.timings
    log.info(
        "labelled",
        model=classification.model,
        seen_before=seen_before,
        decode_ms=round(timings.decode_ms, 1),
        inference_ms=round(timings.inference_ms, 1),
        queue_ms=round(timings.queue_ms, 1),
        total_ms=round(1000 * (time.perf_counter() - started), 1),
    )
