"""Photos -> what the last layer of a model reads of them, computed in worker processes or taken from the cache."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference.errors import DeadlineExceeded, ImageError, ModelError, WorkerCrashed
from inference.images.augmented_views import STANDARD_VIEW, View
from inference.models.bundle import Bundle
from inference.models.store import ModelStore
from inference.pool.pool import InferencePool
from inference.training.data.examples import Example
from inference.training.data.folders import Skipped
from inference.training.data.photos import PhotoSet
from inference.training.data.splits import Split
from inference.training.retraining.distortions import Distortions
from inference.training.retraining.embedding_cache import EmbeddingCache, embedding_key

# These say nothing of the next photo; any other error ends the command.
WRONG_WITH_ONE_PHOTO = (ImageError, DeadlineExceeded, WorkerCrashed)
# Photos in hand: keeps the workers busy while a large one is decoded, and takes 640 MB at most.
READ_AHEAD = 32


@dataclass(frozen=True, slots=True)
class Photo:
    """A labelled photo, and what its embeddings are found by.

    Attributes:
        name: below the data's folder.
        label: index of its class.
        split: what it is used for.
        keys: of its embeddings in the cache; the first is of the photo as it is labelled.
    """

    name: str
    label: int
    split: Split
    keys: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddedPhotos:
    """Photos whose embeddings are in the cache.

    Attributes:
        photos: in the order of the data set.
        skipped: photos that could not be read, and why.
        computed: how many embeddings were not there before.
    """

    cache: EmbeddingCache
    photos: tuple[Photo, ...]
    skipped: tuple[Skipped, ...]
    computed: int

    def of(self, split: Split) -> tuple[Photo, ...]:
        """The photos of a split, as many as there are labels in `standard`."""
        return tuple(photo for photo in self.photos if photo.split == split)

    def standard(self, split: Split) -> LabelledEmbeddings:
        """One embedding of each photo of a split."""
        photos = self.of(split)
        keys = [photo.keys[0] for photo in photos]
        return LabelledEmbeddings(self.cache.load(keys), np.array([photo.label for photo in photos]))

    def distorted(self, split: Split) -> LabelledEmbeddings:
        """All embeddings of each photo of a split."""
        pairs = [(key, photo.label) for photo in self.of(split) for key in photo.keys]
        return LabelledEmbeddings(self.cache.load([key for key, _ in pairs]), np.array([label for _, label in pairs]))


@dataclass(frozen=True, slots=True, eq=False)
class LabelledEmbeddings:
    """What a head learns from.

    Attributes:
        embeddings: float32 (count, channels).
        truth: int64 (count,), the index of each one's class.
    """

    embeddings: npt.NDArray[np.float32]
    truth: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.truth)


async def embed_photos(
    data: PhotoSet,
    *,
    store: ModelStore,
    base: Bundle,
    cache: EmbeddingCache,
    distortions: Distortions,
    advance: Callable[[], None],
) -> EmbeddedPhotos:
    """See to it that the cache has the embeddings of all photos, and start workers only for those that it lacks.

    Args:
        data: the photos, of which those of training are distorted, too.
        store: where the pool finds the base.
        base: the model whose embeddings are wanted.
        cache: of this model.
        distortions: of the photos of training.
        advance: called after each photo.

    Raises:
        ModelError: the base exposes no embedding, is broken, or was replaced meanwhile.
        InferenceError: the pool failed.
        OSError: a photo cannot be read, or the cache not be written; what was computed before is in the cache.
    """
    async with AsyncExitStack() as stack:
        embedding = _Embedding(stack, store, base, cache, advance)
        try:
            for split, examples in data.splits.items():
                waiting = iter(examples)
                while (example := await asyncio.to_thread(next, waiting, None)) is not None:
                    views = distortions.views(example.encoded) if split == "train" else (STANDARD_VIEW,)
                    await embedding.take(example, split, views)
            await embedding.finish()
        finally:
            await embedding.stop()
    return EmbeddedPhotos(cache, tuple(embedding.photos), tuple(embedding.skipped), embedding.computed)


class _Embedding:
    """Photos on their way, which are settled in their order."""

    def __init__(
        self,
        stack: AsyncExitStack,
        store: ModelStore,
        base: Bundle,
        cache: EmbeddingCache,
        advance: Callable[[], None],
    ) -> None:
        self.photos: list[Photo] = []
        self.skipped: list[Skipped] = []
        self.computed = 0
        self._stack = stack
        self._store = store
        self._base = base
        self._cache = cache
        self._advance = advance
        self._pool: InferencePool | None = None
        self._running: deque[tuple[Photo, asyncio.Task[None] | None]] = deque()

    async def take(self, example: Example, split: Split, views: tuple[View, ...]) -> None:
        while len(self._running) >= READ_AHEAD:
            await self._settle()
        keys = {embedding_key(example.encoded, view): view for view in views}
        missing = {key: view for key, view in keys.items() if key not in self._cache}
        task = None
        if missing:
            if self._pool is None:
                self._pool = await self._stack.enter_async_context(InferencePool(self._store))
            task = asyncio.create_task(self._compute(self._pool, example.encoded, missing))
        self._running.append((Photo(example.name, example.label, split, tuple(keys)), task))

    async def finish(self) -> None:
        while self._running:
            await self._settle()

    async def stop(self) -> None:
        """Give up what is not settled, and keep what was computed."""
        tasks = [task for _, task in self._running if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._cache.flush()

    async def _settle(self) -> None:
        photo, task = self._running.popleft()
        try:
            if task is not None:
                await task
        except WRONG_WITH_ONE_PHOTO as error:
            self.skipped.append(Skipped(photo.name, str(error)))
        else:
            self.photos.append(photo)
        self._advance()

    async def _compute(self, pool: InferencePool, image: bytes, missing: dict[bytes, View]) -> None:
        name = self._base.spec.name
        embeddings = await pool.embed(image, model=name, client="retrain", views=tuple(missing.values()))
        if self._store.find(name) != self._base:
            raise ModelError(f"expected the base {name} to stay as it was. Received: another one, installed meanwhile")
        for key, embedding in zip(missing, embeddings, strict=True):
            self._cache.add(key, embedding)
        self.computed += len(missing)
