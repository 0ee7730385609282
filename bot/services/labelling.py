"""The way of an image: from the message that shows it to the labels of what is in it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import structlog
from telegram import Bot, File, MaybeInaccessibleMessage, Message
from telegram.error import BadRequest, InvalidToken, TelegramError

from bot.domain.chat_settings import MAX_TOP
from bot.domain.media import Media, find_media, smallest_covering
from bot.domain.origins import client_of
from bot.services.container import Services
from bot.transport.files import TelegramFiles
from bot.transport.flood_control import FloodControl
from bot.transport.http import TooLarge
from bot.transport.sending import attempt
from inference import Classification, ModelSpec, errors

T = TypeVar("T")
log = structlog.get_logger()

# Before an image is tried again whose workers died, or for which there was no place: most likely that is the machine's
# doing rather than the image's, and a minute later it may have got over it. Of memory, each worker always has as much.
PAUSES_S = (1.0, 10.0, 60.0)
# What getFile serves at most.
MAX_FILE_BYTES = 20 * 1024 * 1024
# More than any photo that Telegram's apps have made smaller.
MAX_PHOTO_BYTES = 2 * 1024 * 1024


class FileUnavailable(Exception):
    """Telegram did not hand a file out."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What an image shows.

    Attributes:
        sizes: in which Telegram has the image; only the preview of a file that is too large, and none where it came
            from elsewhere.
        classification: what is in it.
        cached: whether the labels came from the cache.
    """

    sizes: tuple[Media, ...]
    classification: Classification
    cached: bool = False


async def classify_message(message: Message, services: Services, *, silently: bool = False) -> Seen | None:
    """Find out what a message shows, with the model that answers in its chat; None where it shows nothing.

    Args:
        message: that shows it.
        services: of the bot.
        silently: without "typing" in the chat.

    Raises:
        InferenceError: there are no labels for it.
        FileUnavailable: Telegram did not hand it out.
    """
    sizes = find_media(message)
    if not sizes:
        return None
    spec = services.models.selected(message.chat_id).spec
    started = time.perf_counter()
    remembered = await _cached(sizes, spec, services)
    if remembered is not None:
        _record(remembered, started, services, cached=True)
        return Seen(sizes, remembered, cached=True)
    typing = nullcontext() if silently else services.typing.shown(message)
    async with typing, services.concurrency.of(client_of(message)):
        # The model that answers now, when it is the photo's turn, may be another one, and need another size.
        looked_at, classification = await _with_active_model(
            message, services, lambda spec: _fetch_and_classify(sizes, spec, message, services)
        )
    _record(classification, started, services)
    return Seen(looked_at, classification)


async def reclassify(
    sizes: Sequence[Media], spec: ModelSpec, message: MaybeInaccessibleMessage, services: Services
) -> Seen:
    """Find out what an image shows, with a model of somebody's choice.

    Args:
        sizes: in which Telegram has the image, at least one.
        spec: of the model.
        message: in the chat that asked.
        services: of the bot.

    Raises:
        InferenceError: there are no labels for it.
        FileUnavailable: Telegram did not hand it out.
    """
    started = time.perf_counter()
    classification = await _cached(sizes, spec, services)
    cached = classification is not None
    if classification is None:
        async with services.concurrency.of(client_of(message)):
            sizes, classification = await _fetch_and_classify(sizes, spec, message, services)
    _record(classification, started, services, cached=cached)
    return Seen(tuple(sizes), classification, cached)


async def classify_url(message: Message, url: str, services: Services) -> Seen:
    """Find out what the image at a public address shows, with the model that answers in a message's chat.

    Raises:
        InferenceError: there are no labels for it, or it could not be downloaded.
    """
    started = time.perf_counter()
    client = client_of(message)
    async with (
        services.typing.shown(message),
        services.concurrency.of(client),
        services.web_memory.of(client, MAX_FILE_BYTES),
    ):
        image = await services.download(url)
        classification = await _with_active_model(
            message, services, lambda spec: _classify(image, spec, message, services)
        )
    _record(classification, started, services)
    return Seen((), classification)


async def fetch(bot: Bot, media: Media, flood: FloodControl, files: TelegramFiles, *, client: int) -> bytes:
    """Download a file from Telegram into memory.

    Args:
        bot: that asks for it.
        media: whose file it is.
        flood: what Telegram takes from the bot.
        files: fetches it.
        client: the person or chat that sent it.

    Raises:
        TooManyBytes: it is larger than bots may fetch.
        FileUnavailable: Telegram did not hand it out.
    """
    if media.size_bytes is not None and media.size_bytes > MAX_FILE_BYTES:
        raise errors.TooManyBytes(media.size_bytes, MAX_FILE_BYTES)
    try:
        file = await _get_file(bot, media)
        try:
            return await _download(file, flood, files, client)
        except InvalidToken:  # a 404: the address that getFile gave is valid for an hour at least, but not for ever
            return await _download(await _get_file(bot, media), flood, files, client)
    except TooLarge as error:
        raise errors.TooManyBytes(None, MAX_FILE_BYTES) from error
    except BadRequest as error:
        if "file is too big" in error.message.lower():
            raise errors.TooManyBytes(None, MAX_FILE_BYTES) from error
        raise FileUnavailable(error.message) from error
    except TelegramError as error:
        raise FileUnavailable(error.message) from error


async def _get_file(bot: Bot, media: Media) -> File:
    return await attempt(lambda: bot.get_file(media.file_id), repeatable=True)


async def _download(file: File, flood: FloodControl, files: TelegramFiles, client: int) -> bytes:
    # No call of the Bot API, so that the library does not lead it through the flood control.
    download = partial(flood.unmetered, "download", partial(files.download, file, client=client))
    return await attempt(download, repeatable=True)


async def _cached(sizes: Sequence[Media], spec: ModelSpec, services: Services) -> Classification | None:
    media = _size_for(spec, sizes)
    return await services.storage.predictions.get(media.file_unique_id, model=spec.name, version=spec.version)


async def _fetch_and_classify(
    sizes: Sequence[Media], spec: ModelSpec, message: MaybeInaccessibleMessage, services: Services
) -> tuple[tuple[Media, ...], Classification]:
    """Look at the best size, or at the preview of a file that is too large; return what was looked at, too."""
    try:
        return tuple(sizes), await _fetch_and_classify_one(_size_for(spec, sizes), spec, message, services)
    except (errors.TooManyBytes, errors.TooManyPixels):
        previews = tuple(size for size in sizes if size.preview)
        if previews in ((), tuple(sizes)):
            raise
    known = await _cached(previews, spec, services)
    return previews, known or await _fetch_and_classify_one(previews[0], spec, message, services)


async def _fetch_and_classify_one(
    media: Media, spec: ModelSpec, message: MaybeInaccessibleMessage, services: Services
) -> Classification:
    size_bytes = min(media.size_bytes or MAX_FILE_BYTES, MAX_FILE_BYTES)
    client = client_of(message)
    memory = services.photo_memory if size_bytes <= MAX_PHOTO_BYTES else services.file_memory
    async with memory.of(client, size_bytes):
        image = await fetch(message.get_bot(), media, services.flood, services.files, client=client)
        classification = await _classify(image, spec, message, services)
    await services.storage.predictions.put(media.file_unique_id, classification)
    return classification


def _size_for(spec: ModelSpec, sizes: Sequence[Media]) -> Media:
    return smallest_covering(sizes, max(spec.height, spec.width))


async def _with_active_model(message: Message, services: Services, look: Callable[[ModelSpec], Awaitable[T]]) -> T:
    """Have the model that answers here look, and the next one where it was taken away meanwhile."""
    while True:
        spec = services.models.selected(message.chat_id).spec
        try:
            return await look(spec)
        except (errors.ModelNotFound, errors.ModelError):
            if services.models.selected(message.chat_id).spec == spec:
                raise


async def _classify(
    image: bytes, spec: ModelSpec, message: MaybeInaccessibleMessage, services: Services
) -> Classification:
    client = client_of(message)
    for pause_s in PAUSES_S:
        try:
            return await services.pool.classify(image, model=spec.name, top_k=MAX_TOP, client=client)
        except errors.OutOfMemory:
            raise
        except (errors.Overloaded, errors.WorkerCrashed) as error:
            log.warning("no labels yet", error=type(error).__name__, pause_s=pause_s)
            await asyncio.sleep(pause_s)
    return await services.pool.classify(image, model=spec.name, top_k=MAX_TOP, client=client)


def _record(classification: Classification, started: float, services: Services, *, cached: bool = False) -> None:
    total_ms = 1000 * (time.perf_counter() - started)
    services.statistics.record(classification.model, total_ms, cached=cached)
    timings = classification.timings
    log.info(
        "labelled",
        model=classification.model,
        cached=cached,
        decode_ms=round(timings.decode_ms, 1),
        inference_ms=round(timings.inference_ms, 1),
        queue_ms=round(timings.queue_ms, 1),
        batch_size=timings.batch_size,
        total_ms=round(total_ms, 1),
    )
