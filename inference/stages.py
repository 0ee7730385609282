"""What a classifier is at, for whoever watches it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from inference.process_memory import ProcessMemory
from inference.worker_protocol import SharedImages


class Stages:
    """Entered by a classifier; nobody watches this one."""

    def decoding(self) -> AbstractContextManager[None]:
        """Enter the decoding of images."""
        return nullcontext()

    def loading(self) -> AbstractContextManager[None]:
        """Enter the loading of a model."""
        return nullcontext()

    def finish(self) -> bool:
        """Enter the end of a request, when only its reply is left; return whether the process keeps too much memory."""
        return False

    def rest(self) -> None:
        """Enter the time after a reply."""


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
