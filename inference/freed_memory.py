"""Memory that a process has freed, and the C library keeps for later."""

from __future__ import annotations

import ctypes
import resource
from pathlib import Path

STATM = Path("/proc/self/statm")
# An ordinary photo stays below; a trim takes a millisecond, and the pages that come again as much.
MAX_KEPT_BYTES = 8_000_000


class FreedMemory:
    """Gives memory back to the system where much was left since the last time, as after huge images."""

    def __init__(self) -> None:
        # Only glibc has it, and only glibc keeps so much.
        self._trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        self._kept_bytes = 0

    def give_back(self) -> None:
        """Trim the heap if this process has grown."""
        if private_bytes() > self._kept_bytes + MAX_KEPT_BYTES:
            self.trim()

    def trim(self) -> None:
        """Give back all that was freed."""
        if self._trim is not None:
            self._trim(0)
        self._kept_bytes = private_bytes()


def private_bytes() -> int:
    """Memory of this process alone, without files and what it shares."""
    _, resident, shared, *_ = map(int, STATM.read_text().split())
    return (resident - shared) * resource.getpagesize()
