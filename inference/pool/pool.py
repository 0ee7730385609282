"""The parent's side of inference: takes images, shares them out among worker processes, and outlives those.

Everything here happens on the event loop, so that nothing needs a lock. Each worker is a fresh interpreter with pipes
of its own: the death of one cannot tear another's connection, which is what rules out pools whose workers share a queue
(concurrent.futures, pebble), and asyncio waits for all of them without a thread for each.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Hashable, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from inference.errors import ModelNotBuilt, Overloaded, PoolClosed, TooManyBytes
from inference.images.augmented_views import STANDARD_VIEW, View
from inference.images.decode import MAX_BYTES
from inference.models.bundle import Bundle
from inference.models.prediction import Classification
from inference.models.store import ModelStore
from inference.pool.batching import MAX_WAIT_S, Job
from inference.pool.dispatcher import Dispatcher
from inference.pool.process import MAX_KEPT_BYTES
from inference.pool.protocol import Classify, Embed
from inference.pool.workers import Workers

# Some seconds of work for two cores at Inception's size: whoever is admitted still waits for the answer.
CAPACITY = 256
# A model's first load from a slow disk takes some seconds.
DEADLINE_S = 30.0
# Twice what the costliest image that is read takes.
DECODING_DEADLINE_S = 4.0
MODELS_PER_WORKER = 3
# The costliest image takes 300 MB while it is decoded, three models of Inception's size in float32 twice that.
WORKER_MEMORY_BYTES = 2**30


class InferencePool:
    """Labels images in worker processes, each of which labels one at a time on one core, or a few together on a GPU.

    Bounded: over its capacity, images are refused at once. Fair: clients take turns by the time that their images cost,
    and whose images are slow leaves workers to the others. A worker that hangs, dies or runs out of memory is replaced;
    that concerns only the images that it held, which each get a second chance by themselves in another process.

    `async with InferencePool(store) as pool` starts and closes it. It belongs to one event loop.
    """

    def __init__(
        self,
        store: ModelStore,
        *,
        workers: int | None = None,
        capacity: int = CAPACITY,
        deadline_s: float = DEADLINE_S,
        decoding_deadline_s: float = DECODING_DEADLINE_S,
        models_per_worker: int = MODELS_PER_WORKER,
        worker_memory_bytes: int = WORKER_MEMORY_BYTES,
        worker_kept_bytes: int = MAX_KEPT_BYTES,
        max_wait_s: float = MAX_WAIT_S,
    ) -> None:
        """Describe a pool; nothing runs yet.

        Args:
            store: where models are looked up.
            workers: number of processes; by default one for each core that this process may use.
            capacity: of images admitted and unanswered.
            deadline_s: for one image, from when a worker gets it; also for images that it gets together, each of which
                is then tried by itself.
            decoding_deadline_s: of CPU, to decode one image, or those that a worker gets together.
            models_per_worker: kept loaded; the one whose use is longest ago makes room for another.
            worker_memory_bytes: of private writable memory in a process; it dies of needing more.
            worker_kept_bytes: of memory beyond what its models take, which a process may keep after an image; it is
                replaced if it keeps more.
            max_wait_s: for which an image waits for others while a worker is idle, where its network gains from running
                several at once, and they come so fast that more are likely.
        """
        if workers is not None and workers < 1:
            raise ValueError(f"expected at least one worker. Received: {workers}")
        self._store = store
        self._count = workers or len(os.sched_getaffinity(0))
        self._capacity = capacity
        self._workers = Workers(
            store,
            max_models=models_per_worker,
            max_memory_bytes=worker_memory_bytes,
            max_kept_bytes=worker_kept_bytes,
            on_change=self._hand_out,
            needed=self._needed,
        )
        self._dispatcher = Dispatcher(
            store,
            self._workers,
            deadline_s=deadline_s,
            decoding_deadline_s=decoding_deadline_s,
            max_wait_s=max_wait_s,
        )
        self._jobs: set[Job] = set()
        self._open = False

    @property
    def pending(self) -> int:
        """Number of images admitted and unanswered."""
        return len(self._jobs)

    @property
    def workers(self) -> int:
        """Number of worker processes that there should be."""
        return self._count

    def worker_pids(self) -> tuple[int, ...]:
        """Process ids of the workers that are ready for images or at work on one."""
        return tuple(worker.pid for worker in self._workers.ready)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def start(self, models: Sequence[str] = ()) -> None:
        """Start the workers and wait until all are ready.

        Args:
            models: names of those that each worker loads, and runs once, before it is ready.

        Raises:
            ModelNotFound: one of the models is not installed.
            ModelError: the files of one are broken.
            WorkerCrashed: process after process died at its start.
        """
        await self._workers.start(self._count, models)
        self._open = True

    async def close(self, grace_s: float = 10.0) -> None:
        """Take no more images, let those in hand be answered, and end the workers.

        Args:
            grace_s: after which images without an answer fail with PoolClosed.
        """
        self._open = False
        try:
            if self._jobs:
                await asyncio.wait([job.answer for job in self._jobs], timeout=grace_s)
        finally:
            self._dispatcher.clear()
            for job in self._jobs:
                job.fail(PoolClosed())
            await self._workers.close()

    async def resize(self, workers: int) -> None:
        """Change the number of workers; those that are too many end after the image that they hold.

        Raises:
            PoolClosed: the pool is not started, or was closed.
        """
        if workers < 1:
            raise ValueError(f"expected at least one worker. Received: {workers}")
        if not self._open:
            raise PoolClosed
        self._count = workers
        await self._workers.resize(workers)

    async def prepare(self, model: str, image: bytes, *, beside: Sequence[str] = ()) -> Classification:
        """Try a model in a fresh process, which then takes a worker's place; to be done before it is to answer.

        Args:
            model: name of an installed model.
            image: the content of an image file, which it labels.
            beside: names of further models that will be in use: the process loads them, too, where it can.

        Raises:
            ModelNotFound: no model of this name is installed.
            ModelError: the model does not work; nothing has changed.
            ImageError: the image cannot be labelled.
            PoolClosed: the pool is not started, or was closed.
        """
        if not self._open:
            raise PoolClosed
        return await self._workers.prepare(model, image, beside=beside)

    def keep(self, models: Sequence[str]) -> None:
        """Say which models are in use from now on: each worker that starts loads them, and memory of others is freed.

        For that, workers are replaced one by one, as soon as no image waits for another model that they hold. Models
        that are not named here answer as ever.

        Args:
            models: their names, the most important first; each worker keeps `models_per_worker` of them loaded.
        """
        self._workers.keep(models)

    async def classify(self, image: bytes, *, model: str, top_k: int, client: Hashable) -> Classification:
        """Label an image. Cancelling frees its place at once.

        Args:
            image: the content of an image file.
            model: name of an installed model.
            top_k: number of labels, at least 1.
            client: whose image this is; clients take turns.

        Raises:
            ImageError: the image cannot be labelled.
            Overloaded: the pool holds as many images as it takes.
            DeadlineExceeded: the image took too long, in all or to decode.
            WorkerCrashed: two processes died while they held the image, or none can be started.
            OutOfMemory: two processes had less memory than the image takes.
            PoolClosed: the pool is not started, or was closed.
            ModelNotFound: no model of this name is installed.
            ModelError: the model's files are broken.
        """
        if top_k < 1:
            raise ValueError(f"expected top_k of at least 1. Received: {top_k}")
        self._check_admission(image)
        bundle = await self._find(model, image)
        job = self._admit(image, Classify(bundle, top_k), client)
        answer: Classification = await self._finished(job)
        return replace(answer, timings=replace(answer.timings, queue_ms=(job.begun_s - job.admitted_s) * 1e3))

    async def embed(
        self, image: bytes, *, model: str, client: Hashable, views: Sequence[View] = (STANDARD_VIEW,)
    ) -> npt.NDArray[np.float32]:
        """Compute what the last layer of a model reads of an image. Cancelling frees its place at once.

        Args:
            image: the content of an image file.
            model: name of an installed model that exposes its embedding.
            client: whose image this is; clients take turns.
            views: views of the image, at least one.

        Returns:
            float32 (views, channels).

        Raises:
            ModelError: the model's files are broken, or it exposes no embedding.
            InferenceError: as `classify`.
        """
        if not views:
            raise ValueError("expected at least one view. Received: none")
        self._check_admission(image)
        bundle = await self._find(model, image)
        job = self._admit(image, Embed(bundle, tuple(views)), client)
        embedding: npt.NDArray[np.float32] = await self._finished(job)
        return embedding

    async def _find(self, model: str, image: bytes) -> Bundle:
        """Look a model up; one that is still to be built is built beside the event loop, meanwhile others go on."""
        try:
            return self._store.find(model, build=False)
        except ModelNotBuilt:
            bundle = await asyncio.to_thread(self._store.find, model)
        self._check_admission(image)
        return bundle

    def _check_admission(self, image: bytes) -> None:
        if len(image) > MAX_BYTES:
            raise TooManyBytes(len(image), MAX_BYTES)
        if not self._open:
            raise PoolClosed
        if len(self._jobs) >= self._capacity:
            raise Overloaded(self._capacity)

    def _admit(self, image: bytes, request: Classify | Embed, client: Hashable) -> Job:
        loop = asyncio.get_running_loop()
        job = Job(image, request, client, loop.time(), loop.create_future())
        self._jobs.add(job)
        self._dispatcher.put(job)
        return job

    async def _finished(self, job: Job) -> Any:
        try:
            return await job.answer
        except asyncio.CancelledError:
            self._dispatcher.remove(job)
            raise
        finally:
            self._jobs.discard(job)
            self._workers.note_done(job.request.bundle)

    def _needed(self) -> set[Bundle]:
        return {job.request.bundle for job in self._jobs}

    def _hand_out(self) -> None:
        self._dispatcher.hand_out()
