"""Embeddings on disk, so that no photo goes through the same network twice.

All embeddings of one version of a model lie in one file: a header with the number of channels, then records of one
length, each the key of what was embedded, the values, and a checksum. Records are only appended, some dozens at a time,
by one process after the other. What a killed process left of a record is cut off by the next one that appends; a
damaged record is as good as none.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from inference.images.augmented_views import View
from inference.models.bundle import Bundle

# Of this layout, and of the way from a file's bytes to a network's input: a new one when either gives other values.
MAGIC = b"LBEMBED1"
HEADER = struct.Struct("<8sI")
KEY_BYTES = 16
# Some seconds of work, which is what a killed process loses.
RECORDS_AT_ONCE = 64


def embedding_key(content: bytes, view: View) -> bytes:
    """Return the key of an embedding within the cache of a model.

    Args:
        content: content of the photo's file.
        view: view of the photo.
    """
    packed_view = struct.pack("<?4d", view.flip, view.scale, view.x, view.y, view.brightness)
    return hashlib.sha256(hashlib.sha256(content).digest() + packed_view).digest()[:KEY_BYTES]


class EmbeddingCache:
    """The embeddings of one version of a model. Several processes may use the same file."""

    def __init__(self, folder: Path, base: Bundle) -> None:
        """Look at what there is.

        Args:
            folder: of the caches of all models; made when something is added.
            base: the model whose embeddings these are.

        Raises:
            OSError: the file cannot be read.
        """
        self._path = folder / f"{base.spec.version}.embeddings"
        self._positions: dict[bytes, int] = {}
        self._unwritten: dict[bytes, npt.NDArray[np.float32]] = {}
        if self._path.is_file():
            for position, record in enumerate(self._records()):
                if record["checksum"] == _checksum(record):
                    self._positions[record["key"].tobytes()] = position

    def __contains__(self, key: bytes) -> bool:
        return key in self._positions or key in self._unwritten

    def add(self, key: bytes, embedding: npt.NDArray[np.float32]) -> None:
        """Keep an embedding, float32 (channels,); it is on disk once enough have come together, or after `flush`.

        Raises:
            OSError: the file cannot be written.
        """
        self._unwritten[key] = embedding
        if len(self._unwritten) >= RECORDS_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write what waits for it.

        Raises:
            OSError: the file cannot be written.
        """
        if not self._unwritten:
            return
        records = _records_of(self._unwritten)
        header = HEADER.pack(MAGIC, records["values"].shape[1])
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            if file.read(HEADER.size) != header:
                file.truncate(0)
                file.write(header)
            position = (file.seek(0, os.SEEK_END) - HEADER.size) // records.itemsize
            file.truncate(HEADER.size + position * records.itemsize)
            file.write(records.tobytes())
        self._positions |= {key: position + number for number, key in enumerate(self._unwritten)}
        self._unwritten.clear()

    def load(self, keys: Sequence[bytes]) -> npt.NDArray[np.float32]:
        """Read embeddings that the cache has, at least one.

        Returns:
            float32 (len(keys), channels).

        Raises:
            KeyError: the cache lacks one.
            OSError: the file cannot be written or read.
        """
        self.flush()
        return np.asarray(self._records()["values"][[self._positions[key] for key in keys]])

    def _records(self) -> npt.NDArray[np.void]:
        """The whole records of the file."""
        with self._path.open("rb") as file:
            header = file.read(HEADER.size)
            size = file.seek(0, os.SEEK_END)
        if not header.startswith(MAGIC) or size <= HEADER.size:
            return np.empty(0, _record_type(0))
        record = _record_type(HEADER.unpack(header)[1])
        count = (size - HEADER.size) // record.itemsize
        if count == 0:
            return np.empty(0, record)
        return np.memmap(self._path, record, "r", HEADER.size, (count,))


def _record_type(channels: int) -> np.dtype[np.void]:
    return np.dtype([("key", np.uint8, (KEY_BYTES,)), ("values", "<f4", (channels,)), ("checksum", "<u4")])


def _records_of(embeddings: dict[bytes, npt.NDArray[np.float32]]) -> npt.NDArray[np.void]:
    (channels,) = next(iter(embeddings.values())).shape
    records = np.zeros(len(embeddings), _record_type(channels))
    records["key"] = np.frombuffer(b"".join(embeddings), np.uint8).reshape(-1, KEY_BYTES)
    records["values"] = np.stack(list(embeddings.values()))
    records["checksum"] = [_checksum(record) for record in records]
    return records


def _checksum(record: np.void) -> int:
    return zlib.crc32(record["values"].tobytes(), zlib.crc32(record["key"].tobytes()))
