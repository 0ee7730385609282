"""One place for a worker process: starts it, and another when it dies."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from inference.errors import InferenceError, WorkerCrashed
from inference.pool.process import WorkerDied, WorkerProcess

log = logging.getLogger(__name__)

# Imports take a second on a loaded machine, warm-up as long for each model.
START_TIMEOUT_S = 60.0
# After so many in a row, the installation is broken rather than the machine busy.
MAX_FAILED_STARTS = 3
# After a failed start, doubled with each further one: a broken installation must not keep the machine busy.
FIRST_DELAY_S = 0.1
LAST_DELAY_S = 30.0


class WorkerSlot:
    """Keeps a worker process running until it is closed.

    Attributes:
        worker: the process, from when it is ready until its death is known.
        started: done when the first process is ready, or with the error that keeps it from that.
    """

    def __init__(
        self,
        start_worker: Callable[[], Awaitable[WorkerProcess]],
        on_change: Callable[[], None],
        first: WorkerProcess | None = None,
    ) -> None:
        """Begin to start the first process.

        Args:
            start_worker: starts a process and makes it ready.
            on_change: called when a process became ready, and when one could not be made so.
            first: a process that is ready, to begin with.
        """
        self.worker = first
        self.started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._start_worker = start_worker
        self._on_change = on_change
        self._failed_starts = 0
        self._first = first
        self._keeper = asyncio.create_task(self._keep_worker(first))
        self._keeper.add_done_callback(self._note_end)

    @property
    def broken(self) -> bool:
        """Whether process after process could not be started."""
        return self._failed_starts >= MAX_FAILED_STARTS

    async def close(self) -> None:
        """End the process, and wait until it is gone."""
        self._keeper.cancel()
        await asyncio.gather(self._keeper, return_exceptions=True)
        if self._first is not None:
            # A task that is cancelled before it began cleans nothing up.
            await self._first.end()

    async def dismiss(self) -> None:
        """Give the process nothing more to do, and end it once it has replied."""
        worker, self.worker = self.worker, None
        try:
            if worker is not None:
                await worker.replied()
        finally:
            await self.close()

    async def _keep_worker(self, first: WorkerProcess | None) -> None:
        worker = first or await self._next_worker()
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
            log.warning("worker %d ended with status %d, another takes its place", worker.pid, status)
            worker = await self._next_worker()

    async def _next_worker(self) -> WorkerProcess:
        """Start processes until one is ready."""
        while True:
            try:
                async with asyncio.timeout(START_TIMEOUT_S):
                    worker = await self._start_worker()
            except (OSError, InferenceError, WorkerDied) as error:
                log.error("a worker could not be started: %s: %s", type(error).__name__, error)
                self._note_failed_start(error)
                await asyncio.sleep(min(FIRST_DELAY_S * 2 ** (self._failed_starts - 1), LAST_DELAY_S))
            else:
                self._failed_starts = 0
                return worker

    def _note_end(self, keeper: asyncio.Task[None]) -> None:
        """Tell of a mistake of ours, which would otherwise leave this place empty and whoever waits for it waiting."""
        if keeper.cancelled() or (error := keeper.exception()) is None:
            return
        log.critical("a place for a worker is lost", exc_info=error)
        if not self.started.done():
            self.started.set_exception(error)

    def _note_failed_start(self, error: Exception) -> None:
        self._failed_starts += 1
        if not self.started.done():
            if isinstance(error, InferenceError):
                self.started.set_exception(error)
            elif self.broken:
                self.started.set_exception(WorkerCrashed(self._failed_starts))
        self._on_change()
