"""What a pool and a worker process say to each other over a socket, and the memory that they share.

    worker  ->  a pickled None once it is ready
    pool    ->  a pickled Request, after it put the images, if there are any, into the shared memory
    worker  ->  a pickled Reply, after which it ends if that is MemorySpent

Each is a frame: its length in 8 bytes and its content.
"""

from __future__ import annotations

import os
import pickle
import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from mmap import mmap
from typing import NamedTuple, Protocol, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from inference.errors import ImageError, ModelError
from inference.images.augmented_views import View
from inference.images.decode import MAX_BYTES
from inference.models.bundle import Bundle
from inference.models.prediction import Classification

LENGTH = struct.Struct(">Q")


@dataclass(frozen=True, slots=True)
class Load:
    """Load a model and run it once."""

    bundle: Bundle


@dataclass(frozen=True, slots=True)
class Classify:
    """Label the images in the shared memory."""

    bundle: Bundle
    top_k: int

    @property
    def looks(self) -> int:
        """How often the network runs for an image."""
        return 1


@dataclass(frozen=True, slots=True)
class Embed:
    """Compute the embedding of each view of the images in the shared memory."""

    bundle: Bundle
    views: tuple[View, ...]

    @property
    def looks(self) -> int:
        """How often the network runs for an image."""
        return len(self.views)


class Done(NamedTuple):
    """What was asked is done.

    Attributes:
        results: for each image, in their order: what was asked of it, or why it cannot be had.
        batch_size: how many images the model gains from running at once; 1 if it is not loaded.
        bloated: whether the process keeps much more memory than its models take.
    """

    results: tuple[Result, ...]
    batch_size: int
    bloated: bool = False


@dataclass(frozen=True, slots=True)
class Bug:
    """An exception that nobody raises on purpose.

    Attributes:
        kind: name of its class.
        traceback: as Python prints it.
    """

    kind: str
    traceback: str


@dataclass(frozen=True, slots=True)
class MemorySpent:
    """There is not enough memory for what was asked; this process ends."""


Request: TypeAlias = Load | Classify | Embed
Result: TypeAlias = Classification | npt.NDArray[np.float32] | ImageError
Reply: TypeAlias = Done | ModelError | Bug | MemorySpent | None


class Effort(NamedTuple):
    """What a request took.

    Attributes:
        decoding_cpu_s: seconds of CPU for decoding its images.
        loading_s: seconds in which its model was loaded.
    """

    decoding_cpu_s: float
    loading_s: float


# What a worker is at: nothing yet, decoding, or anything else.
_PUT, _TAKEN, _DECODING = range(3)


class SharedImages:
    """Memory that a pool shares with one worker: images, and what the worker is at.

    That takes one copy on either side. Through a socket, a megabyte takes a millisecond, in pieces of which each wakes
    both processes. And should the worker die, the stage tells the images that it held from those that it never looked
    at; a message would wake the pool once more for each request.
    """

    # Stage; number of images; CPU seconds of the process when decoding began, and those that it took; seconds of loads.
    _HEADER = struct.Struct("=BQddd")
    _SECONDS = struct.Struct("=d")
    _SIZE = struct.Struct("=Q")
    # Room for one of the largest images, or for many photos.
    CAPACITY_BYTES = _SIZE.size + MAX_BYTES

    def __init__(self, fd: int) -> None:
        """Map the memory behind a file descriptor, which may be closed then."""
        self._memory = mmap(fd, self._HEADER.size + self.CAPACITY_BYTES)

    @classmethod
    def create(cls) -> tuple[Self, int]:
        """Make memory for one worker; pages that no image ever reached take none.

        Returns:
            The memory, and a file descriptor of it to hand to the worker, and to close.
        """
        fd = os.memfd_create("labelbot-images")
        os.ftruncate(fd, cls._HEADER.size + cls.CAPACITY_BYTES)
        return cls(fd), fd

    @classmethod
    def needed_bytes(cls, image: bytes) -> int:
        """What an image takes of CAPACITY_BYTES."""
        return cls._SIZE.size + len(image)

    @property
    def begun(self) -> bool:
        """Whether the worker took what was put last."""
        return self._memory[0] != _PUT

    @property
    def effort(self) -> Effort:
        """What the worker spent on what was put last."""
        _, _, _, decoding_cpu_s, loading_s = self._HEADER.unpack_from(self._memory)
        return Effort(decoding_cpu_s, loading_s)

    @property
    def decoding_since_cpu_s(self) -> float | None:
        """The CPU time of the process when it began to decode; None if it is at something else."""
        stage, _, since_cpu_s, _, _ = self._HEADER.unpack_from(self._memory)
        return since_cpu_s if stage == _DECODING else None

    def put(self, images: Sequence[bytes]) -> None:
        """Have images for the worker that need at most CAPACITY_BYTES."""
        self._HEADER.pack_into(self._memory, 0, _PUT, len(images), 0.0, 0.0, 0.0)
        start = self._HEADER.size
        for image in images:
            self._SIZE.pack_into(self._memory, start, len(image))
            start += self._SIZE.size
            self._memory[start : start + len(image)] = image
            start += len(image)

    def take(self) -> list[bytes]:
        """Begin with what was put."""
        self._memory[0] = _TAKEN
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
        """Count the time of decoding, and tell that this is what the worker is at."""
        since_cpu_s = time.process_time()
        self._note(0, since_cpu_s)
        self._memory[0] = _DECODING
        try:
            yield
        finally:
            self._note(1, time.process_time() - since_cpu_s)
            self._memory[0] = _TAKEN

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Count the time of a load, which is no image's."""
        started_s = time.perf_counter()
        try:
            yield
        finally:
            self._note(2, time.perf_counter() - started_s)

    def _note(self, place: int, seconds: float) -> None:
        """Write one of the three times of the header."""
        self._SECONDS.pack_into(self._memory, self._HEADER.size + (place - 3) * self._SECONDS.size, seconds)

    def close(self) -> None:
        self._memory.close()


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


# The few requests that differ come again and again, and to pickle them takes longer than all else in the parent.
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
    """Read a frame; None where the stream ended, perhaps in its midst."""
    header = stream.read(LENGTH.size)
    if len(header) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(header)
    content = stream.read(length)
    return content if len(content) == length else None
