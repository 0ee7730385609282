"""The parent's side of inference: admits images, dispatches them to worker processes, and survives their deaths.

Everything here runs on the event loop, so nothing needs a lock. Each worker is a fresh interpreter with its own
connection, so the death of one worker cannot break the connection of another worker. In pools whose workers share a
queue (concurrent.futures, pebble), that can happen. asyncio waits for all workers in a single thread.
"""

from __future__ import annotations

import asyncio
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
from inference.models.network import NetworkOptions
from inference.models.prediction import Classification
from inference.models.store import ModelStore
from inference.pool.batching import MAX_WAIT_S, Job
from inference.pool.dispatcher import Dispatcher
from inference.pool.host import ThisMachine, WorkerHost
from inference.pool.process import Usage
from inference.pool.protocol import MAX_RETAINED_BYTES, Classify, Embed, WorkerOptions
from inference.pool.workers import Workers
from inference.system.open_files import allow_many_open_files

# Limit on pending images. With a network of Inception's size, two cores label this many images in some seconds; people
# wait no longer for an answer.
CAPACITY = 256
# Seconds within which a worker must answer. A model's first load from a slow disk takes some seconds.
DEADLINE_S = 30.0
# CPU seconds for decoding: twice the time that the costliest image takes.
DECODING_DEADLINE_S = 4.0
MODELS_PER_WORKER = 3
# Limit on the memory of a worker. Decoding the costliest image takes 300 MB, and three float32 models of Inception's
# size take twice as much.
WORKER_MEMORY_BYTES = 2**30


