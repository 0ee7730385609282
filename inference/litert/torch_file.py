"""Reading of PyTorch weights in the format from before version 1.6, without PyTorch.

Such a file is a sequence of pickles (a magic number, the version of the format, facts about the machine, the weights by
their names, the keys of the storages), followed by the length and the numbers of each storage. A pickle is a program,
so only the operations that PyTorch writes are allowed, and only the few functions that weights need.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
import struct
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from inference.errors import ModelError

# The first pickle of such a file, with the magic number.
START = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
FORMAT_VERSION = 1001
# Maximum size of a file: twice the size of the largest EfficientNet-Lite.
MAX_FILE_BYTES = 128 * 2**20
# Maximum size of a pickle. A pickle has some hundred tensors; the name and shape of each tensor take 200 bytes.
MAX_PICKLE_BYTES = 2**20
MAX_DIMENSIONS = 8
STORAGES: Mapping[str, np.dtype[Any]] = {
    "FloatStorage": np.dtype("<f4"),
    "DoubleStorage": np.dtype("<f8"),
    "HalfStorage": np.dtype("<f2"),
    "LongStorage": np.dtype("<i8"),
    "IntStorage": np.dtype("<i4"),
}
OPERATIONS = (
    *("PROTO", "GLOBAL", "REDUCE", "BUILD", "BINPERSID", "STOP", "MARK"),
    *("NONE", "NEWTRUE", "NEWFALSE", "BININT", "BININT1", "BININT2", "LONG1", "BINUNICODE"),
    *("EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "EMPTY_LIST", "APPEND", "APPENDS"),
    *("EMPTY_DICT", "SETITEM", "SETITEMS", "BINPUT", "LONG_BINPUT", "BINGET", "LONG_BINGET"),
)
# Exceptions that damaged or hostile pickles can cause although they have only allowed operations.
DAMAGE = (
    pickle.UnpicklingError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    EOFError,
    RecursionError,
    struct.error,
)


@dataclass(frozen=True, slots=True)
class _Storage:
    key: str
    dtype: np.dtype[Any]
    size: int


@dataclass(frozen=True, slots=True)
class _View:
    """A tensor as a part of a storage, before the storage is read; offset and strides count numbers, not bytes."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read_torch_file(content: bytes) -> dict[str, npt.NDArray[Any]]:
    """Read the weights in a file.

    Args:
        content: content of a .pth file.

    Returns:
        Arrays by their names in the network: read-only views of `content`, without a copy.

    Raises:
        ModelError: the file has another format, is damaged, or asks for anything other than weights.
    """
    if not content.startswith(START):
        raise ModelError("expected weights in PyTorch's format from before version 1.6. Received: another file")
    if len(content) > MAX_FILE_BYTES:
        raise ModelError(f"expected weights of at most {MAX_FILE_BYTES:,} bytes. Received: {len(content):,}")
    file = io.BytesIO(content)
    file.seek(len(START))
    try:
        version = _unpickle(file)
        if version != FORMAT_VERSION:
            raise ModelError(f"expected PyTorch's format {FORMAT_VERSION}. Received: {version!r:.40}")
        machine = _unpickle(file)
        if not isinstance(machine, dict) or machine.get("little_endian") is not True:
            raise ModelError("expected weights with the lowest byte first. Received: others")
        views, keys = _unpickle(file), _unpickle(file)
        if not isinstance(views, dict) or not isinstance(keys, list):
            raise ModelError("expected weights by their names. Received: something else")
        storages = _read_storages(content, file.tell(), views, keys)
        return {_name(name): _array(view, storages) for name, view in views.items()}
    except DAMAGE as error:
        raise ModelError(f"the file of weights is damaged: {' '.join(str(error).split()):.200}") from error


def _unpickle(file: io.BytesIO) -> Any:
    """Check all operations of the next pickle, then read it."""
    start = file.tell()
    pickled = io.BytesIO(file.read(MAX_PICKLE_BYTES))
    for count, (operation, argument, _) in enumerate(pickletools.genops(pickled)):
        if operation.name not in OPERATIONS:
            raise ModelError(f"expected a file of weights alone. Received: one with the operation {operation.name}")
        # An unpickler allocates memory for all memo numbers up to the highest.
        if operation.name.endswith("BINPUT") and (argument is None or argument > count):
            raise ModelError("the file of weights is damaged: a memo's number is too high")
    file.seek(start + pickled.tell())
    pickled.seek(0)
    return _Unpickler(pickled).load()


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        match module, name:
            case "collections", "OrderedDict":
                return OrderedDict
            case "torch._utils", "_rebuild_tensor_v2":
                # Return a new function for each call, since a pickle can set attributes of the objects that it gets.
                return lambda storage, offset, shape, strides, *_: _View(storage, offset, shape, strides)
            case "torch", storage if storage in STORAGES:
                # Return a string, since a pickle cannot change the state of a string.
                return storage
        raise ModelError(f"expected a file of weights alone. Received: one that asks for {module}.{name}"[:200])

    def persistent_load(self, pid: Any) -> _Storage:
        kind, numbers, key, _, size, view = pid
        if kind != "storage" or not isinstance(key, str) or not _is_count(size) or view is not None:
            raise ModelError(f"expected a storage of weights. Received: {pid!r:.100}")
        return _Storage(key, STORAGES[numbers], size)


def _read_storages(
    content: bytes, position: int, views: Mapping[Any, Any], keys: list[Any]
) -> dict[str, npt.NDArray[Any]]:
    """Read the numbers of each storage. In the file, a storage is its length as int64, followed by its values."""
    wanted = {view.storage.key: view.storage for view in views.values() if _is_view(view)}
    storages: dict[str, npt.NDArray[Any]] = {}
    for key in keys:
        storage = wanted[key]
        (size,) = struct.unpack_from("<q", content, position)
        if size != storage.size or key in storages:
            raise ModelError(f"expected {storage.size} numbers of a storage. Received: {size}")
        storages[key] = np.frombuffer(content, storage.dtype, size, position + 8)
        position += 8 + size * storage.dtype.itemsize
    if position != len(content):
        raise ModelError(f"expected {position:,} bytes of weights. Received: {len(content):,}")
    return storages


def _array(view: Any, storages: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[Any]:
    if not _is_view(view):
        raise ModelError(f"expected weights. Received: {type(view).__name__}")
    storage = storages[view.storage.key]
    shape, strides = view.shape, view.strides
    last = view.offset + sum((side - 1) * stride for side, stride in zip(shape, strides, strict=True))
    # A tensor must not repeat numbers: with a stride of 0, a few bytes could become gigabytes.
    if math.prod(shape) > storage.size or last >= storage.size:
        raise ModelError(f"expected weights within their storage of {storage.size} numbers. Received: {shape}")
    return np.lib.stride_tricks.as_strided(
        storage[view.offset :], shape, [stride * storage.itemsize for stride in strides], writeable=False
    )


def _is_view(view: Any) -> bool:
    """Return True if a value is a tensor with valid fields; a pickle can set the fields to anything."""
    return (
        isinstance(view, _View)
        and isinstance(view.storage, _Storage)
        and _is_count(view.offset)
        and isinstance(view.shape, tuple)
        and isinstance(view.strides, tuple)
        and len(view.shape) == len(view.strides) <= MAX_DIMENSIONS
        and all(_is_count(number) for number in (*view.shape, *view.strides))
        and all(view.shape)
    )


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _name(name: Any) -> str:
    if not isinstance(name, str):
        raise ModelError(f"expected weights by their names. Received: {name!r:.100}")
    return name
