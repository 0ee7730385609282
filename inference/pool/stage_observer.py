"""Reports the stage of a worker's request to the parent process, and limits the memory of each stage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from inference.models.stage_observer import StageObserver
from inference.pool.process_memory import ProcessMemory
from inference.pool.shared_images import SharedImages


class WorkerStageObserver(StageObserver):
    """Reports stages to the parent process, and limits the memory of images.

    Args:
        shared: memory that the parent process reads the stage from.
        memory: memory limits of this process.
    """

    def __init__(self, shared: SharedImages, memory: ProcessMemory) -> None:
        self._shared = shared
        self._memory = memory
        self._has_loaded = False

    def decoding(self) -> AbstractContextManager[None]:
        return self._shared.decoding()

    @contextmanager
    def loading(self) -> Iterator[None]:
        self._has_loaded = True
        with self._shared.loading(), self._memory.loading_models():
            yield

    def before_reply(self) -> bool:
        """Release the memory of the request; return whether the process retains too much."""
        if self._has_loaded:
            self._has_loaded = False
            self._memory.reset_baseline()
            return False
        return self._memory.release()

    def after_reply(self) -> None:
        """Return freed memory to the system while no request is waiting."""
        self._memory.trim()
