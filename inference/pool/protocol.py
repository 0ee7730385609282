"""Protocol between a pool and a worker process: messages over a socket, and images in shared memory.

    worker  ->  a pickled None when it is ready
    pool    ->  a pickled Request, after writing the images, if any, into the shared memory
    worker  ->  a pickled Reply; after MemoryExhausted the worker exits

Each message is a frame: the length of the content in 8 bytes, and the content.
"""

from __future__ import annotations

import json
import os
import pickle
import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import lru_cache
from mmap import mmap
from typing import NamedTuple, Protocol, Self, TypeAlias

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
        decoding_cpu_s: CPU time for decoding the images.
        loading_s: time for loading the model.
    """

    decoding_cpu_s: float
    loading_s: float


# Stage of a worker: request not read yet, request read, decoding.
_WRITTEN, _READ, _DECODING = range(3)


class SharedImages:
    """Memory that a pool shares with one worker: the images of a request, and the worker's stage.

    Each side copies an image once. Through a socket, a megabyte would take a millisecond, and each piece of the data
    would wake both processes. If the worker dies, the stage shows whether the worker had begun with the images. If the
    worker sent the stage as a message, each request would wake the pool once more.
    """

    # Stage; number of images; CPU time of the process when decoding began; CPU time of decoding; time of loads.
    _HEADER = struct.Struct("=BQddd")
    _SECONDS = struct.Struct("=d")
    _SIZE = struct.Struct("=Q")
    # Room for one image of the largest size, or for many photos.
    CAPACITY_BYTES = _SIZE.size + MAX_BYTES

    def __init__(self, fd: int) -> None:
        """Map the memory of a file descriptor, which may be closed afterwards."""
        self._memory = mmap(fd, self._HEADER.size + self.CAPACITY_BYTES)

    @classmethod
    def create(cls) -> tuple[Self, int]:
        """Create memory for one worker; pages that were never written take no memory.

        Returns:
            The memory, and its file descriptor, which the caller passes to the worker and closes.
        """
        fd = os.memfd_create("labelbot-images")
        os.ftruncate(fd, cls._HEADER.size + cls.CAPACITY_BYTES)
        return cls(fd), fd

    @classmethod
    def needed_bytes(cls, image: bytes) -> int:
        """Return how many of the CAPACITY_BYTES an image takes."""
        return cls._SIZE.size + len(image)

    @property
    def begun(self) -> bool:
        """Whether the worker has begun with the request."""
        return self._memory[0] != _WRITTEN

    @property
    def times(self) -> RequestTimes:
        """Times that the worker spent on the request."""
        _, _, _, decoding_cpu_s, loading_s = self._HEADER.unpack_from(self._memory)
        return RequestTimes(decoding_cpu_s, loading_s)

    @property
    def decoding_since_cpu_s(self) -> float | None:
        """CPU time of the worker when it began to decode; None in any other stage."""
        stage, _, since_cpu_s, _, _ = self._HEADER.unpack_from(self._memory)
        return since_cpu_s if stage == _DECODING else None

    def write(self, images: Sequence[bytes]) -> None:
        """Write the images of a request, which need at most CAPACITY_BYTES."""
        self._HEADER.pack_into(self._memory, 0, _WRITTEN, len(images), 0.0, 0.0, 0.0)
        start = self._HEADER.size
        for image in images:
            self._SIZE.pack_into(self._memory, start, len(image))
            start += self._SIZE.size
            self._memory[start : start + len(image)] = image
            start += len(image)

    def read(self) -> list[bytes]:
        """Read the images of a request, and mark the request as begun."""
        self._memory[0] = _READ
        _, count, _, _, _ = self._HEADER.unpack_from(self._memory)
        images = []
        start = self._HEADER.size
        for _ in range(count):
            (size,) = self._SIZE.unpack_from(self._memory, start)
            start += self._SIZE.size
            images.append(self._memory[start : start + size])
            start += size
        return images

    @contextmanager
    def decoding(self) -> Iterator[None]:
        """Set the stage to decoding, and measure the CPU time of decoding."""
        since_cpu_s = time.process_time()
        self._write_time(0, since_cpu_s)
        self._memory[0] = _DECODING
        try:
            yield
        finally:
            self._write_time(1, time.process_time() - since_cpu_s)
            self._memory[0] = _READ

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Measure the time of loading a model."""
        started_s = time.perf_counter()
        try:
            yield
        finally:
            self._write_time(2, time.perf_counter() - started_s)

    def _write_time(self, place: int, seconds: float) -> None:
        """Write one of the three times in the header."""
        self._SECONDS.pack_into(self._memory, self._HEADER.size + (place - 3) * self._SECONDS.size, seconds)

    def close(self) -> None:
        self._memory.close()


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


# Cached, since few different requests occur, and pickling a request is the slowest step in the parent.
@lru_cache(maxsize=64)
def encode_request(request: Request) -> bytes:
    return frame(pickle.dumps(request))


@lru_cache(maxsize=64)
def decode_request(content: bytes) -> Request:
    request: Request = pickle.loads(content)  # noqa: S301  (the parent process wrote it)
    return request


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
