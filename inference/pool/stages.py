"""The stage of a worker's request, told to the parent process, and the memory that each stage may take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from inference.models.stages import Stages
from inference.pool.process_memory import ProcessMemory
from inference.pool.protocol import SharedImages


class WatchedStages(Stages):
    """Tells the parent process what this one is at, and bounds the memory that images take.

    Args:
        shared: where the parent looks.
        memory: of this process.
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
        with self._shared.loading(), self._memory.for_models():
            yield

    def finish(self) -> bool:
        """Give back the memory that a request took; return whether too much of it stays."""
        if self._has_loaded:
            self._has_loaded = False
            self._memory.note_base()
            return False
        return self._memory.give_back()

    def rest(self) -> None:
        """Return freed memory to the system, for which nobody waits now."""
        self._memory.trim()
