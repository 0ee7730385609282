"""Output of worker processes and their libraries: a bounded part is logged, and printing never blocks a worker.

A decoder may print a line for each row of an image, gigabytes in all. So standard error is a memory file of fixed size:
the kernel refuses further bytes, no reader is needed, and no disk gets full.
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

# Limit on the output of one request. Bytes beyond the limit are not even counted.
STDERR_BYTES = 64 * 1024
# Limit on the traceback of a crash. The important frames come first.
CRASH_BYTES = 4 * 1024
# Limits, in characters, on the logged output of one image and of the load of a model.
IMAGE_CHARS, LOAD_CHARS = 500, 4000
FINAL_CHARS = 300
# Limit on the logged characters per minute of all processes together; at this rate the log grows by 30 MB a day.
CHARS_PER_MIN = 20_000

UNPRINTABLE = re.compile(r"[^\n -~]")


class OutputLog:
    """Logs the output of processes, up to a maximum rate, and counts the bytes that are left out."""

    def __init__(self, chars_per_min: int = CHARS_PER_MIN, clock: Callable[[], float] = time.monotonic) -> None:
        self._chars_per_s = chars_per_min / 60
        self._max_chars = float(chars_per_min)
        self._clock = clock
        self._free_chars = float(chars_per_min)
        self._filled_s = clock()
        self._left_out_bytes = 0

    def write(self, pid: int, printed: Printed) -> None:
        """Log the output of a process."""
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
    """Output of a process.

    Attributes:
        text: beginning of the output, in printable characters.
        dropped_bytes: number of further bytes, up to STDERR_BYTES.
    """

    text: str
    dropped_bytes: int


class WorkerOutput:
    """Two memory files that a process prints to.

    Attributes:
        stderr_fd: file descriptor for standard error and standard output.
        crash_fd: file descriptor for the traceback of a crash. It is a separate file, so that there is always room.
    """

    def __init__(self) -> None:
        self.stderr_fd = _bounded_file("labelbot-stderr", STDERR_BYTES)
        self.crash_fd = _bounded_file("labelbot-crash", CRASH_BYTES)

    def read(self, max_chars: int) -> Printed | None:
        """Read and clear the output since the last call; None if there is no output. The process must be idle.

        Args:
            max_chars: maximum length of the text.
        """
        # The process and its parent share the file's position.
        written = os.lseek(self.stderr_fd, 0, os.SEEK_CUR)
        if not written:
            return None
        raw = os.pread(self.stderr_fd, min(written, max_chars), 0)
        os.lseek(self.stderr_fd, 0, os.SEEK_SET)
        while len(text := printable(raw)) > max_chars:
            raw = raw[: len(raw) * max_chars // len(text)]
        return Printed(text, written - len(raw))

    def take(self) -> tuple[bytes, bytes]:
        """Read and clear what was printed since the last call, and read the traceback of a crash.

        The process must be idle, or have ended.
        """
        written = os.lseek(self.stderr_fd, 0, os.SEEK_CUR)
        if written:
            os.lseek(self.stderr_fd, 0, os.SEEK_SET)
        crashed = os.lseek(self.crash_fd, 0, os.SEEK_CUR)
        return os.pread(self.stderr_fd, written, 0), os.pread(self.crash_fd, crashed, 0)

    def final_output(self) -> str:
        """Return the end of the output, and the traceback of a crash; an empty text if there is neither."""
        written = os.lseek(self.stderr_fd, 0, os.SEEK_CUR)
        crashed = os.lseek(self.crash_fd, 0, os.SEEK_CUR)
        end = printable(os.pread(self.stderr_fd, min(written, FINAL_CHARS), max(0, written - FINAL_CHARS)))
        traceback = printable(os.pread(self.crash_fd, min(crashed, IMAGE_CHARS), 0))
        return "\n    ".join(text for text in (end[-FINAL_CHARS:], traceback[:IMAGE_CHARS]) if text)

    def close(self) -> None:
        os.close(self.stderr_fd)
        os.close(self.crash_fd)


def printable(raw: bytes) -> str:
    """Decode bytes as ASCII. Other bytes and control characters are escaped; all lines but the first are indented."""
    text = raw.decode("ascii", "backslashreplace").strip()
    return UNPRINTABLE.sub(lambda found: f"\\x{ord(found[0]):02x}", text).replace("\n", "\n    ")


def _bounded_file(name: str, size_bytes: int) -> int:
    fd = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, size_bytes)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL)
    return fd
