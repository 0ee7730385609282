"""Memory of a worker process: limits for models and for images, and the release of memory after an image."""

from __future__ import annotations

import gc
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager

PAGE_BYTES = resource.getpagesize()
# Minimum growth, in bytes, before memory is trimmed. An ordinary photo needs less. A trim takes a millisecond, and
# mapping the pages again takes another millisecond.
MIN_TRIM_BYTES = 8_000_000


class ProcessMemory:
    """Limits the private writable memory of this process, which decoders and networks allocate from.

    Allocations beyond the limit fail. RLIMIT_AS would count some gigabytes of mapped model files, libraries and
    reserved addresses; RLIMIT_RSS has no effect on Linux. The hard limit does not change. An engine that needs more
    memory raises the soft limit to the hard limit; from then on, this class sets no limit.
    """

    def __init__(self, *, max_bytes: int, max_image_bytes: int, max_retained_bytes: int) -> None:
        """Limit the memory of this process.

        Args:
            max_bytes: limit for models and images together.
            max_image_bytes: limit for images, in addition to the memory of the models.
            max_retained_bytes: part of `max_image_bytes` that the process may retain after a request.
        """
        self._statm = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
        self._max_bytes = max_bytes
        self._max_image_bytes = max_image_bytes
        self._max_retained_bytes = max_retained_bytes
        self._hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        self._is_limited = True
        self._trimmed_bytes = 0
        self._measure_baseline()

    @contextmanager
    def loading_models(self) -> Iterator[None]:
        """Allow `max_bytes` while models are loaded. Afterwards, all memory in use counts as memory of the models."""
        if self._is_limited:
            self._set_limit(self._max_bytes)
        try:
            yield
        finally:
            self._is_limited = resource.getrlimit(resource.RLIMIT_DATA)[0] != self._hard
            self._measure_baseline()

    def reset_baseline(self) -> None:
        """Count the memory that is now in use as memory of the models."""
        _release_unused()
        self._measure_baseline()

    def release(self) -> bool:
        """Release the memory that images left behind; return whether the process retains too much."""
        if not self._is_limited or not self._retains_too_much():
            return False
        _release_unused()
        return self._retains_too_much()

    def trim(self) -> None:
        """Return freed memory to the system if the process has grown since the last trim."""
        if self.resident_bytes() > self._trimmed_bytes + MIN_TRIM_BYTES:
            _trim()
            self._trimmed_bytes = self.resident_bytes()

    def _measure_baseline(self) -> None:
        self._baseline_bytes = self._in_use_bytes()
        if self._is_limited:
            self._set_limit(min(self._max_bytes, self._baseline_bytes + self._max_image_bytes))

    def _set_limit(self, max_bytes: int) -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (max_bytes, self._hard))

    def _retains_too_much(self) -> bool:
        return self._in_use_bytes() > self._baseline_bytes + self._max_retained_bytes

    def _in_use_bytes(self) -> int:
        """Return the memory that RLIMIT_DATA counts."""
        return self._read_pages()[5] * PAGE_BYTES

    def resident_bytes(self) -> int:
        """Return the resident memory of this process alone, without files and shared memory."""
        _, resident, shared, *_ = self._read_pages()
        return (resident - shared) * PAGE_BYTES

    def _read_pages(self) -> list[int]:
        return [int(pages) for pages in os.pread(self._statm, 100, 0).split()]


def _release_unused() -> None:
    """Collect garbage, and return unused memory to the system."""
    gc.collect()
    _trim()


def _trim() -> None:
    # Imported here, since most processes never need it.
    import ctypes

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # only glibc has it
    if trim is not None:
        trim(0)
