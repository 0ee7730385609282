"""Dispatches images to workers: their order, their batches, deadlines, and retries after failures."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import inf
from typing import Any

from inference.errors import DeadlineExceeded, ImageError, InferenceError, ModelError, OutOfMemory, WorkerCrashed
from inference.models.bundle import Bundle
from inference.models.store import ModelStore
from inference.pool.batching import ArrivalRate, Job, gather_batch
from inference.pool.fair_queue import FairQueue
from inference.pool.process import HeldRequest, WorkerDied, WorkerProcess
from inference.pool.shared_images import RequestTimes
from inference.pool.slot import MAX_FAILED_STARTS
from inference.pool.slow_images import SlowImages
from inference.pool.workers import Workers

log = logging.getLogger(__name__)

# Number of attempts for an image whose worker dies. The first death may be the fault of the machine, for example a
# lack of memory. The second death is most likely the fault of the image.
ATTEMPTS = 2
# Minimum number of seconds between two checks of a worker that is decoding. The worker may get less than a whole CPU,
# so its CPU time may grow more slowly than the clock.
MIN_CHECK_PERIOD_S = 0.1
# Longest time in seconds of a worker's latest images at which the next images are sent ahead. A new client waits for
# them, and if images take longer, the half millisecond that is saved is less than a hundredth.
MAX_WORK_S_TO_PREFETCH = 0.1


@dataclass(eq=False, slots=True)
class _Batch:
    """A batch that a worker holds: at work, or sent ahead.

    Attributes:
        worker: worker that holds the images.
        jobs: jobs of the images.
        may_be_slow: whether one of the images may be slow.
        expires_s: deadline of the reply, by the event loop's clock; infinite until the work begins.
        timer: timer of the next check; None until the work begins.
    """

    worker: WorkerProcess
    jobs: Sequence[Job]
    may_be_slow: bool
    expires_s: float = inf
    timer: asyncio.TimerHandle | None = None

    @property
    def has_begun(self) -> bool:
        return self.timer is not None


class Dispatcher:
    """Queues images, and dispatches them as soon as workers are idle.

    If images are quick, each busy worker gets its next batch ahead, so that it never waits for this process. Such a
    batch counts as dispatched where clients take turns. But its time limits count from the reply to the batch before
    it, a death of the worker before that is no attempt at it, and a worker that idles gets it instead. An image of a
    client that rested goes ahead of it, once, if further images of the batch's clients wait. So a person waits for the
    end of one image beside clients that keep all workers busy.

    If a batch fails, its images are retried one by one, so that each image fails or succeeds by itself.

    A worker is never interrupted. So with fair turns alone, one client's slow images could occupy all workers.
    Therefore images that may be slow get at most half of the workers, if there are two or more workers. There is one
    exception: if a client's images were quick so far, one image of this client that may be slow gets any worker.
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
        """Start with an empty queue.

        Args:
            store: store with the current version of each model.
            workers: worker processes.
            deadline_s: time limit for a batch, in seconds.
            decoding_deadline_s: limit on the CPU time for decoding a batch, in seconds.
            max_wait_s: longest time, in seconds, that an image waits for other images of its batch.
        """
        self._store = store
        self._workers = workers
        self._deadline_s = deadline_s
        self._decoding_deadline_s = decoding_deadline_s
        self._max_wait_s = max_wait_s
        self._arrival_rate = ArrivalRate(within_s=max_wait_s)
        self._queue: FairQueue[Job] = FairQueue()
        self._slow = SlowImages()
        self._in_flight: dict[HeldRequest, _Batch] = {}

    def enqueue(self, job: Job) -> None:
        """Queue an image, and dispatch it as soon as there is a worker for it."""
        rested = self._queue.enqueue(job.client, job)
        if self._workers.batch_size(job.request.bundle) > 1 and self._arrival_rate.is_high(job.admitted_s):
            job.waits_for_batch = True
            asyncio.get_running_loop().call_later(self._max_wait_s, self._end_batch_wait, job)
        self.dispatch()
        if rested and self._queue.waiting(job.client):
            self._overtake(job)

    def remove(self, job: Job) -> None:
        """Remove an image that is still queued."""
        self._queue.remove(job.client, job)

    @property
    def queued(self) -> int:
        """Number of images that no worker holds yet."""
        return len(self._queue)

    @property
    def busy_s(self) -> float:
        """Seconds since a worker last got something to do, if all are busy; 0 while a worker is idle."""
        at_work = [batch.expires_s for batch in self._in_flight.values() if batch.has_begun]
        if not at_work or any(worker.idle for worker in self._workers.ready):
            return 0.0
        newest_s = max(at_work) - self._deadline_s
        return asyncio.get_running_loop().time() - newest_s

    def clear(self) -> None:
        """Remove all images that are still queued."""
        self._queue.clear()

    def dispatch(self) -> None:
        """Dispatch each queued image to an idle worker, preferably to a worker that has loaded the model."""
        ready = self._workers.ready
        idle = [worker for worker in ready if worker.idle]
        while idle and (first := self._queue.dequeue(self._is_eligible)) is not None:
            bundle = first.request.bundle
            worker = next((worker for worker in idle if bundle in worker.models), idle[0])
            idle.remove(worker)
            self._submit(worker, self._gather(first))
        for worker in idle:
            self._take_over(worker)
        if self._queue:
            for worker in ready:
                self._prefetch(worker)
        if self._workers.broken:
            while (job := self._queue.dequeue()) is not None:
                self._queue.charge(job.client, 0.0)
                job.fail(WorkerCrashed(MAX_FAILED_STARTS))

    def _take_over(self, idle: WorkerProcess) -> None:
        """Give an idle worker a batch that was sent ahead to a worker that is still busy, or drains."""
        for worker in [batch.worker for batch in self._in_flight.values()]:
            if len(worker.held) > 1 and (held := worker.take_back()) is not None:
                batch = self._in_flight.pop(held)
                self._end_clock(batch)
                self._begin_next(worker)
                self._submit(idle, batch.jobs)
                return

    def _prefetch(self, worker: WorkerProcess) -> None:
        """Send a busy worker its next batch ahead, if its latest images were quick and the batch cannot grow."""
        latest = worker.latest
        if len(worker.held) != 1 or latest is None or latest.times.work_s > MAX_WORK_S_TO_PREFETCH:
            return
        at_work, bundle = self._in_flight.get(worker.held[0]), latest.bundle
        if at_work is None or at_work.may_be_slow or at_work.jobs[0].request.bundle != bundle:
            return
        batch_size = self._workers.batch_size(bundle)
        if batch_size > 1 and len(self._queue) < batch_size * len(self._workers.ready):
            return
        if (first := self._queue.dequeue(lambda job: self._may_go_ahead(job, bundle))) is not None:
            self._submit(worker, self._gather(first))

    def _may_go_ahead(self, job: Job, bundle: Bundle) -> bool:
        """Return whether an image may be sent ahead to a worker that runs a model."""
        alike = job.request.bundle == bundle and not job.runs_alone and not job.waits_for_batch
        return alike and not self._slow.may_be_slow(job.client, job.image)

    def _overtake(self, job: Job) -> None:
        """Send an image ahead in place of a batch whose clients have further images waiting."""
        ready = self._workers.ready
        ahead = [
            batch
            for batch in self._in_flight.values()
            if not batch.has_begun
            and batch.worker in ready
            and batch.worker.at_work
            and self._may_go_ahead(job, batch.jobs[0].request.bundle)
            and all(self._queue.waiting(each.client) and not each.gave_way for each in batch.jobs)
        ]
        # The worker that began first will probably be done first.
        for batch in sorted(ahead, key=lambda batch: self._in_flight[batch.worker.held[0]].expires_s):
            if (held := batch.worker.take_back()) is not None:
                del self._in_flight[held]
                self._queue.dequeue(lambda each: each is job)
                for each in reversed(batch.jobs):
                    each.gave_way = True
                    self._queue.requeue(each.client, each)
                self._submit(batch.worker, self._gather(job))
                return

    def _end_batch_wait(self, job: Job) -> None:
        job.waits_for_batch = False
        self.dispatch()

    def _is_eligible(self, job: Job) -> bool:
        if job.waits_for_batch and len(self._queue) < self._workers.batch_size(job.request.bundle):
            return False
        if not self._slow.may_be_slow(job.client, job.image) or self._has_room_for_slow():
            return True
        return self._slow.is_quick(job.client) and not self._has_slow_in_flight(job.client)

    def _has_slow_in_flight(self, client: Hashable) -> bool:
        """Return whether a batch that may be slow is in flight and contains an image of a client."""
        return any(
            batch.may_be_slow and any(job.client == client for job in batch.jobs) for batch in self._in_flight.values()
        )

    def _has_room_for_slow(self) -> bool:
        """Return whether one more worker may get an image that may be slow.

        At most half of the workers may hold such images or be missing after a death.
        """
        ready, expected = self._workers.ready, self._workers.expected_count
        held = sum(batch.may_be_slow for batch in self._in_flight.values() if batch.worker in ready)
        return held + expected - len(ready) < max(1, expected // 2)

    def _gather(self, first: Job) -> list[Job]:
        return gather_batch(
            first,
            self._queue,
            batch_size=self._workers.batch_size(first.request.bundle),
            workers=len(self._workers.ready),
            is_slow=self._slow.is_slow,
        )

    def _submit(self, worker: WorkerProcess, jobs: Sequence[Job]) -> None:
        for job in jobs:
            job.waits_for_batch = False
        may_be_slow = any(self._slow.may_be_slow(job.client, job.image) for job in jobs)
        held = worker.submit(jobs[0].request, [job.image for job in jobs])
        self._in_flight[held] = _Batch(worker, jobs, may_be_slow)
        self._begin_next(worker)
        held.reply.add_done_callback(partial(self._handle_reply, held))

    def _begin_next(self, worker: WorkerProcess) -> None:
        """Start the clock of the batch at a worker whose turn it is, unless it runs already."""
        batch = self._in_flight.get(worker.held[0]) if worker.held else None
        if batch is None or batch.has_begun:
            return
        now_s = asyncio.get_running_loop().time()
        for job in batch.jobs:
            job.begun_s = now_s
        batch.expires_s = now_s + self._deadline_s
        self._schedule_check(batch, self._decoding_deadline_s)

    def _end_clock(self, batch: _Batch) -> None:
        if batch.timer is not None:
            batch.timer.cancel()

    def _schedule_check(self, batch: _Batch, after_s: float) -> None:
        loop = asyncio.get_running_loop()
        left_s = batch.expires_s - loop.time()
        batch.timer = loop.call_later(max(0.0, min(after_s, left_s)), self._check_deadlines, batch)

    def _check_deadlines(self, batch: _Batch) -> None:
        """Kill the worker of a batch that has exceeded a deadline."""
        if asyncio.get_running_loop().time() >= batch.expires_s:
            self._expire(batch, self._deadline_s)
            return
        left_s = self._decoding_deadline_s - batch.worker.decoding_cpu_s()
        if left_s <= 0:
            if len(batch.jobs) == 1:
                self._slow.record(batch.jobs[0].client)
            self._expire(batch, self._decoding_deadline_s, " for decoding")
        else:
            self._schedule_check(batch, max(left_s, MIN_CHECK_PERIOD_S))

    def _expire(self, batch: _Batch, deadline_s: float, purpose: str = "") -> None:
        log.warning("worker %d is killed: no answer within %g s%s", batch.worker.pid, deadline_s, purpose)
        if len(batch.jobs) == 1:
            batch.jobs[0].fail(DeadlineExceeded(deadline_s))
        for job in batch.jobs:
            job.runs_alone = True
        batch.worker.kill()

    def _handle_reply(self, held: HeldRequest, reply: asyncio.Future[Any]) -> None:
        if reply.cancelled():
            # The batch was taken back, and another worker has it.
            return
        batch = self._in_flight.pop(held)
        self._end_clock(batch)
        self._begin_next(batch.worker)
        try:
            results = reply.result()
        except WorkerDied as death:
            self._handle_death(batch, death)
        except ModelError as error:
            self._handle_model_error(batch, held.times, error)
        else:
            for job, result in zip(batch.jobs, results, strict=True):
                job.begun_s = held.times.begun_s
                job.complete(result)
                self._charge(job, batch, held.times, succeeded=not isinstance(result, ImageError))
        self._workers.on_reply(batch.worker)
        self.dispatch()

    def _charge(self, job: Job, batch: _Batch, times: RequestTimes, *, succeeded: bool = False) -> None:
        """Charge a client for its share of a batch. Loading a model is free, since all clients use the loaded model."""
        images = len(batch.jobs)
        self._queue.charge(job.client, (times.work_s - times.loading_s) / images)
        self._slow.record(job.client, times.decoding_cpu_s / images, succeeded=succeeded)

    def _handle_death(self, batch: _Batch, death: WorkerDied) -> None:
        now_s = asyncio.get_running_loop().time()
        # In reverse order, since each requeued image goes to the front of the queue.
        for job in reversed(batch.jobs):
            job.deaths += death.began
            job.runs_alone |= death.began
            if job.deaths == ATTEMPTS:
                job.fail(OutOfMemory(ATTEMPTS) if death.out_of_memory else WorkerCrashed(ATTEMPTS))
                self._slow.record(job.client)
            if job.answer.done():
                self._queue.charge(job.client, now_s - job.begun_s if batch.has_begun else 0.0)
            else:
                self._queue.requeue(job.client, job)

    def _handle_model_error(self, batch: _Batch, times: RequestTimes, error: ModelError) -> None:
        """Fail the images of a batch.

        An image is retried instead if the batch had several images, or if the image's model was replaced meanwhile.
        """
        together = len(batch.jobs) > 1
        if together:
            log.warning("%d images failed together, each is tried by itself: %s", len(batch.jobs), error)
        for job in reversed(batch.jobs):
            try:
                bundle = self._store.find(job.request.bundle.spec.name, build=False)
            except InferenceError as gone:
                job.fail(gone)
            else:
                if bundle != job.request.bundle:
                    job.request = replace(job.request, bundle=bundle)
                elif not together:
                    job.fail(error)
            # One of the images of the batch may have caused the error.
            job.runs_alone |= together
            if job.answer.done():
                self._charge(job, batch, times)
            else:
                self._queue.requeue(job.client, job)
