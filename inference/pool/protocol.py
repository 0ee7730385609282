"""Protocol between a pool and a worker process: messages over two sockets, and images in shared memory.

    worker  ->  a pickled None when it is ready
    pool    ->  a place of the shared memory, and a pickled Request, after writing its images, if any, into that place
    worker  ->  a pickled Reply; after MemoryExhausted the worker exits

There are two places, so that the next request is at the worker before it has answered the last. Each request is one
datagram, which exactly one process receives. So the pool can take back a request that the worker has not read yet.
Each reply is a frame: the length of the content in 8 bytes, and the content.
"""

from __future__ import annotations

import json
import os
import pickle
import socket
import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import lru_cache
from mmap import mmap
from typing import Any, NamedTuple, Protocol, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from inference.errors import ImageError, ModelError
from inference.images.augmented_views import View
from inference.images.decode import MAX_BYTES
from inference.models.bundle import Bundle
from inference.models.network import DEFAULT_OPTIONS, NetworkOptions
from inference.models.prediction import Classification

LENGTH = struct.Struct(">Q")
# Limit on the memory that a process retains in addition to its models. Heaps and stacks of threads vary by some dozen
# megabytes. If a process retained more, further images could not use a tenth of the memory limit.
MAX_RETAINED_BYTES = 96 * 2**20
# Limit on a pickled request. A request with its model takes a kilobyte, and each view of an image a few dozen bytes.
MAX_REQUEST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """Options of a worker process. The process gets them as JSON on its command line.

    Attributes:
        max_models: number of models that the process keeps loaded.
        max_memory_bytes: limit on the process's private writable memory; allocations beyond the limit fail.
        max_retained_bytes: limit on the memory that the process retains after a request, in addition to its models; a
            process that retains more needs recycling.
        network: device and batch size of networks that run in a TensorFlow session.
    """

    max_models: int
    max_memory_bytes: int
    max_retained_bytes: int = MAX_RETAINED_BYTES
    network: NetworkOptions = DEFAULT_OPTIONS

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        fields = json.loads(text)
        return cls(**fields | {"network": NetworkOptions(**fields["network"])})


@dataclass(frozen=True, slots=True)
class Load:
    """Load a model and run it once."""

    bundle: Bundle


@dataclass(frozen=True, slots=True)
class Classify:
    """Classify the images in the shared memory.

    Attributes:
        bundle: model.
        top_k: number of labels of each image.
        embedding: whether each classification has the image's embedding, too.
    """

    bundle: Bundle
    top_k: int
    embedding: bool = False

    @property
    def runs_per_image(self) -> int:
        """Number of runs of the network for each image."""
        return 1


@dataclass(frozen=True, slots=True)
class Embed:
    """Compute the embeddings of each view of the images in the shared memory."""

    bundle: Bundle
    views: tuple[View, ...]

    @property
    def runs_per_image(self) -> int:
        """Number of runs of the network for each image."""
        return len(self.views)


class Done(NamedTuple):
    """The request is done.

    Attributes:
        results: result or error of each image, in the order of the images.
        batch_size: largest batch size that still makes the model faster; 1 if the model is not loaded.
        needs_recycling: whether the process retains much more memory than its models need.
    """

    results: tuple[Result, ...]
    batch_size: int
    needs_recycling: bool = False


@dataclass(frozen=True, slots=True)
class UnexpectedFailure:
    """An unexpected exception.

    Attributes:
        kind: name of the exception's class.
        traceback: traceback as Python prints it.
    """

    kind: str
    traceback: str


@dataclass(frozen=True, slots=True)
class MemoryExhausted:
    """The request needs more memory than the process may have; the process exits."""


