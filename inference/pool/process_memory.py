"""How much memory a worker process takes: bounds for models and for images, and what an image leaves behind."""

from __future__ import annotations

import gc
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager

PAGE_BYTES = resource.getpagesize()
# An ordinary photo stays below; a trim takes a millisecond, and the pages that come again as much.
MIN_TRIM_BYTES = 8_000_000


class ProcessMemory:
    """Bounds the private writable memory of this process, which is what decoders and networks allocate.

    Allocations beyond the bound fail. RLIMIT_AS would count mapped model files, libraries and addresses that allocators
    reserve and never touch, some gigabytes; RLIMIT_RSS does nothing on Linux. The hard limit stays as it is: an engine
    that needs more lifts the bound to it, and it is not set again.
    """

    def __init__(self, *, max_bytes: int, max_image_bytes: int, max_kept_bytes: int) -> None:
        """Bound the memory of this process.

        Args:
            max_bytes: in all.
            max_image_bytes: beyond what the models take.
            max_kept_bytes: of that, which may stay after a request.
        """
        self._statm = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
        self._max_bytes = max_bytes
        self._max_image_bytes = max_image_bytes
        self._max_kept_bytes = max_kept_bytes
        self._hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        self._is_bounded = True
        self._trimmed_bytes = 0
        self._set_base()

    @contextmanager
    def for_models(self) -> Iterator[None]:
        """Meanwhile, let the process take as much as it may in all; then, what is in use counts as that of models."""
        if self._is_bounded:
            self._bound(self._max_bytes)
        try:
            yield
        finally:
            self._is_bounded = resource.getrlimit(resource.RLIMIT_DATA)[0] != self._hard
            self._set_base()

    def note_base(self) -> None:
        """Take what is in use now for what the models need."""
        _release()
        self._set_base()

    def give_back(self) -> bool:
        """Give back what images left behind; return whether too much stays."""
        if not self._is_bounded or not self._keeps_too_much():
            return False
        _release()
        return self._keeps_too_much()

    def trim(self) -> None:
        """Return freed memory to the system if the process has grown since the last time."""
        if self.resident_bytes() > self._trimmed_bytes + MIN_TRIM_BYTES:
            _trim()
            self._trimmed_bytes = self.resident_bytes()

    def _set_base(self) -> None:
        self._base_bytes = self._in_use_bytes()
        if self._is_bounded:
            self._bound(min(self._max_bytes, self._base_bytes + self._max_image_bytes))

    def _bound(self, max_bytes: int) -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (max_bytes, self._hard))

    def _keeps_too_much(self) -> bool:
        return self._in_use_bytes() > self._base_bytes + self._max_kept_bytes

    def _in_use_bytes(self) -> int:
        """Count what RLIMIT_DATA counts."""
        return self._read_pages()[5] * PAGE_BYTES

    def resident_bytes(self) -> int:
        """Count memory of this process alone, without files and what it shares."""
        _, resident, shared, *_ = self._read_pages()
        return (resident - shared) * PAGE_BYTES

    def _read_pages(self) -> list[int]:
        return [int(pages) for pages in os.pread(self._statm, 100, 0).split()]


def _release() -> None:
    """Return unused memory to the system, that of cycles too."""
    gc.collect()
    _trim()


def _trim() -> None:
    # Imported here, since most processes never come by.
    import ctypes

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # only glibc has it
    if trim is not None:
        trim(0)
