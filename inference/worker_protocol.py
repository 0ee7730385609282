"""What a pool and a worker process say to each other, over the worker's standard input and output.

    worker  ->  an empty frame once it is ready
    pool    ->  a pickled Load, or a pickled Classify and the image in a frame of its own, so that it is never copied
    worker  ->  an empty frame when it begins, then a pickled Reply

A frame is its length, 8 bytes, and its content. That a worker says when it begins tells, should it die, what killed it
from what merely waited in its pipe.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO, TypeAlias

from inference.bundle import Bundle
from inference.errors import InferenceError
from inference.prediction import Classification

LENGTH = struct.Struct(">Q")
EMPTY = LENGTH.pack(0)


@dataclass(frozen=True, slots=True)
class Load:
    """Load a model and run it once."""

    bundle: Bundle


@dataclass(frozen=True, slots=True)
class Classify:
    """Label the image in the next frame."""

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


def frame(content: bytes) -> bytes:
    return LENGTH.pack(len(content)) + content


def read_frame(stream: BinaryIO) -> bytes | None:
    """Read a frame; None where the stream ended, perhaps in its midst."""
    header = stream.read(LENGTH.size)
    if len(header) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(header)
    content = stream.read(length)
    return content if len(content) == length else None
