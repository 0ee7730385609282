"""A cache of embeddings on disk, so that no photo goes through the same network twice.

One file has all embeddings of one version of a model. The file starts with a header with the number of channels. Then
follow records of the same length, each with a key, the values and a checksum. Records are only appended, a few dozen at
a time, and only one process at a time appends. If a killed process leaves an incomplete record, the next process that
appends removes this record. Damaged records are ignored.
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

from inference.errors import naming
from inference.images.augmented_views import View
from inference.models.bundle import Bundle

# Version of the file's layout and of the decoding of photos. It changes if the layout or the decoding changes.
MAGIC = b"LBEMBED1"
HEADER = struct.Struct("<8sI")
KEY_BYTES = 16
# Number of records that are written at once. A killed process loses at most this number of embeddings, which is some
# seconds of work.
RECORDS_AT_ONCE = 64


def embedding_key(content: bytes, view: View) -> bytes:
    """Return the key of an embedding in the cache of a model.

    Args:
        content: content of the photo's file.
        view: view of the photo.
    """
    packed_view = struct.pack("<?4d", view.flip, view.scale, view.x, view.y, view.brightness)
    return hashlib.sha256(hashlib.sha256(content).digest() + packed_view).digest()[:KEY_BYTES]


class EmbeddingCache:
    """The embeddings of one version of a model. Several processes may use the same file."""

    def __init__(self, folder: Path, base: Bundle) -> None:
        """Open the cache of a model, and read its keys.

        Args:
            folder: folder of the caches of all models; created when the first embedding is written.
            base: model that computes the embeddings.

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
        """Add an embedding, float32 (channels,).

        Embeddings stay in memory until there are `RECORDS_AT_ONCE` of them, or until `flush`. Then they are written.

        Raises:
            OSError: the file cannot be written.
        """
        self._unwritten[key] = embedding
        if len(self._unwritten) >= RECORDS_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write the embeddings that are not on disk yet.

        Raises:
            OSError: the file cannot be written.
        """
        if not self._unwritten:
            return
        records = _records_of(self._unwritten)
        header = HEADER.pack(MAGIC, records["values"].shape[1])
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with naming(self._path), self._path.open("a+b") as file:
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
        """Read embeddings.

        Args:
            keys: keys of cached embeddings, at least one.

        Returns:
            float32 (len(keys), channels), in the order of the keys.

        Raises:
            KeyError: a key is not in the cache.
            OSError: the file cannot be written or read.
        """
        self.flush()
        return np.asarray(self._records()["values"][[self._positions[key] for key in keys]])

    def _records(self) -> npt.NDArray[np.void]:
        """Return the complete records of the file."""
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
