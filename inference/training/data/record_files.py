"""TFRecord files of labelled images, with the keys of TF-slim."""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import tensorflow as tf
from google.protobuf.message import DecodeError

from inference.training.errors import DatasetError

ENCODED = "image/encoded"
LABEL = "image/class/label"
TEXT = "image/class/text"

# Sizes of parts of a record. A record consists of the length of the content (8 bytes), a checksum of this length
# (4 bytes), the content, and a checksum of the content (4 bytes).
LENGTH_BYTES = 8
CHECKSUM_BYTES = 4

# Number of records that are passed to Python at once. Passing each record alone would take longer than reading it.
RECORDS_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Record:
    """A labelled image.

    Attributes:
        encoded: content of the image's file.
        label: index of the class.
        text: name of the class, or "" if the record has none.
    """

    encoded: bytes
    label: int
    text: str


def count_records(path: Path) -> int:
    """Count the records of a file; only their lengths are read.

    Raises:
        DatasetError: the file ends within a record.
    """
    size = path.stat().st_size
    if size == 0:
        return 0
    count = position = 0
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        while position < size:
            length = int.from_bytes(content[position : position + LENGTH_BYTES], "little")
            position += LENGTH_BYTES + length + 2 * CHECKSUM_BYTES
            count += 1
    if position > size:
        raise DatasetError(
            f"expected a file of TFRecords that is whole. Received: {path}, which ends in record {count - 1}"
        )
    return count


def read_records(path: Path) -> Iterator[Record]:
    """Yield the records of a file in their order.

    Raises:
        DatasetError: the file is damaged, or a record is not a labelled image.
    """
    number = 0
    try:
        for batch in tf.data.TFRecordDataset([str(path)]).batch(RECORDS_AT_ONCE).as_numpy_iterator():
            for content in batch:
                yield _parse(content, f"{path}:{number}")
                number += 1
    except tf.errors.DataLossError as error:
        # TensorFlow reads ahead, and does not tell which record is damaged.
        raise DatasetError(
            f"expected TFRecords that match their checksums. Received: {path}, damaged in record {number} or later"
        ) from error


def _parse(content: bytes, name: str) -> Record:
    try:
        feature = tf.train.Example.FromString(content).features.feature
        return Record(
            encoded=feature[ENCODED].bytes_list.value[0],
            label=int(feature[LABEL].int64_list.value[0]),
            text=(feature[TEXT].bytes_list.value or [b""])[0].decode(),
        )
    except (DecodeError, IndexError, UnicodeDecodeError) as error:
        raise DatasetError(f"expected {ENCODED} and {LABEL} in record {name}. Received: {error}") from error


def write_records(path: Path, contents: Iterable[bytes]) -> None:
    """Write a file of records.

    Args:
        path: path of the file.
        contents: content of each record.

    Raises:
        OSError: the file cannot be written.
    """
    try:
        with tf.io.TFRecordWriter(str(path)) as writer:
            for content in contents:
                writer.write(content)
    except tf.errors.OpError as error:
        raise OSError(error.message) from error


def image_record(encoded: bytes, *, kind: str, height: int, width: int, label: int, text: str, filename: str) -> bytes:
    """Return the content of a record, with the keys of TF-slim's ImageNet records.

    Args:
        encoded: content of the image's file, RGB or grey.
        kind: format of the file, "jpeg" or "png".
        height: height of the image, in pixels.
        width: width of the image, in pixels.
        label: index of the class.
        text: name of the class.
        filename: path of the original file below the data's folder.
    """
    texts = {
        ENCODED: encoded,
        "image/format": kind.encode(),
        "image/colorspace": b"RGB",
        "image/filename": filename.encode("utf-8", "surrogateescape"),
        TEXT: text.encode(),
    }
    numbers = {"image/height": height, "image/width": width, "image/channels": 3, LABEL: label}
    feature = {key: tf.train.Feature(bytes_list=tf.train.BytesList(value=[value])) for key, value in texts.items()}
    feature |= {key: tf.train.Feature(int64_list=tf.train.Int64List(value=[value])) for key, value in numbers.items()}
    # Without `deterministic`, the order of the keys would vary between processes.
    return bytes(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString(deterministic=True))
