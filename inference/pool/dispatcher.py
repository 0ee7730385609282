"""Hands images to workers: whose turn it is, which go together, how long they may take, and what follows a failure."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from inference.errors import DeadlineExceeded, ImageError, InferenceError, ModelError, OutOfMemory, WorkerCrashed
from inference.models.store import ModelStore
from inference.pool.batching import Job, Pace, gather_batch
from inference.pool.fair_queue import FairQueue
from inference.pool.process import WorkerDied, WorkerProcess
from inference.pool.slot import MAX_FAILED_STARTS
from inference.pool.slow_images import SlowImages
from inference.pool.workers import Workers

log = logging.getLogger(__name__)

# The first death may be the machine's fault, say for want of memory; a second one is most likely the image's.
ATTEMPTS = 2
# Between two looks at a worker that decodes, and may be kept from its CPU.
MIN_CHECK_PERIOD_S = 0.1


@dataclass(eq=False, slots=True)
class _Task:
    """Images that a worker has.

    Attributes:
        expires_s: by when it must have replied, by the event loop's clock.
        may_be_slow: whether one of the images may be.
        timer: of the next look at it.
    """

    worker: WorkerProcess
    batch: Sequence[Job]
    expires_s: float
    may_be_slow: bool
    timer: asyncio.TimerHandle | None = None


class Dispatcher:
    """Holds the images that wait, and gives them to workers as these become idle.

    What goes wrong with several images together concerns each of them by itself: they are tried again one by one.

    Work that a worker has begun with is not taken from it, so that turns alone do not keep one client's slow images
    from all workers. Images that may be slow get at most half of the workers, if there are two or more; others all. One
    that may be slow gets any worker, too, if the images of its client were quick so far and no other one is in work.
    """

    def __init__(
        self,
        store: ModelStore,
        workers: Workers,
        *,
        deadline_s: float,
        decoding_deadline_s: float,
        max_wait_s: float,
    ) -> None:
        """Start with no image.

        Args:
            store: where models are looked up that were replaced.
            workers: who labels the images.
            deadline_s: for what a worker gets at once.
            decoding_deadline_s: of CPU, to decode it.
            max_wait_s: for which an image waits for others to go with.
        """
        self._store = store
        self._workers = workers
        self._deadline_s = deadline_s
        self._decoding_deadline_s = decoding_deadline_s
        self._max_wait_s = max_wait_s
        self._pace = Pace(within_s=max_wait_s)
        self._queue: FairQueue[Job] = FairQueue()
        self._slow = SlowImages()
        self._tasks: set[_Task] = set()

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
        self._queue.clear()

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
                self._queue.settle(job.client, 0.0)
                job.fail(WorkerCrashed(MAX_FAILED_STARTS))

    def _await_no_longer(self, job: Job) -> None:
        job.awaits_others = False
        self.hand_out()

    def _may_begin(self, job: Job) -> bool:
        if job.awaits_others and len(self._queue) < self._workers.batch_size(job.request.bundle):
            return False
        if not self._slow.may_be_slow(job.client, job.image) or self._has_room_for_slow():
            return True
        return self._slow.is_quick(job.client) and not self._holds_slow(job.client)

    def _holds_slow(self, client: Hashable) -> bool:
        """Whether a worker holds an image of a client that may be slow."""
        return any(task.may_be_slow and any(job.client == client for job in task.batch) for task in self._tasks)

    def _has_room_for_slow(self) -> bool:
        """Whether another worker may hold an image that may be slow: at most half may, and may die of it."""
        ready, expected = self._workers.ready, self._workers.expected
        held = sum(task.may_be_slow for task in self._tasks if task.worker in ready)
        return held + expected - len(ready) < max(1, expected // 2)

    def _begin(self, worker: WorkerProcess, first: Job) -> None:
        batch = gather_batch(
            first,
            self._queue,
            batch_size=self._workers.batch_size(first.request.bundle),
            workers=len(self._workers.ready),
            is_slow=self._slow.is_slow,
        )
        now_s = asyncio.get_running_loop().time()
        for job in batch:
            job.begun_s = now_s
            job.awaits_others = False
        reply = worker.begin(first.request, [job.image for job in batch])
        may_be_slow = any(self._slow.may_be_slow(job.client, job.image) for job in batch)
        task = _Task(worker, batch, now_s + self._deadline_s, may_be_slow)
        self._tasks.add(task)
        self._watch(task, self._decoding_deadline_s)
        reply.add_done_callback(partial(self._finish, task))

    def _watch(self, task: _Task, for_s: float) -> None:
        loop = asyncio.get_running_loop()
        left_s = task.expires_s - loop.time()
        task.timer = loop.call_later(max(0.0, min(for_s, left_s)), self._check, task)

    def _check(self, task: _Task) -> None:
        """Look at what a worker is at, and end it if that takes too long."""
        if asyncio.get_running_loop().time() >= task.expires_s:
            self._expire(task, self._deadline_s)
            return
        left_s = self._decoding_deadline_s - task.worker.decoding_cpu_s()
        if left_s <= 0:
            if len(task.batch) == 1:
                self._slow.note(task.batch[0].client)
            self._expire(task, self._decoding_deadline_s, " for decoding")
        else:
            self._watch(task, max(left_s, MIN_CHECK_PERIOD_S))

    def _expire(self, task: _Task, deadline_s: float, purpose: str = "") -> None:
        log.warning("worker %d is killed: no answer within %g s%s", task.worker.pid, deadline_s, purpose)
        if len(task.batch) == 1:
            task.batch[0].fail(DeadlineExceeded(deadline_s))
        for job in task.batch:
            job.alone = True
        task.worker.kill()

    def _finish(self, task: _Task, reply: asyncio.Future[Any]) -> None:
        assert task.timer is not None
        task.timer.cancel()
        self._tasks.discard(task)
        try:
            results = reply.result()
        except WorkerDied as death:
            self._after_death(task.batch, death)
        except ModelError as error:
            self._after_model_error(task, error)
        else:
            for job, result in zip(task.batch, results, strict=True):
                job.settle(result)
                self._take_leave(job, task, labelled=not isinstance(result, ImageError))
        self._workers.note_reply(task.worker)
        self.hand_out()

    def _take_leave(self, job: Job, task: _Task, *, labelled: bool = False) -> None:
        """Count what an image cost its client: its part of the work, without the load of a model, which serves all."""
        images = len(task.batch)
        effort = task.worker.effort
        spent_s = asyncio.get_running_loop().time() - job.begun_s - effort.loading_s
        self._queue.settle(job.client, spent_s / images)
        self._slow.note(job.client, effort.decoding_cpu_s / images, labelled=labelled)

    def _after_death(self, batch: Sequence[Job], death: WorkerDied) -> None:
        # In reverse, since each that is put back goes before the others.
        for job in reversed(batch):
            job.deaths += death.began
            job.alone |= death.began
            if job.deaths == ATTEMPTS:
                job.fail(OutOfMemory(ATTEMPTS) if death.out_of_memory else WorkerCrashed(ATTEMPTS))
                self._slow.note(job.client)
            if job.answer.done():
                self._queue.settle(job.client, asyncio.get_running_loop().time() - job.begun_s)
            else:
                self._queue.put_back(job.client, job)

    def _after_model_error(self, task: _Task, error: ModelError) -> None:
        """Fail an image, unless its model was replaced while it waited, and the files of the old one removed."""
        together = len(task.batch) > 1
        if together:
            log.warning("%d images failed together, each is tried by itself: %s", len(task.batch), error)
        for job in reversed(task.batch):
            try:
                bundle = self._store.find(job.request.bundle.spec.name, build=False)
            except InferenceError as gone:
                job.fail(gone)
            else:
                if bundle != job.request.bundle:
                    job.request = replace(job.request, bundle=bundle)
                elif not together:
                    job.fail(error)
            # One of them may be more than the model can do.
            job.alone |= together
            if job.answer.done():
                self._take_leave(job, task)
            else:
                self._queue.put_back(job.client, job)
