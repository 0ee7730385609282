"""Recognises the classes that chats have taught, by the embeddings of photos."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.domain.media import Media
from bot.sample import samples
from bot.services.model_selection import ModelSelection
from bot.storage.engine import StorageError
from bot.storage.taught import Taught
from inference import Classification, InferencePool, ModelSpec, TaughtScore, errors
from inference.teaching.quantisation import dequantise, quantise
from inference.teaching.reference import REFERENCE_VIEWS, Reference, measured_reference, reference_of
from inference.teaching.taught_classes import TaughtClasses

log = structlog.get_logger()

# Number of chats whose classes are ready in memory. A chat with 100 classes takes half a megabyte.
MAX_CHATS = 100
# Number of references in memory: one for each model that chats use. A reference takes about a megabyte.
MAX_REFERENCES = 8
# Seconds that an answer waits for the numbers of a cached photo, and for the classes of its chat. If they take longer,
# the photo is read again, or the answer has only the model's labels.
READ_TIMEOUT_S = 1.0
FIT_TIMEOUT_S = 5.0
# Number of embeddings of photos in memory, 1.3 to 2 kB each: a photo that was answered is often taught next.
MAX_EMBEDDINGS = 2_000


@dataclass(frozen=True, slots=True)
class FittedClasses:
    """The classes of a chat for one model version.

    Attributes:
        model, version: model version that read the photos.
        classes: classes, ready to recognise; None if this model version has read no photo.
        ids: id of each class by its name.
        reference: reference of the model; None if the model cannot learn.
    """

    model: str
    version: str
    classes: TaughtClasses | None
    ids: Mapping[str, int]
    reference: Reference | None


class TaughtRecognition:
    """Recognises taught classes. `TaughtRecognition.load` makes one.

    The classes of a chat are fitted when a photo needs them, in a thread, and again after each change.
    """

    def __init__(self, taught: Taught, models: ModelSelection, pool: InferencePool, chats: set[int]) -> None:
        self._taught = taught
        self._models = models
        self._pool = pool
        self._chats = chats
        self._fits: OrderedDict[int, tuple[ModelSpec, asyncio.Task[FittedClasses]]] = OrderedDict()
        # A chat at its limits takes 130 MB while its classes are fitted, so chats wait for one another.
        self._fitting = asyncio.Lock()
        self._references: OrderedDict[tuple[str, str], Reference] = OrderedDict()
        self._embeddings: OrderedDict[tuple[str, str, str], bytes] = OrderedDict()
        # Model versions that expose no embedding.
        self._unable: set[tuple[str, str]] = set()
        # Time of the last use of each class, by chat and class, while it is not stored.
        self._used: defaultdict[int, dict[int, int]] = defaultdict(dict)

    @classmethod
    async def load(cls, taught: Taught, models: ModelSelection, pool: InferencePool) -> TaughtRecognition:
        return cls(taught, models, pool, await taught.chat_ids())

    def chats(self) -> frozenset[int]:
        """Return the chats that have taught classes."""
        return frozenset(self._chats)

    def wants_embedding(self, chat_id: int, spec: ModelSpec) -> bool:
        """Return whether an answer in a chat needs the embedding of the photo."""
        return chat_id in self._chats and (spec.name, spec.version) not in self._unable

    async def recognise(self, chat_id: int, classification: Classification) -> tuple[TaughtScore, ...]:
        """Return the taught classes that a photo shows, best first.

        Args:
            chat_id: id of the chat.
            classification: answer for the photo, with the embedding; () if it has none.
        """
        if classification.embedding is None or chat_id not in self._chats:
            return ()
        try:
            async with asyncio.timeout(FIT_TIMEOUT_S):
                fitted = await self.fitted(chat_id)
        except (SQLAlchemyError, StorageError, TimeoutError, errors.InferenceError) as error:
            log.warning("taught classes not looked for", reason=type(error).__name__)
            return ()
        if fitted.classes is None or (fitted.model, fitted.version) != (classification.model, classification.version):
            return ()
        found = fitted.classes.recognise(classification.embedding)
        self._used[chat_id].update((fitted.ids[score.name], int(time.time())) for score in found)
        return found

    async def fitted(self, chat_id: int) -> FittedClasses:
        """Return the classes of a chat for its present model.

        Raises:
            StorageError: the database failed for too long.
            SQLAlchemyError: the database failed.
            InferenceError: the model does not work.
        """
        spec = self._models.selected(chat_id).spec
        known = self._fits.get(chat_id)
        if known is None or known[0] != spec:
            known = self._fits[chat_id] = (spec, asyncio.create_task(self._fit(chat_id, spec)))
        self._fits.move_to_end(chat_id)
        while len(self._fits) > MAX_CHATS:
            self._fits.popitem(last=False)
        try:
            fitted = await asyncio.shield(known[1])
        except BaseException:
            if known[1].done() and self._fits.get(chat_id) is known:
                del self._fits[chat_id]
            raise
        if not fitted.ids and self._fits.get(chat_id) is known:
            self._chats.discard(chat_id)
        return fitted

    def changed(self, chat_id: int) -> None:
        """Forget what is in memory of a chat's classes, as they have changed."""
        self._fits.pop(chat_id, None)
        self._chats.add(chat_id)

    async def changed_anywhere(self) -> None:
        """Forget all that is in memory, as photos were deleted in any chat."""
        self._fits.clear()
        self._embeddings.clear()
        self._chats = await self._taught.chat_ids()

    def note(self, media: Media, classification: Classification) -> None:
        """Keep the embedding of a photo in memory for a while; note if the model exposes none."""
        version = classification.model, classification.version
        if classification.embedding is None:
            self._unable.add(version)
            return
        self._embeddings[media.file_unique_id, *version] = quantise(classification.embedding)
        if len(self._embeddings) > MAX_EMBEDDINGS:
            self._embeddings.popitem(last=False)

    def forget(self, file_unique_ids: Sequence[str]) -> None:
        """Forget the embeddings of files."""
        for key in [key for key in self._embeddings if key[0] in file_unique_ids]:
            del self._embeddings[key]

    async def embedding_of(
        self, chat_id: int, sizes: Sequence[Media], spec: ModelSpec
    ) -> npt.NDArray[np.float32] | None:
        """Return the embedding of a photo that was looked at lately or is taught; None if it is unknown."""
        ids = [size.file_unique_id for size in sizes]
        stored = next((found for each in ids if (found := self._embeddings.get((each, spec.name, spec.version)))), None)
        if stored is None and chat_id in self._chats:
            try:
                async with asyncio.timeout(READ_TIMEOUT_S):
                    stored = await self._taught.embedding_of_file(chat_id, ids, spec.name, spec.version)
            except (SQLAlchemyError, StorageError, TimeoutError) as error:
                log.warning("taught photo not looked for", reason=type(error).__name__)
        return None if stored is None else dequantise(stored)

    async def save_uses(self) -> None:
        """Store when classes were last recognised."""
        for chat_id in list(self._used):
            for class_id, at in self._used.pop(chat_id).items():
                await self._taught.note_used(class_id, at)

    async def _fit(self, chat_id: int, spec: ModelSpec) -> FittedClasses:
        async with self._fitting:
            ids = {each.name: each.id for each in await self._taught.classes(chat_id)}
            stored = await self._taught.embeddings(chat_id, spec.name, spec.version)
            reference = await self._reference(spec) if stored else None
            classes = None if reference is None else await asyncio.to_thread(_fit, ids, stored, reference)
            return FittedClasses(spec.name, spec.version, classes, ids, reference)

    async def _reference(self, spec: ModelSpec) -> Reference:
        """Return the reference of a model; a rough one if the model comes without."""
        key = spec.name, spec.version
        if key not in self._references:
            bundle = await asyncio.to_thread(self._models.store.find, spec.name)
            reference = await asyncio.to_thread(reference_of, bundle)
            if reference is None:
                reference = await asyncio.to_thread(measured_reference, bundle, await self._sample_views(spec.name))
            self._references[key] = reference
            if len(self._references) > MAX_REFERENCES:
                self._references.popitem(last=False)
        return self._references[key]

    async def _sample_views(self, model: str) -> list[npt.NDArray[np.float32]]:
        """Return a model's embeddings of the sample photos, float32 (views, channels) of each photo."""
        photos = await asyncio.gather(*(asyncio.to_thread(photo.read_bytes) for photo in samples()))
        return [await self._pool.embed(photo, model=model, client=0, views=REFERENCE_VIEWS) for photo in photos]


def _fit(ids: Mapping[str, int], stored: Sequence[tuple[int, int, bytes]], reference: Reference) -> TaughtClasses:
    names = {class_id: name for name, class_id in ids.items()}
    photos: defaultdict[str, list[npt.NDArray[np.float32]]] = defaultdict(list)
    for _, class_id, embedding in stored:
        if class_id in names:
            photos[names[class_id]].append(dequantise(embedding))
    return TaughtClasses.fit({name: np.stack(rows) for name, rows in photos.items()}, reference)
