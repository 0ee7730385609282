"""What a worker process and its libraries print: a little of it gets into the log, and none of it holds anybody up.

A decoder may print a line for each row of an image, gigabytes in all. So standard error is memory of a fixed size: the
kernel refuses what does not fit, nobody has to read it meanwhile, and no disk gets full.
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
import time
from collections.abc import Callable
from typing import NamedTuple

log = logging.getLogger(__name__)

# What a process may print for one request; what came beyond is not even counted.
STDERR_BYTES = 64 * 1024
# What the traceback of a crash may have; the frames that matter come first.
CRASH_BYTES = 4 * 1024
# In the log, of what an image, or the load of a model, made the process print.
IMAGE_CHARS, LOAD_CHARS = 500, 4000
LAST_CHARS = 300
# In the log of all processes together: 30 MB a day at most.
CHARS_PER_MIN = 20_000

UNPRINTABLE = re.compile(r"[^\n -~]")


class OutputLog:
    """Writes what processes printed into the log, up to a rate; what is left out is counted."""

    def __init__(self, chars_per_min: int = CHARS_PER_MIN, clock: Callable[[], float] = time.monotonic) -> None:
        self._chars_per_s = chars_per_min / 60
        self._max_chars = float(chars_per_min)
        self._clock = clock
        self._free_chars = float(chars_per_min)
        self._filled_s = clock()
        self._left_out_bytes = 0

    def note(self, pid: int, printed: Printed) -> None:
        """Log what a process printed."""
        text, dropped_bytes = printed
        now_s = self._clock()
        self._free_chars = min(self._max_chars, self._free_chars + (now_s - self._filled_s) * self._chars_per_s)
        self._filled_s = now_s
        if self._free_chars < len(text):
            self._left_out_bytes += len(text) + dropped_bytes
            return
        self._free_chars -= len(text)
        if self._left_out_bytes:
            log.warning("workers printed %d bytes more than is logged in a minute", self._left_out_bytes)
            self._left_out_bytes = 0
        further = f"\n    ({dropped_bytes} further bytes)" if dropped_bytes else ""
        log.info("worker %d printed: %s%s", pid, text, further)


class Printed(NamedTuple):
    """What a process printed.

    Attributes:
        text: the beginning of it, printable.
        dropped_bytes: how many more there were, up to STDERR_BYTES.
    """

    text: str
    dropped_bytes: int


class WorkerOutput:
    """Two files in memory, for a process to print to.

    Attributes:
        stderr_fd: for standard error and standard output.
        crash_fd: for the traceback of a crash, which must find room whatever was printed before.
    """

    def __init__(self) -> None:
        self.stderr_fd = _bounded_file("labelbot-stderr", STDERR_BYTES)
        self.crash_fd = _bounded_file("labelbot-crash", CRASH_BYTES)

    def take(self, max_chars: int) -> Printed | None:
        """Take what was printed since the last time; None for nothing. To be called while the process waits.

        Args:
            max_chars: of the text.
        """
        # The process and its parent share the position at which the next byte goes.
        written = os.lseek(self.stderr_fd, 0, os.SEEK_CUR)
        if not written:
            return None
        raw = os.pread(self.stderr_fd, min(written, max_chars), 0)
        os.lseek(self.stderr_fd, 0, os.SEEK_SET)
        while len(text := printable(raw)) > max_chars:
            raw = raw[: len(raw) * max_chars // len(text)]
        return Printed(text, written - len(raw))

    def last_words(self) -> str:
        """Read what a process printed at last, and the traceback if it crashed; empty if there is neither."""
        written = os.lseek(self.stderr_fd, 0, os.SEEK_CUR)
        crashed = os.lseek(self.crash_fd, 0, os.SEEK_CUR)
        end = printable(os.pread(self.stderr_fd, min(written, LAST_CHARS), max(0, written - LAST_CHARS)))
        traceback = printable(os.pread(self.crash_fd, min(crashed, IMAGE_CHARS), 0))
        return "\n    ".join(text for text in (end[-LAST_CHARS:], traceback[:IMAGE_CHARS]) if text)

    def close(self) -> None:
        os.close(self.stderr_fd)
        os.close(self.crash_fd)


def printable(raw: bytes) -> str:
    """Write bytes as ASCII, in lines that are indented below the first, with all else escaped: it harms no terminal."""
    text = raw.decode("ascii", "backslashreplace").strip()
    return UNPRINTABLE.sub(lambda found: f"\\x{ord(found[0]):02x}", text).replace("\n", "\n    ")


def _bounded_file(name: str, size_bytes: int) -> int:
    fd = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, size_bytes)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL)
    return fd
