"""How much memory a worker process takes: a bound while it decodes an image, and what an image leaves behind."""

from __future__ import annotations

import gc
import os
import resource

PAGE_BYTES = resource.getpagesize()


class ProcessMemory:
    """The private writable memory of this process, which is what decoders and networks allocate."""

    def __init__(self, max_bytes: int, max_kept_bytes: int) -> None:
        """Limit the memory of this process; allocations beyond fail.

        Args:
            max_bytes: in all. RLIMIT_AS would count mapped model files, libraries and addresses that allocators reserve
                and never touch, some gigabytes; RLIMIT_RSS does nothing on Linux. The hard limit stays as it is, for
                engines that need more.
            max_kept_bytes: that may stay beyond what the models take.
        """
        self._statm = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
        self._max_kept_bytes = max_kept_bytes
        resource.setrlimit(resource.RLIMIT_DATA, (max_bytes, resource.getrlimit(resource.RLIMIT_DATA)[1]))
        self._limit: tuple[int, int] | None = None
        self._base_bytes = self.in_use_bytes()

    def in_use_bytes(self) -> int:
        """Count what RLIMIT_DATA counts."""
        return int(os.pread(self._statm, 100, 0).split()[5]) * PAGE_BYTES

    def limit_growth(self, max_bytes: int) -> None:
        """Have allocations fail that take this much more than what is in use now."""
        soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        if soft == hard:
            # An engine that needs more lifted the limit, and allocates in threads of its own.
            return
        self._limit = soft, hard
        resource.setrlimit(resource.RLIMIT_DATA, (min(soft, self.in_use_bytes() + max_bytes), hard))

    def limit_no_more(self) -> None:
        if self._limit is not None:
            resource.setrlimit(resource.RLIMIT_DATA, self._limit)
            self._limit = None

    def note_base(self) -> None:
        """Take what is in use now for what the models need."""
        _release()
        self._base_bytes = self.in_use_bytes()

    def give_back(self) -> bool:
        """Give back what images left behind; return whether too much stays."""
        soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        if soft == hard or not self._keeps_too_much():
            return False
        _release()
        return self._keeps_too_much()

    def _keeps_too_much(self) -> bool:
        return self.in_use_bytes() > self._base_bytes + self._max_kept_bytes


def _release() -> None:
    """Return unused memory to the system."""
    # Imported here, since most processes never come by.
    import ctypes

    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # only glibc has it
    if trim is not None:
        trim(0)
