"""A slot for one worker process: starts the process, and starts a new process after its death."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextvars import Context

from inference.errors import InferenceError, WorkerCrashed
from inference.pool.process import WorkerDied, WorkerProcess

log = logging.getLogger(__name__)

# Limit on the start of a process, in seconds. On a busy machine, the imports take a second, and the warm-up of each
# model takes as long.
START_TIMEOUT_S = 60.0
# Number of failed starts in a row after which we assume that the installation is broken, not that the machine is busy.
MAX_FAILED_STARTS = 3
# Shortest and longest wait after a failed start, in seconds. The wait doubles after each further failure, so that a
# broken installation does not keep the machine busy.
FIRST_DELAY_S = 0.1
LAST_DELAY_S = 30.0


def describe_failed_start(error: OSError | InferenceError | WorkerDied) -> str:
    """Return why a worker could not be started."""
    if isinstance(error, WorkerDied):
        return "it ended before it was ready"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


class WorkerSlot:
    """Keeps a worker process running until the slot is closed.

    Attributes:
        worker: the ready process; None while a process starts, or after its death.
        started: future that is resolved when the first process is ready, and fails if no process can be started. It is
            cancelled if the slot is closed before.
    """

    def __init__(
        self,
        start_worker: Callable[[], Awaitable[WorkerProcess]],
        on_change: Callable[[], None],
        first: WorkerProcess | None = None,
        on_death: Callable[[], None] = lambda: None,
        *,
        wait_for_room: Callable[[], Awaitable[None]],
    ) -> None:
        """Start the first process in the background.

        Args:
            start_worker: starts a process and returns it when it is ready.
            on_change: called when a process becomes ready or fails to start.
            first: process that is already ready; None to start a new process.
            on_death: called when a process ends by itself or fails to start.
            wait_for_room: waits until there is room for a process; this wait has no time limit.
        """
        self.worker = first
        self.started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._start_worker = start_worker
        self._on_change = on_change
        self._on_death = on_death
        self._wait_for_room = wait_for_room
        self._failed_starts = 0
        self._first = first
        # What is logged of a worker does not belong to the request that made the slot.
        self._supervisor = asyncio.create_task(self._supervise(first), context=Context())
        self._supervisor.add_done_callback(self._log_failure)

    @property
    def broken(self) -> bool:
        """True if too many processes in a row failed to start."""
        return self._failed_starts >= MAX_FAILED_STARTS

    async def close(self) -> None:
        """Kill the process, and wait until it is gone."""
        self.started.cancel()
        self._supervisor.cancel()
        await asyncio.gather(self._supervisor, return_exceptions=True)
        if self._first is not None:
            # If a task is cancelled before its first step, it does not end the process.
            await self._first.end()

    async def drain(self) -> None:
        """Send the process no further requests, and end it after its replies to the requests that it holds."""
        worker, self.worker = self.worker, None
        try:
            if worker is not None:
                await worker.wait_for_replies()
        finally:
            await self.close()

    async def _supervise(self, first: WorkerProcess | None) -> None:
        worker = first or await self._start_until_ready()
        while True:
            self.worker = worker
            if not self.started.done():
                self.started.set_result(None)
            self._on_change()
            try:
                status = await worker.wait()
            finally:
                self.worker = None
                await worker.end()
            log.warning("worker %d ended with status %d; another takes its place if there is room", worker.pid, status)
            self._on_death()
            worker = await self._start_until_ready()

    async def _start_until_ready(self) -> WorkerProcess:
        """Start processes until one is ready."""
        while True:
            await self._wait_for_room()
            try:
                async with asyncio.timeout(START_TIMEOUT_S):
                    worker = await self._start_worker()
            except (OSError, InferenceError, WorkerDied) as error:
                log.error("a worker could not be started: %s", describe_failed_start(error))
                self._note_failed_start(error)
                await asyncio.sleep(min(FIRST_DELAY_S * 2 ** (self._failed_starts - 1), LAST_DELAY_S))
            else:
                self._failed_starts = 0
                return worker

    def _log_failure(self, supervisor: asyncio.Task[None]) -> None:
        """Log an unexpected error, and report it to those who wait for the slot, since they would wait forever."""
        if supervisor.cancelled() or (error := supervisor.exception()) is None:
            return
        log.critical("a worker slot is lost", exc_info=error)
        if not self.started.done():
            self.started.set_exception(error)

    def _note_failed_start(self, error: Exception) -> None:
        self._failed_starts += 1
        self._on_death()
        if not self.started.done():
            if isinstance(error, InferenceError):
                self.started.set_exception(error)
            elif self.broken:
                self.started.set_exception(WorkerCrashed(self._failed_starts))
        self._on_change()