class InferencePool:
    """Classifies images in worker processes: one image at a time on one core each, or small batches on a GPU.

    The pool is bounded: images beyond the capacity are refused at once. The pool is fair: clients take turns by the
    time that their images need, and a client with slow images leaves some workers to the other clients. A worker that
    hangs, dies or runs out of memory is replaced. Only the images of that worker are affected, and each of them is
    retried alone in another process.

    `async with InferencePool(store) as pool` starts and closes the pool. A pool belongs to one event loop.
    """

    def __init__(
        self,
        store: ModelStore,
        *,
        workers: int | None = None,
        device: str | None = None,
        max_batch_size: int | None = None,
        capacity: int = CAPACITY,
        deadline_s: float = DEADLINE_S,
        decoding_deadline_s: float = DECODING_DEADLINE_S,
        models_per_worker: int = MODELS_PER_WORKER,
        worker_memory_bytes: int = WORKER_MEMORY_BYTES,
        worker_retained_bytes: int = MAX_RETAINED_BYTES,
        max_wait_s: float = MAX_WAIT_S,
        host: WorkerHost | None = None,
    ) -> None:
        """Describe a pool; nothing runs yet.

        Args:
            store: store of the models.
            workers: number of processes, at least 1; by default one process for each core of the host.
            device: device of networks that run in a TensorFlow session, such as "CPU:0" or "GPU:1"; None for the first
                GPU, or for the CPU if there is no GPU.
            max_batch_size: largest batch in a TensorFlow session, from 1 to 256; None for a size that suits the device.
            capacity: maximum number of pending images.
            deadline_s: time limit in seconds for an image or a batch, counted from its dispatch to a worker.
            decoding_deadline_s: limit on the CPU time for decoding an image or a batch, in seconds.
            models_per_worker: number of models that a worker keeps loaded; the least recently used model is evicted.
            worker_memory_bytes: limit of a worker's private writable memory; a request that needs more fails.
            worker_retained_bytes: limit on the memory that a worker retains after an image, in addition to the memory
                of its models; a worker that retains more is recycled.
            max_wait_s: longest time, in seconds, that an image waits for other images of its batch while a worker is
                idle. An image waits only if its network is faster with batches and images arrive at a high rate.
            host: starts the workers, by default as processes of this machine. If its number of cores changes, the
                number of workers follows.
        """
        if workers is not None and workers < 1:
            raise ValueError(f"expected at least one worker. Received: {workers}")
        self._store = store
        self._host = host or ThisMachine()
        self._wanted_workers = workers
        self._resizing: asyncio.Task[None] | None = None
        self._capacity = capacity
        self._workers = Workers(
            store,
            WorkerOptions(
                max_models=models_per_worker,
                max_memory_bytes=worker_memory_bytes,
                max_retained_bytes=worker_retained_bytes,
                network=NetworkOptions(device, max_batch_size),
            ),
            on_change=self._dispatch,
            pending_models=self._pending_models,
            host=self._host,
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
        self._follows_host = False

    @property
    def pending(self) -> int:
        """Number of images that were admitted and have no answer yet."""
        return len(self._jobs)

    @property
    def queued(self) -> int:
        """Number of pending images that no worker holds yet."""
        return self._dispatcher.queued

    @property
    def capacity(self) -> int:
        """Maximum number of pending images."""
        return self._capacity

    @property
    def busy_s(self) -> float:
        """Seconds since a worker last got an image, if all are busy; 0 while a worker is idle."""
        return self._dispatcher.busy_s

    @property
    def workers(self) -> int:
        """Target number of worker processes."""
        wanted, most = self._wanted_workers or self._host.cores, self._host.most
        return wanted if most is None else min(wanted, most)

    @property
    def fault(self) -> str | None:
        """Why no worker can be started now; None if workers can."""
        return self._host.fault

    @property
    def worker_deaths(self) -> int:
        """Number of worker processes so far that ended by themselves or failed to start."""
        return self._workers.deaths

    def worker_pids(self) -> tuple[int, ...]:
        """Return the process ids of the workers that are idle or hold an image."""
        return tuple(worker.pid for worker in self._workers.ready)

    def local_pids(self) -> tuple[int, ...]:
        """Return the process ids of those workers that run on this machine."""
        return tuple(worker.pid for worker in self._workers.ready if worker.is_local)

    def usage(self) -> Usage:
        """Return the time that the present workers have spent so far, at work and idle."""
        return sum((worker.usage for worker in self._workers.ready), Usage())

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def start(self, models: Sequence[str] = ()) -> None:
        """Start the workers and wait until all are ready. After an error, it can be tried again.

        Args:
            models: names of the models that each worker loads, and runs once, before it is ready.

        Raises:
            ModelNotFound: one of the models is not installed.
            ModelError: the files of a model are broken.
            WorkerCrashed: several processes in a row died while they started.
        """
        allow_many_open_files()
        self._host.watch(self._on_host_change)
        self._follows_host = True
        try:
            await self._workers.start(self.workers, models)
        except BaseException:
            await self._stop_following()
            raise
        self._open = True
        self._on_host_change()

    async def close(self, grace_s: float = 10.0) -> None:
        """Admit no more images, wait for the pending images, and stop the workers.

        Args:
            grace_s: time after which pending images fail with PoolClosed, in seconds.
        """
        self._open = False
        try:
            if self._jobs:
                await asyncio.wait([job.answer for job in self._jobs], timeout=grace_s)
        finally:
            self._dispatcher.clear()
            for job in self._jobs:
                job.fail(PoolClosed())
            await self._stop_following()
            await self._workers.close()

    async def resize(self, workers: int) -> None:
        """Change the number of workers; superfluous workers are drained.

        Raises:
            PoolClosed: the pool is not started, or was closed.
        """
        if workers < 1:
            raise ValueError(f"expected at least one worker. Received: {workers}")
        if not self._open:
            raise PoolClosed
        self._wanted_workers = workers
        await self._workers.resize(self.workers)

    async def try_model(self, model: str, image: bytes, *, other_models: Sequence[str] = ()) -> Classification:
        """Try a model in a fresh process, the canary, which then replaces a worker. Do this before the model is used.

        Args:
            model: name of an installed model.
            image: content of an image file, which the canary classifies.
            other_models: names of other active models. The canary loads them as well, if it can.

        Raises:
            ModelNotFound: no model of this name is installed.
            ModelError: the model does not work; nothing has changed.
            ImageError: the image cannot be decoded.
            PoolClosed: the pool is not started, or was closed.
        """
        if not self._open:
            raise PoolClosed
        return await self._workers.try_model(model, image, other_models=other_models)

    def set_active_models(self, models: Sequence[str]) -> None:
        """Set the active models: each new worker loads them, and the memory of other models is freed.

        Workers with other models are recycled one by one, as soon as no pending image needs those models. Models that
        are not active still work.

        Args:
            models: names of the models, the most important first; a worker loads the first `models_per_worker` of them.
        """
        self._workers.set_active_models(models)

    async def classify(
        self, image: bytes, *, model: str, top_k: int, client: Hashable, embedding: bool = False
    ) -> Classification:
        """Classify an image. Cancelling the call withdraws the image at once.

        Args:
            image: content of an image file.
            model: name of an installed model.
            top_k: number of labels, at least 1.
            client: client of the image; clients take turns.
            embedding: whether the classification has the image's embedding, too. It costs no further run.

        Raises:
            ImageError: the image cannot be decoded.
            Overloaded: the pool is at its capacity.
            DeadlineExceeded: the image exceeded a deadline.
            WorkerCrashed: two processes died while they held the image, or no process can be started.
            OutOfMemory: two processes ran out of memory with the image.
            PoolClosed: the pool is not started, or was closed.
            ModelNotFound: no model of this name is installed.
            ModelError: the model's files are broken.
        """
        if top_k < 1:
            raise ValueError(f"expected top_k of at least 1. Received: {top_k}")
        self._check_admission(image)
        bundle = await self._find(model, image)
        job = self._admit(image, Classify(bundle, top_k, embedding), client)
        answer: Classification = await self._wait_for_answer(job)
        return replace(answer, timings=replace(answer.timings, queue_ms=(job.begun_s - job.admitted_s) * 1e3))

    async def embed(
        self, image: bytes, *, model: str, client: Hashable, views: Sequence[View] = (STANDARD_VIEW,)
    ) -> npt.NDArray[np.float32]:
        """Compute the embeddings of an image: the inputs of the model's last layer. Cancelling withdraws the image.

        Args:
            image: content of an image file.
            model: name of an installed model that exposes its embedding.
            client: client of the image; clients take turns.
            views: views of the image, at least one.

        Returns:
            float32 (views, channels).

        Raises:
            ModelError: the model's files are broken, or the model exposes no embedding.
            InferenceError: see `classify`.
        """
        if not views:
            raise ValueError("expected at least one view. Received: none")
        self._check_admission(image)
        bundle = await self._find(model, image)
        job = self._admit(image, Embed(bundle, tuple(views)), client)
        embedding: npt.NDArray[np.float32] = await self._wait_for_answer(job)
        return embedding

    async def _find(self, model: str, image: bytes) -> Bundle:
        """Find a model. If a built-in model is not built yet, it is built in a thread, so that other images go on."""
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
        self._dispatcher.enqueue(job)
        return job

    async def _wait_for_answer(self, job: Job) -> Any:
        try:
            return await job.answer
        except asyncio.CancelledError:
            self._dispatcher.remove(job)
            raise
        finally:
            self._jobs.discard(job)
            self._workers.on_job_done(job.request.bundle)

    def _pending_models(self) -> set[Bundle]:
        return {job.request.bundle for job in self._jobs}

    def _on_host_change(self) -> None:
        """Adapt the number of workers to the host, and give idle workers what can be taken back from others."""
        differs = self._workers.count not in (0, self.workers)
        if self._follows_host and differs and (self._resizing is None or self._resizing.done()):
            self._resizing = asyncio.create_task(self._follow_host())
        self._dispatch()

    async def _follow_host(self) -> None:
        # There are none before the start, and after a failed one.
        while self._workers.count not in (0, self.workers):
            await self._workers.resize(self.workers)

    async def _stop_following(self) -> None:
        self._follows_host = False
        if self._resizing is not None:
            self._resizing.cancel()
            await asyncio.gather(self._resizing, return_exceptions=True)

    def _dispatch(self) -> None:
        self._dispatcher.dispatch()
