"""Finds the image of a message and classifies it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import structlog
from telegram import MaybeInaccessibleMessage, Message

from bot.domain.answers import AnsweredPhoto
from bot.domain.chat_settings import MAX_TOP
from bot.domain.media import Content, Media, find_media, smallest_covering
from bot.domain.origins import client_of
from bot.limits.concurrency import ConcurrencyLimit
from bot.services.image_fetching import ImageFetcher
from bot.services.label_cache import LabelCache
from bot.services.measurements import TriggerName
from bot.services.metrics import Statistics
from bot.services.model_selection import ModelSelection
from bot.services.taught_recognition import TaughtRecognition
from bot.transport.typing_indicator import TypingIndicator
from inference import Classification, InferencePool, ModelSpec, TaughtScore, errors

T = TypeVar("T")
log = structlog.get_logger()

# Number of images of one person at once: enough to keep the workers of most machines busy while the person's next
# images are downloaded.
IMAGES_PER_PERSON = 16
# Pauses in seconds before an image is tried again, because its workers died or there was no room. Most likely the
# machine is the cause, and recovers within a minute. An image that needs too much memory is not tried again, because
# each worker always has the same amount of memory.
PAUSES_S = (1.0, 10.0, 60.0)


@dataclass(frozen=True, slots=True)
class Result:
    """The labels of an image.

    Attributes:
        sizes: sizes in which Telegram has the image; only the preview if the file is too large; empty for an image from
            the web.
        classification: labels with their scores.
        cached: whether the labels come from the cache.
        taught: classes taught in the chat that the image shows, best first.
    """

    sizes: tuple[Media, ...]
    classification: Classification
    cached: bool = False
    taught: tuple[TaughtScore, ...] = ()

    def of(self, message_id: int, *, own: bool, spoiler: bool) -> AnsweredPhoto:
        """Return the labels as a part of an answer to a message; for `own` and `spoiler` see `AnsweredPhoto`."""
        return AnsweredPhoto(
            message_id,
            self.sizes,
            self.classification,
            cached=self.cached,
            taught=self.taught,
            own=own,
            spoiler=spoiler,
        )


class Labeller:
    """Labels the images of messages.

    Args:
        models: selection of the model that answers in a chat.
        pool: inference pool.
        images: downloads images.
        cache: cache of labels.
        taught: recognises the classes that chats have taught.
        statistics: counters of photos and their latencies.
        typing: shows the sign "typing".
    """

    def __init__(
        self,
        models: ModelSelection,
        pool: InferencePool,
        images: ImageFetcher,
        cache: LabelCache,
        taught: TaughtRecognition,
        statistics: Statistics,
        typing: TypingIndicator,
    ) -> None:
        self._models = models
        self._pool = pool
        self._images = images
        self._cache = cache
        self._taught = taught
        self._statistics = statistics
        self._typing = typing
        self._concurrency = ConcurrencyLimit(IMAGES_PER_PERSON)

    async def classify_message(
        self, message: Message, *, shown: Content | None = None, silently: bool = False
    ) -> Result | None:
        """Classify the image of a message with the model of its chat.

        Args:
            message: message that shows an image, or asks about one.
            shown: what shows the image, if the message does not.
            silently: True to show no "typing" in the chat, as nobody asked.

        Returns:
            The labels; None if the message has no image that can be classified.

        Raises:
            InferenceError: there are no labels for the image.
            FileUnavailable: Telegram did not serve the file.
        """
        sizes = find_media(message if shown is None else shown)
        if not sizes:
            return None
        spec = self._models.selected(message.chat_id).spec
        started = time.perf_counter()
        cached = await self._cached_for(message.chat_id, sizes, spec)
        trigger: TriggerName = "automatic" if silently else "requested"
        if cached is not None:
            self._record(cached, started, trigger, cached=True)
            return await self._result(message.chat_id, sizes, cached, cached=True)
        client = client_of(message)
        typing = nullcontext() if silently else self._typing.shown(message)
        async with typing, self._concurrency.slot(client):
            # By now another model may be selected, which needs another size of the image.
            used, classification = await self._with_selected_model(
                message.chat_id,
                lambda spec: self._fetch_and_classify(
                    sizes, spec, client, embedding=self._taught.wants_embedding(message.chat_id, spec)
                ),
            )
        self._record(classification, started, trigger)
        return await self._result(message.chat_id, used, classification)

    async def read(self, chat_id: int, sizes: Sequence[Media], client: int) -> Classification:
        """Classify an image with the model of a chat; return the answer with the embedding, if the model exposes one.

        Args:
            chat_id: id of the chat.
            sizes: sizes in which Telegram has the image, at least one.
            client: id of the person or chat that the work counts for.

        Raises:
            InferenceError: the image cannot be classified.
            FileUnavailable: Telegram did not serve the file.
        """

        async def read_with(spec: ModelSpec) -> Classification:
            cached = await self._cached(sizes, spec)
            embedding = None if cached is None else await self._taught.embedding_of(chat_id, sizes, spec)
            if cached is not None and embedding is not None:
                return replace(cached, embedding=embedding)
            _, classification = await self._fetch_and_classify(sizes, spec, client, embedding=True)
            return classification

        async with self._concurrency.slot(client):
            return await self._with_selected_model(chat_id, read_with)

    async def reclassify(self, sizes: Sequence[Media], spec: ModelSpec, message: MaybeInaccessibleMessage) -> Result:
        """Classify an image with a given model.

        Args:
            sizes: sizes in which Telegram has the image, at least one.
            spec: spec of the model.
            message: message in the chat for which the image is classified.

        Raises:
            InferenceError: there are no labels for the image.
            FileUnavailable: Telegram did not serve the file.
        """
        started = time.perf_counter()
        classification = await self._cached(sizes, spec)
        cached = classification is not None
        if classification is None:
            client = client_of(message)
            async with self._concurrency.slot(client):
                sizes, classification = await self._fetch_and_classify(sizes, spec, client)
        self._record(classification, started, "button", cached=cached)
        return Result(tuple(sizes), classification, cached)

    async def classify_url(self, message: Message, url: str) -> Result:
        """Classify the image at a public URL with the model of a message's chat.

        Raises:
            InferenceError: there are no labels for the image, or the image could not be downloaded.
        """
        started = time.perf_counter()
        client = client_of(message)
        async with (
            self._typing.shown(message),
            self._concurrency.slot(client),
            self._images.from_web(url, client=client) as image,
        ):
            classification = await self._with_selected_model(
                message.chat_id,
                lambda spec: self._classify(
                    image, spec, client, embedding=self._taught.wants_embedding(message.chat_id, spec)
                ),
            )
        self._record(classification, started, "link")
        return await self._result(message.chat_id, (), classification)

    async def _result(
        self, chat_id: int, sizes: Sequence[Media], classification: Classification, *, cached: bool = False
    ) -> Result:
        taught = await self._taught.recognise(chat_id, classification)
        return Result(tuple(sizes), classification, cached, taught)

    async def _cached_for(self, chat_id: int, sizes: Sequence[Media], spec: ModelSpec) -> Classification | None:
        """Return cached labels, with the embedding if the chat needs it; None if either is unknown."""
        cached = await self._cached(sizes, spec)
        if cached is None or not self._taught.wants_embedding(chat_id, spec):
            return cached
        embedding = await self._taught.embedding_of(chat_id, sizes, spec)
        return None if embedding is None else replace(cached, embedding=embedding)

    async def _cached(self, sizes: Sequence[Media], spec: ModelSpec) -> Classification | None:
        media = _size_for(spec, sizes)
        return await self._cache.get(media.file_unique_id, model=spec.name, version=spec.version)

    async def _fetch_and_classify(
        self, sizes: Sequence[Media], spec: ModelSpec, client: int, *, embedding: bool = False
    ) -> tuple[tuple[Media, ...], Classification]:
        """Classify the best size, or the preview if the file is too large; return the usable sizes and the labels."""
        try:
            media = _size_for(spec, sizes)
            return tuple(sizes), await self._fetch_and_classify_one(media, spec, client, embedding=embedding)
        except (errors.TooManyBytes, errors.TooManyPixels):
            previews = tuple(size for size in sizes if size.preview)
            if previews in ((), tuple(sizes)):
                raise
        cached = None if embedding else await self._cached(previews, spec)
        return previews, cached or await self._fetch_and_classify_one(previews[0], spec, client, embedding=embedding)

    async def _fetch_and_classify_one(
        self, media: Media, spec: ModelSpec, client: int, *, embedding: bool
    ) -> Classification:
        async with self._images.from_telegram(media, client=client) as image:
            classification = await self._classify(image, spec, client, embedding=embedding)
        self._cache.put(media.file_unique_id, classification)
        if embedding:
            self._taught.note(media, classification)
        return classification

    async def _with_selected_model(self, chat_id: int, classify: Callable[[ModelSpec], Awaitable[T]]) -> T:
        """Classify with the model of a chat; if the model is removed meanwhile, classify with the next model."""
        while True:
            spec = self._models.selected(chat_id).spec
            try:
                return await classify(spec)
            except (errors.ModelNotFound, errors.ModelError):
                if self._models.selected(chat_id).spec == spec:
                    raise

    async def _classify(self, image: bytes, spec: ModelSpec, client: int, *, embedding: bool) -> Classification:
        classify = partial(
            self._pool.classify, image, model=spec.name, top_k=MAX_TOP, client=client, embedding=embedding
        )
        for pause_s in PAUSES_S:
            try:
                return await classify()
            except errors.OutOfMemory:
                raise
            except (errors.Overloaded, errors.WorkerCrashed) as error:
                log.warning("no labels yet", error=type(error).__name__, pause_s=pause_s)
                await asyncio.sleep(pause_s)
        return await classify()

    def _record(
        self, classification: Classification, started: float, trigger: TriggerName, *, cached: bool = False
    ) -> None:
        total_ms = 1000 * (time.perf_counter() - started)
        self._statistics.record(classification, total_ms, cached=cached, trigger=trigger)
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


def _size_for(spec: ModelSpec, sizes: Sequence[Media]) -> Media:
    return smallest_covering(sizes, max(spec.height, spec.width))
