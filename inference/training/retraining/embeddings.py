"""Embeddings of photos, the input of a model's last layer: computed in worker processes, or read from the cache."""

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
from inference.models.network import DEFAULT_OPTIONS, NetworkOptions
from inference.models.store import ModelStore
from inference.pool.pool import InferencePool
from inference.training.data.examples import Example
from inference.training.data.folders import Skipped
from inference.training.data.photos import PhotoSet
from inference.training.data.splits import Split
from inference.training.retraining.distortions import Distortions
from inference.training.retraining.embedding_cache import EmbeddingCache, embedding_key

# Errors of a single photo; any other error ends the command.
PHOTO_ERRORS = (ImageError, DeadlineExceeded, WorkerCrashed)
# Number of photos in flight: enough to keep the workers busy while a large photo is decoded. The photos take 640 MB at
# most.
READ_AHEAD = 32


@dataclass(frozen=True, slots=True)
class Photo:
    """A labelled photo, and the keys of its embeddings.

    Attributes:
        name: path below the data's folder.
        label: index of the photo's class.
        split: split that the photo belongs to.
        keys: keys of the photo's embeddings in the cache; the first key is for the standard view.
    """

    name: str
    label: int
    split: Split
    keys: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddedPhotos:
    """Photos whose embeddings are in the cache.

    Attributes:
        cache: cache with the embeddings.
        photos: photos in the order of the data set.
        skipped: photos that cannot be read, with the reasons.
        computed: number of embeddings that were not cached before.
    """

    cache: EmbeddingCache
    photos: tuple[Photo, ...]
    skipped: tuple[Skipped, ...]
    computed: int

    def of(self, split: Split) -> tuple[Photo, ...]:
        """Return the photos of a split, in the order of `standard`."""
        return tuple(photo for photo in self.photos if photo.split == split)

    def standard(self, split: Split) -> LabelledEmbeddings:
        """Return the embedding of the standard view of each photo of a split."""
        photos = self.of(split)
        keys = [photo.keys[0] for photo in photos]
        return LabelledEmbeddings(self.cache.load(keys), np.array([photo.label for photo in photos]))

    def augmented(self, split: Split) -> LabelledEmbeddings:
        """Return the embeddings of all views of each photo of a split."""
        pairs = [(key, photo.label) for photo in self.of(split) for key in photo.keys]
        return LabelledEmbeddings(self.cache.load([key for key, _ in pairs]), np.array([label for _, label in pairs]))


@dataclass(frozen=True, slots=True, eq=False)
class LabelledEmbeddings:
    """Embeddings of photos with their classes, to train or validate a head.

    Attributes:
        embeddings: float32 (count, channels).
        truth: int64 (count,), index of the class of each embedding.
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
    options: NetworkOptions = DEFAULT_OPTIONS,
) -> EmbeddedPhotos:
    """Compute the embeddings that are not in the cache. Workers start only if an embedding is missing.

    Args:
        data: photos; the training photos are augmented.
        store: store with the base.
        base: model that computes the embeddings.
        cache: cache of the base's embeddings.
        distortions: augmentation of the training photos.
        advance: called after each photo.
        options: device and batch size, if the base runs in a TensorFlow session.

    Raises:
        ModelError: the base exposes no embedding, is damaged, or was replaced during the work.
        InferenceError: the pool failed.
        OSError: a photo cannot be read, or the cache cannot be written. The cache keeps the embeddings that were
            computed before.
    """
    async with AsyncExitStack() as stack:
        queue = _EmbeddingQueue(stack, store, base, cache, advance, options)
        try:
            for split, examples in data.splits.items():
                waiting = iter(examples)
                while (example := await asyncio.to_thread(next, waiting, None)) is not None:
                    views = distortions.views(example.encoded) if split == "train" else (STANDARD_VIEW,)
                    await queue.enqueue(example, split, views)
            await queue.drain()
        finally:
            await queue.cancel()
    return EmbeddedPhotos(cache, tuple(queue.photos), tuple(queue.skipped), queue.computed)


class _EmbeddingQueue:
    """Photos in flight; their results are collected in the order of the photos."""

    def __init__(
        self,
        stack: AsyncExitStack,
        store: ModelStore,
        base: Bundle,
        cache: EmbeddingCache,
        advance: Callable[[], None],
        options: NetworkOptions,
    ) -> None:
        self.photos: list[Photo] = []
        self.skipped: list[Skipped] = []
        self.computed = 0
        self._stack = stack
        self._store = store
        self._base = base
        self._cache = cache
        self._advance = advance
        self._options = options
        self._pool: InferencePool | None = None
        self._running: deque[tuple[Photo, asyncio.Task[None] | None]] = deque()

    async def enqueue(self, example: Example, split: Split, views: tuple[View, ...]) -> None:
        while len(self._running) >= READ_AHEAD:
            await self._collect_next()
        keys = {embedding_key(example.encoded, view): view for view in views}
        missing = {key: view for key, view in keys.items() if key not in self._cache}
        task = None
        if missing:
            if self._pool is None:
                options = self._options
                pool = InferencePool(self._store, device=options.device, max_batch_size=options.max_batch_size)
                self._pool = await self._stack.enter_async_context(pool)
            task = asyncio.create_task(self._compute(self._pool, example.encoded, missing))
        self._running.append((Photo(example.name, example.label, split, tuple(keys)), task))

    async def drain(self) -> None:
        while self._running:
            await self._collect_next()

    async def cancel(self) -> None:
        """Cancel the work on photos in flight, and write the embeddings that were computed."""
        tasks = [task for _, task in self._running if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._cache.flush()

    async def _collect_next(self) -> None:
        photo, task = self._running.popleft()
        try:
            if task is not None:
                await task
        except PHOTO_ERRORS as error:
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
