"""Memory that a pool shares with one worker: the images of each request, its stage and its times."""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from mmap import mmap
from typing import Any, NamedTuple, Self

from inference.images.decode import MAX_BYTES


class RequestTimes(NamedTuple):
    """Times that a worker spent on a request.

    Attributes:
        waited_s: time for which it had no request before this one.
        begun_s: time when it read the request, by the monotonic clock.
        work_s: time from then until the reply.
        decoding_cpu_s: CPU time for decoding the images.
        loading_s: time for loading the model.
    """

    waited_s: float
    begun_s: float
    work_s: float
    decoding_cpu_s: float
    loading_s: float


NO_TIMES = RequestTimes(0.0, 0.0, 0.0, 0.0, 0.0)

# Stage of a request: not read yet, read, decoding.
_WRITTEN, _READ, _DECODING = range(3)
# Places of the times in a header, after the stage and the number of images.
_DECODING_SINCE, _WAITED, _BEGUN, _WORK, _DECODING_CPU, _LOADING = range(2, 8)
# Number of requests that a worker holds: the one at work and the next.
PLACES = 2


class SharedImages:
    """Memory that a pool shares with one worker: in each place, the images of a request and its stage.

    Each side copies an image once. Through a socket, a megabyte would take a millisecond, and each piece of the data
    would wake both processes. If the worker dies, the stage shows whether the worker had begun with the images. If the
    worker sent the stage as a message, each request would wake the pool once more.
    """

    # Stage; number of images; CPU time of the process when decoding began; and the fields of `RequestTimes`.
    _HEADER = struct.Struct("=BQdddddd")
    _SECONDS = struct.Struct("=d")
    _SIZE = struct.Struct("=Q")
    # Room for one image of the largest size, or for many photos.
    CAPACITY_BYTES = _SIZE.size + MAX_BYTES
    _PLACE_BYTES = _HEADER.size + CAPACITY_BYTES

    def __init__(self, fd: int) -> None:
        """Map the memory of a file descriptor, which may be closed afterwards."""
        self._memory = mmap(fd, PLACES * self._PLACE_BYTES)
        self._at_work = 0

    @classmethod
    def create(cls) -> tuple[Self, int]:
        """Create memory for one worker; pages that were never written take no memory.

        Returns:
            The memory, and its file descriptor, which the caller passes to the worker and closes.
        """
        fd = os.memfd_create("labelbot-images")
        os.ftruncate(fd, PLACES * cls._PLACE_BYTES)
        return cls(fd), fd

    @classmethod
    def needed_bytes(cls, image: bytes) -> int:
        """Return how many of the CAPACITY_BYTES an image takes."""
        return cls._SIZE.size + len(image)

    def begun(self, place: int) -> bool:
        """Return whether the worker has begun with the request in a place."""
        return self._memory[place * self._PLACE_BYTES] != _WRITTEN

    def times(self, place: int) -> RequestTimes:
        """Return the times that the worker spent on the request in a place."""
        return RequestTimes(*self._header(place)[_WAITED:])

    def decoding_since_cpu_s(self, place: int) -> float | None:
        """Return the CPU time of the worker when it began to decode; None in any other stage."""
        stage, _, since_cpu_s, *_ = self._header(place)
        return since_cpu_s if stage == _DECODING else None

    def write(self, place: int, images: Sequence[bytes]) -> None:
        """Write the images of a request, which need at most CAPACITY_BYTES, into a place."""
        start = place * self._PLACE_BYTES
        self._HEADER.pack_into(self._memory, start, _WRITTEN, len(images), *(0.0,) * 6)
        start += self._HEADER.size
        for image in images:
            self._SIZE.pack_into(self._memory, start, len(image))
            start += self._SIZE.size
            self._memory[start : start + len(image)] = image
            start += len(image)

    def copy_images(self, place: int) -> bytes:
        """Return the images in a place, for `put_images` of another `SharedImages`."""
        count = self._header(place)[1]
        start = end = place * self._PLACE_BYTES + self._HEADER.size
        for _ in range(count):
            end += self._SIZE.size + self._SIZE.unpack_from(self._memory, end)[0]
        return b"".join((count.to_bytes(8, "big"), memoryview(self._memory)[start:end]))

    def put_images(self, place: int, images: bytes) -> None:
        """Write the result of `copy_images` into a place, as `write` does."""
        start = place * self._PLACE_BYTES
        self._HEADER.pack_into(self._memory, start, _WRITTEN, int.from_bytes(images[:8], "big"), *(0.0,) * 6)
        start += self._HEADER.size
        self._memory[start : start + len(images) - 8] = images[8:]

    def copy_header(self, place: int) -> bytes:
        """Return the stage and the times of the request in a place, for `put_header` of another `SharedImages`."""
        start = place * self._PLACE_BYTES
        return self._memory[start : start + self._HEADER.size]

    def put_header(self, place: int, header: bytes, decoding_cpu_s: float | None = None) -> None:
        """Write the stage and the times that a worker of another machine has measured, except for `begun_s`.

        The clock of that machine means nothing here, so the time at work is counted back from now.

        Args:
            place: place of the same request here.
            header: result of `copy_header`.
            decoding_cpu_s: CPU time that the worker has spent on decoding so far, if it is decoding. From then on,
                `decoding_since_cpu_s` is as if that worker's CPU time were 0.
        """
        fields = list(self._HEADER.unpack(header))
        fields[_BEGUN] = time.monotonic() - fields[_WORK]
        if decoding_cpu_s is not None:
            fields[_DECODING_SINCE] = -decoding_cpu_s
        self._HEADER.pack_into(self._memory, place * self._PLACE_BYTES, *fields)

    def begin(self, place: int, waited_s: float = 0.0) -> list[bytes]:
        """Read the images of the request in a place, and mark it as the request at work.

        Args:
            place: place of the request.
            waited_s: time in seconds for which there was no request before this one.
        """
        self._at_work = place
        self._set_stage(_READ)
        self._write_time(_WAITED, waited_s)
        self._write_time(_BEGUN, time.monotonic())
        count = self._header(place)[1]
        images = []
        start = place * self._PLACE_BYTES + self._HEADER.size
        for _ in range(count):
            (size,) = self._SIZE.unpack_from(self._memory, start)
            start += self._SIZE.size
            images.append(self._memory[start : start + size])
            start += size
        return images

    def end(self) -> None:
        """Measure the time of the request at work; its reply comes next."""
        self._write_time(_WORK, time.monotonic() - self.times(self._at_work).begun_s)

    @contextmanager
    def decoding(self) -> Iterator[None]:
        """Set the stage of the request at work to decoding, and measure the CPU time of decoding."""
        since_cpu_s = time.process_time()
        self._write_time(_DECODING_SINCE, since_cpu_s)
        self._set_stage(_DECODING)
        try:
            yield
        finally:
            self._write_time(_DECODING_CPU, time.process_time() - since_cpu_s)
            self._set_stage(_READ)

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Measure the time of loading a model for the request at work."""
        started_s = time.perf_counter()
        try:
            yield
        finally:
            self._write_time(_LOADING, time.perf_counter() - started_s)

    def _header(self, place: int) -> tuple[Any, ...]:
        return self._HEADER.unpack_from(self._memory, place * self._PLACE_BYTES)

    def _set_stage(self, stage: int) -> None:
        self._memory[self._at_work * self._PLACE_BYTES] = stage

    def _write_time(self, field: int, seconds: float) -> None:
        """Write a time into the header of the request at work."""
        end = self._at_work * self._PLACE_BYTES + self._HEADER.size
        self._SECONDS.pack_into(self._memory, end + (field - 8) * self._SECONDS.size, seconds)

    def close(self) -> None:
        self._memory.close()
