"""Hands images to workers: whose turn it is, which go together, how long they may take, and what follows a failure."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from inference.batching import Job, Pace, gather_batch
from inference.errors import DeadlineExceeded, InferenceError, ModelError, WorkerCrashed
from inference.fair_queue import FairQueue
from inference.store import ModelStore
from inference.worker_process import WorkerDied, WorkerProcess
from inference.worker_slot import MAX_FAILED_STARTS
from inference.workers import Workers

log = logging.getLogger(__name__)

# The first death may be the machine's fault, say for want of memory; a second one is most likely the image's.
ATTEMPTS = 2


class Dispatcher:
    """Holds the images that wait, and gives them to workers as these become idle.

    What goes wrong with several images together concerns each of them by itself: they are tried again one by one.
    """

    def __init__(self, store: ModelStore, workers: Workers, *, deadline_s: float, max_wait_s: float) -> None:
        """Start with no image.

        Args:
            store: where models are looked up that were replaced.
            workers: who labels the images.
            deadline_s: for what a worker gets at once.
            max_wait_s: for which an image waits for others to go with.
        """
        self._store = store
        self._workers = workers
        self._deadline_s = deadline_s
        self._max_wait_s = max_wait_s
        self._pace = Pace(within_s=max_wait_s)
        self._queue: FairQueue[Job] = FairQueue()

    def put(self, job: Job) -> None:
        """Take an image, and give it to a worker as soon as there is one for it."""
        self._queue.put(job.client, job)
        if self._workers.batch_size(job.request.bundle) > 1 and self._pace.is_fast(job.admitted_s):
            job.awaits_others = True
            asyncio.get_running_loop().call_later(self._max_wait_s, self._await_no_longer, job)
        self.hand_out()

    def remove(self, job: Job) -> None:
        """Forget an image that still waits."""
        self._queue.remove(job.client, job)

    def clear(self) -> None:
        """Forget all images that still wait."""
        self._queue = FairQueue()

    def hand_out(self) -> None:
        """Give waiting images to idle workers, each to one that has its model loaded if there is one."""
        idle = [worker for worker in self._workers.ready if worker.idle]
        while idle and (first := self._queue.pop(self._may_begin)) is not None:
            bundle = first.request.bundle
            worker = next((worker for worker in idle if bundle in worker.models), idle[0])
            idle.remove(worker)
            self._begin(worker, first)
        if self._workers.broken:
            while (job := self._queue.pop()) is not None:
                job.fail(WorkerCrashed(MAX_FAILED_STARTS))

    def _await_no_longer(self, job: Job) -> None:
        job.awaits_others = False
        self.hand_out()

    def _may_begin(self, job: Job) -> bool:
        return not job.awaits_others or len(self._queue) >= self._workers.batch_size(job.request.bundle)

    def _begin(self, worker: WorkerProcess, first: Job) -> None:
        batch_size = self._workers.batch_size(first.request.bundle)
        batch = gather_batch(first, self._queue, batch_size=batch_size, workers=len(self._workers.ready))
        loop = asyncio.get_running_loop()
        for job in batch:
            job.begun_s = loop.time()
            job.awaits_others = False
        deadline = loop.call_later(self._deadline_s, self._expire, worker, batch)
        reply = worker.begin(first.request, [job.image for job in batch])
        reply.add_done_callback(partial(self._finish, batch, deadline))

    def _expire(self, worker: WorkerProcess, batch: Sequence[Job]) -> None:
        log.warning("worker %d is killed: no answer within %g s", worker.pid, self._deadline_s)
        if len(batch) == 1:
            batch[0].fail(DeadlineExceeded(self._deadline_s))
        for job in batch:
            job.alone = True
        worker.kill()

    def _finish(self, batch: Sequence[Job], deadline: asyncio.TimerHandle, reply: asyncio.Future[Any]) -> None:
        deadline.cancel()
        try:
            results = reply.result()
        except WorkerDied as death:
            self._after_death(batch, began=death.began)
        except ModelError as error:
            self._after_model_error(batch, error)
        else:
            for job, result in zip(batch, results, strict=True):
                job.settle(result)
        self.hand_out()

    def _after_death(self, batch: Sequence[Job], *, began: bool) -> None:
        # In reverse, since each that is put back goes before the others.
        for job in reversed(batch):
            job.deaths += began
            job.alone |= began
            if job.deaths == ATTEMPTS:
                job.fail(WorkerCrashed(ATTEMPTS))
            else:
                self._try_again(job)

    def _after_model_error(self, batch: Sequence[Job], error: ModelError) -> None:
        """Fail an image, unless its model was replaced while it waited, and the files of the old one removed."""
        if len(batch) > 1:
            log.warning("%d images failed together, each is tried by itself: %s", len(batch), error)
        for job in reversed(batch):
            try:
                bundle = self._store.find(job.request.bundle.spec.name, build=False)
            except InferenceError as gone:
                job.fail(gone)
                continue
            if bundle != job.request.bundle:
                job.request = replace(job.request, bundle=bundle)
            elif len(batch) == 1:
                job.fail(error)
            # One of them may be more than the model can do.
            job.alone |= len(batch) > 1
            self._try_again(job)

    def _try_again(self, job: Job) -> None:
        if not job.answer.done():
            self._queue.put_back(job.client, job)
