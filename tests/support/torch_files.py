"""Files of weights in the format of PyTorch before version 1.6, written byte by byte without PyTorch."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

MAGIC = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
VERSION = b"\x80\x02M\xe9\x03."
STORAGES = {"float32": "FloatStorage", "int64": "LongStorage", "float64": "DoubleStorage", "float16": "HalfStorage"}


def torch_file(
    tensors: Mapping[str, npt.NDArray[Any]], *, state: bytes | None = None, version: bytes = VERSION
) -> bytes:
    """Write a file with a storage for each tensor.

    Args:
        tensors: arrays by their names.
        state: the pickle of the tensors, if it is to be another.
        version: the pickle of the format's version.
    """
    machine = b"\x80\x02}" + text("little_endian") + b"\x88s."
    keys = b"\x80\x02](" + b"".join(text(str(number)) for number in range(len(tensors))) + b"e."
    storages = b"".join(struct.pack("<q", values.size) + values.tobytes() for values in tensors.values())
    return MAGIC + version + machine + (state or state_pickle(tensors)) + keys + storages


def state_pickle(tensors: Mapping[str, npt.NDArray[Any]]) -> bytes:
    items = b"".join(
        text(name) + view(str(number), values.dtype.name, values.size, values.shape)
        for number, (name, values) in enumerate(tensors.items())
    )
    return b"\x80\x02ccollections\nOrderedDict\n)R(" + items + b"u."


def view(
    key: str, dtype: str, size: int, shape: tuple[int, ...], *, offset: int = 0, strides: tuple[int, ...] | None = None
) -> bytes:
    """A tensor as a part of a storage, in a pickle's operations."""
    if strides is None:
        strides = tuple(int(np.prod(shape[axis + 1 :])) for axis in range(len(shape)))
    storage = (
        b"("
        + text("storage")
        + f"ctorch\n{STORAGES[dtype]}\n".encode()
        + text(key)
        + text("cpu")
        + number(size)
        + b"NtQ"
    )
    hooks = b"ccollections\nOrderedDict\n)R"
    return (
        b"ctorch._utils\n_rebuild_tensor_v2\n("
        + storage
        + number(offset)
        + numbers(shape)
        + numbers(strides)
        + b"\x89"
        + hooks
        + b"tR"
    )


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def number(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def numbers(values: tuple[int, ...]) -> bytes:
    return b"(" + b"".join(map(number, values)) + b"t"
