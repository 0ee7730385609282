"""What a pool and a worker process say to each other over a socket.

    worker  ->  a pickled None once it is ready
    pool    ->  a pickled Request, and the image, empty where there is none; apart, so that no pickle copies it
    worker  ->  a pickled Reply

Each is a frame: its length in 8 bytes and its content. Besides, the worker sets a byte of shared memory when it begins
with a request. Should it die, that tells the image that it held from one that only lay in its socket, and it costs
nothing while all is well: a message would wake the pool once more for each image.
"""

from __future__ import annotations

import pickle
import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, TypeAlias

from inference.bundle import Bundle
from inference.errors import InferenceError
from inference.prediction import Classification

LENGTH = struct.Struct(">Q")


@dataclass(frozen=True, slots=True)
class Load:
    """Load a model and run it once."""

    bundle: Bundle


@dataclass(frozen=True, slots=True)
class Classify:
    """Label the image."""

    bundle: Bundle
    top_k: int


@dataclass(frozen=True, slots=True)
class Bug:
    """An exception that nobody raises on purpose.

    Attributes:
        kind: name of its class.
        traceback: as Python prints it.
    """

    kind: str
    traceback: str


Request: TypeAlias = Load | Classify
Reply: TypeAlias = Classification | InferenceError | Bug | None


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
