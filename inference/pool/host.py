"""Where the workers of a pool run: on this machine, or elsewhere."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Protocol

from inference.pool.launch import Process, WorkerEnds, launch_here
from inference.pool.protocol import WorkerOptions


class WorkerHost(Protocol):
    """Starts the workers of a pool."""

    @property
    def cores(self) -> int:
        """Number of workers that run at full speed, at least 1."""

    @property
    def most(self) -> int | None:
        """Largest number of workers that there is room for now, at least 1; None for any number."""

    @property
    def fault(self) -> str | None:
        """Why no worker can be started now; None if workers can."""

    def launch(self, ends: WorkerEnds, options: WorkerOptions, replaced: Process | None = None) -> Process:
        """Start a worker.

        Args:
            ends: the worker's ends of its connection.
            options: options of the worker.
            replaced: worker that ends soon, so that the new one has its room; None if there is room for one more.

        Raises:
            OSError, InferenceError: the worker cannot be started.
        """

    async def wait_for_room(self) -> None:
        """Wait until there is room for one more worker."""

    def watch(self, on_change: Callable[[], None]) -> None:
        """Call a function after each change of `cores`, and if a worker's next request can be taken back now."""


class ThisMachine:
    """Workers are child processes."""

    most = fault = None

    @property
    def cores(self) -> int:
        """Number of cores that this process may use."""
        return len(os.sched_getaffinity(0))

    def launch(
        self,
        ends: WorkerEnds,
        options: WorkerOptions,
        replaced: Process | None = None,  # noqa: ARG002  (there is only one machine)
    ) -> Process:
        return launch_here(ends, options)

    async def wait_for_room(self) -> None:
        """Return at once: the system itself refuses a process that it has no room for."""

    def watch(self, on_change: Callable[[], None]) -> None:
        """Do nothing, since nothing changes."""
