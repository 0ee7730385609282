"""Protocol between a pool and a worker process: messages over two sockets, and images in `SharedImages`.

    worker  ->  a pickled None when it is ready
    pool    ->  a place of the shared memory, and a pickled Request, after writing its images, if any, into that place
    worker  ->  a pickled Reply; after MemoryExhausted the worker exits

There are two places, so that the next request is at the worker before it has answered the last. Each request is one
datagram, which exactly one process receives. So the pool can take back a request that the worker has not read yet.
Each reply is a frame: the length of the content in 8 bytes, and the content.
"""

from __future__ import annotations

import json
import pickle
import socket
import struct
import time
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import NamedTuple, Protocol, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from inference.errors import ImageError, ModelError
from inference.images.augmented_views import View
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