Request: TypeAlias = Load | Classify | Embed
Result: TypeAlias = Classification | npt.NDArray[np.float32] | ImageError
Reply: TypeAlias = Done | ModelError | UnexpectedFailure | MemoryExhausted | None


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
        return RequestTimes(*self._header(place)[3:])

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
        fields[4] = time.monotonic() - fields[5]
        if decoding_cpu_s is not None:
            fields[2] = -decoding_cpu_s
        self._HEADER.pack_into(self._memory, place * self._PLACE_BYTES, *fields)

    def begin(self, place: int, waited_s: float = 0.0) -> list[bytes]:
        """Read the images of the request in a place, and mark it as the request at work.

        Args:
            place: place of the request.
            waited_s: time in seconds for which there was no request before this one.
        """
        self._at_work = place
        self._set_stage(_READ)
        self._write_time(3, waited_s)
        self._write_time(4, time.monotonic())
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
        self._write_time(5, time.monotonic() - self.times(self._at_work).begun_s)

    @contextmanager
    def decoding(self) -> Iterator[None]:
        """Set the stage of the request at work to decoding, and measure the CPU time of decoding."""
        since_cpu_s = time.process_time()
        self._write_time(2, since_cpu_s)
        self._set_stage(_DECODING)
        try:
            yield
        finally:
            self._write_time(6, time.process_time() - since_cpu_s)
            self._set_stage(_READ)

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Measure the time of loading a model for the request at work."""
        started_s = time.perf_counter()
        try:
            yield
        finally:
            self._write_time(7, time.perf_counter() - started_s)

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


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def request_sockets() -> tuple[socket.socket, socket.socket]:
    """Create the sockets for requests: the pool's end, and the end to receive from.

    The pool keeps the latter open, too, to take requests back. Once the pool is gone, the worker receives b"".
    """
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


# Cached, since few different requests occur, and pickling a request is the slowest step in the parent.
@lru_cache(maxsize=64)
def encode_request(request: Request) -> bytes:
    content = pickle.dumps(request)
    if len(content) >= MAX_REQUEST_BYTES:
        raise ValueError(f"expected a request of fewer than {MAX_REQUEST_BYTES:,} bytes. Received: {len(content):,}")
    return content


@lru_cache(maxsize=64)
def decode_request(content: bytes) -> Request:
    request: Request = pickle.loads(content)  # noqa: S301  (the parent process wrote it)
    return request


def send_request(requests: socket.socket, place: int, request: Request) -> None:
    """Send a request whose images are in a place of the shared memory."""
    requests.sendmsg([bytes([place]), encode_request(request)])


class Received(NamedTuple):
    """A request that a worker has received.

    Attributes:
        place: place of its images in the shared memory.
        content: content for `decode_request`.
        waited_s: time that the worker waited for it, in seconds.
    """

    place: int
    content: bytes
    waited_s: float


def receive_request(requests: socket.socket) -> Received | None:
    """Wait for a request; return None once the pool is gone."""
    waited_s = 0.0
    try:
        message = requests.recv(MAX_REQUEST_BYTES, socket.MSG_DONTWAIT)
    except BlockingIOError:
        waits_since_s = time.monotonic()
        message = requests.recv(MAX_REQUEST_BYTES)
        waited_s = time.monotonic() - waits_since_s
    return Received(message[0], message[1:], waited_s) if message else None


def take_back_request(requests: socket.socket) -> int | None:
    """Receive the oldest request that the worker has not received; return its place, or None if there is none."""
    try:
        return requests.recv(MAX_REQUEST_BYTES, socket.MSG_DONTWAIT)[0]
    except BlockingIOError:
        return None


def encode_reply(reply: Reply) -> bytes:
    return frame(pickle.dumps(reply))


def decode_reply(content: bytes | bytearray) -> Reply:
    reply: Reply = pickle.loads(content)  # noqa: S301  (our own worker wrote it)
    return reply


def frame(content: bytes) -> bytes:
    return LENGTH.pack(len(content)) + content


def read_frame(stream: Readable) -> bytes | None:
    """Read a frame. Return None if the stream ends before or within the frame."""
    header = stream.read(LENGTH.size)
    if len(header) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(header)
    content = stream.read(length)
    return content if len(content) == length else None
