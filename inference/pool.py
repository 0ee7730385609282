"""The parent's side of inference: takes images, shares them out among worker processes, and outlives those.

Everything here happens on the event loop, so that nothing needs a lock. Each worker is a fresh interpreter with pipes
of its own: the death of one cannot tear another's connection, which is what rules out pools whose workers share a queue
(concurrent.futures, pebble), and asyncio waits for all of them without a thread for each.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from inference.bundle import Bundle
from inference.errors import (
    DeadlineExceeded,
    InferenceError,
    ModelError,
    Overloaded,
    PoolClosed,
    TooManyBytes,
    WorkerCrashed,
)
from inference.fair_queue import FairQueue
from inference.image import MAX_BYTES
from inference.prediction import Classification
from inference.store import ModelStore
from inference.variants import AS_LABELLED, Variant
from inference.worker_process import WorkerDied, WorkerProcess
from inference.worker_protocol import Classify, Embed
from inference.worker_slot import MAX_FAILED_STARTS
from inference.workers import Workers

log = logging.getLogger(__name__)

# Some seconds of work for two cores at Inception's size: whoever is admitted still waits for the answer.
CAPACITY = 256
# The largest image takes a slow core two seconds, a model's first load from a slow disk some more.
DEADLINE_S = 30.0
MODELS_PER_WORKER = 3
# The costliest image takes 300 MB while it is decoded, three models of Inception's size in float32 twice that.
WORKER_MEMORY_BYTES = 2**30
# The first death may be the machine's fault, say for want of memory; a second one is most likely the image's.
ATTEMPTS = 2


@dataclass(eq=False, slots=True)
class _Job:
    """An image on its way, what is asked of it, and where the answer goes."""

    image: bytes
    request: Classify | Embed
    client: Hashable
    admitted_s: float
    answer: asyncio.Future[Any]
    begun_s: float = 0.0
    deaths: int = 0

    def succeed(self, answer: Any) -> None:
        if not self.answer.done():
            self.answer.set_result(answer)

    def fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


class InferencePool:
    """Labels images in worker processes, each of which labels one at a time on one core.

    Bounded: over its capacity, images are refused at once. Fair: clients take turns. A worker that hangs or dies is
    replaced; its death concerns only the image that it held, which gets a second chance in another process.

    `async with InferencePool(store) as pool` starts and closes it. It belongs to one event loop.
    """

    def __init__(
        self,
        store: ModelStore,
        *,
        workers: int | None = None,
        capacity: int = CAPACITY,
        deadline_s: float = DEADLINE_S,
        models_per_worker: int = MODELS_PER_WORKER,
        worker_memory_bytes: int = WORKER_MEMORY_BYTES,
    ) -> None:
        """Describe a pool; nothing runs yet.

        Args:
            store: where models are looked up.
            workers: number of processes; by default one for each core that this process may use.
            capacity: of images admitted and unanswered.
            deadline_s: for one image, from when a worker gets it.
            models_per_worker: kept loaded; the one whose use is longest ago makes room for another.
            worker_memory_bytes: of private writable memory in a process; it dies of needing more.
        """
        if workers is not None and workers < 1:
            raise ValueError(f"expected at least one worker. Received: {workers}")
        self._store = store
        self._count = workers or len(os.sched_getaffinity(0))
        self._capacity = capacity
        self._deadline_s = deadline_s
        self._workers = Workers(
            store,
            max_models=models_per_worker,
            max_memory_bytes=worker_memory_bytes,
            on_change=self._hand_out,
            needed=self._needed,
        )
        self._queue: FairQueue[_Job] = FairQueue()
        self._jobs: set[_Job] = set()
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
            while self._queue:
                self._queue.pop()
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
            DeadlineExceeded: the image took too long.
            WorkerCrashed: two processes died while they held the image, or none can be started.
            PoolClosed: the pool is not started, or was closed.
            ModelNotFound: no model of this name is installed.
            ModelError: the model's files are broken.
        """
        if top_k < 1:
            raise ValueError(f"expected top_k of at least 1. Received: {top_k}")
        self._check_admission(image)
        job = self._admit(image, Classify(self._store.find(model), top_k), client)
        answer: Classification = await self._finished(job)
        return replace(answer, timings=replace(answer.timings, queue_ms=(job.begun_s - job.admitted_s) * 1e3))

    async def embed(
        self, image: bytes, *, model: str, client: Hashable, variants: Sequence[Variant] = (AS_LABELLED,)
    ) -> npt.NDArray[np.float32]:
        """Compute what the last layer of a model reads of an image. Cancelling frees its place at once.

        Args:
            image: the content of an image file.
            model: name of an installed model that exposes its embedding.
            client: whose image this is; clients take turns.
            variants: ways to look at the image, at least one.

        Returns:
            float32 (variants, channels).

        Raises:
            ModelError: the model's files are broken, or it exposes no embedding.
            InferenceError: as `classify`.
        """
        if not variants:
            raise ValueError("expected at least one variant. Received: none")
        self._check_admission(image)
        job = self._admit(image, Embed(self._store.find(model), tuple(variants)), client)
        embedding: npt.NDArray[np.float32] = await self._finished(job)
        return embedding

    def _check_admission(self, image: bytes) -> None:
        if len(image) > MAX_BYTES:
            raise TooManyBytes(len(image), MAX_BYTES)
        if not self._open:
            raise PoolClosed
        if len(self._jobs) >= self._capacity:
            raise Overloaded(self._capacity)

    def _admit(self, image: bytes, request: Classify | Embed, client: Hashable) -> _Job:
        loop = asyncio.get_running_loop()
        job = _Job(image, request, client, loop.time(), loop.create_future())
        self._jobs.add(job)
        self._queue.put(client, job)
        self._hand_out()
        return job

    async def _finished(self, job: _Job) -> Any:
        try:
            return await job.answer
        except asyncio.CancelledError:
            self._queue.remove(job.client, job)
            raise
        finally:
            self._jobs.discard(job)
            self._workers.note_done(job.request.bundle)

    def _needed(self) -> set[Bundle]:
        return {job.request.bundle for job in self._jobs}

    def _hand_out(self) -> None:
        """Give waiting images to idle workers, each to one that has its model loaded if there is one."""
        idle = [worker for worker in self._workers.ready if worker.idle]
        while idle and self._queue:
            job = self._queue.pop()
            worker = max(idle, key=lambda worker: job.request.bundle in worker.models)
            idle.remove(worker)
            self._begin(worker, job)
        if self._workers.broken:
            while self._queue:
                self._queue.pop().fail(WorkerCrashed(MAX_FAILED_STARTS))

    def _begin(self, worker: WorkerProcess, job: _Job) -> None:
        loop = asyncio.get_running_loop()
        job.begun_s = loop.time()
        deadline = loop.call_later(self._deadline_s, self._expire, worker, job)
        reply = worker.ask(job.request, job.image)
        reply.add_done_callback(partial(self._finish, job, deadline))

    def _expire(self, worker: WorkerProcess, job: _Job) -> None:
        log.warning("worker %d is killed: no answer within %g s", worker.pid, self._deadline_s)
        job.fail(DeadlineExceeded(self._deadline_s))
        worker.kill()

    def _finish(self, job: _Job, deadline: asyncio.TimerHandle, reply: asyncio.Future[Any]) -> None:
        deadline.cancel()
        try:
            job.succeed(reply.result())
        except WorkerDied as death:
            job.deaths += death.began
            if job.deaths == ATTEMPTS:
                job.fail(WorkerCrashed(ATTEMPTS))
            else:
                self._try_again(job)
        except ModelError as error:
            self._after_model_error(job, error)
        except InferenceError as error:
            job.fail(error)
        self._hand_out()

    def _after_model_error(self, job: _Job, error: ModelError) -> None:
        """Fail an image, unless its model was replaced while it waited, and the files of the old one removed."""
        try:
            bundle = self._store.find(job.request.bundle.spec.name)
        except InferenceError as gone:
            job.fail(gone)
            return
        if bundle == job.request.bundle:
            job.fail(error)
        else:
            job.request = replace(job.request, bundle=bundle)
            self._try_again(job)

    def _try_again(self, job: _Job) -> None:
        if not job.answer.done():
            self._queue.put_back(job.client, job)
