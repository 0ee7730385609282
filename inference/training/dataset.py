"""Labelled images in memory, read from TFRecord files with slim's keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from inference.training.errors import DatasetError

RECORD_KEYS = {
    "image/encoded": tf.io.FixedLenFeature([], tf.string),
    "image/class/label": tf.io.FixedLenFeature([], tf.int64),
}


@dataclass(frozen=True, slots=True)
class LabelledImages:
    """uint8 images (count, size, size, 3), RGB in [0, 255], and their int32 class indices (count,)."""

    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.labels)


def load_records(paths: Sequence[Path], *, image_size: int) -> LabelledImages:
    """Decode TFRecord files (JPEG, PNG, GIF, BMP or WebP under `image/encoded`) into memory.

    Images of another shape are cropped to their central square and resized with antialiasing. The order is that of
    the files and of the records in them, so that an index names the same image in every run.

    Raises:
        DatasetError: no files, or files without records.
    """
    if not paths:
        raise DatasetError("expected at least one TFRecord file. Received: none")
    records = (
        tf.data.TFRecordDataset([str(path) for path in paths])
        .map(lambda record: _decode(record, image_size), num_parallel_calls=tf.data.AUTOTUNE)
        .batch(1024)
    )
    batches = list(records.as_numpy_iterator())
    if not batches:
        raise DatasetError(
            f"expected TFRecord files with records. Received only empty ones: {', '.join(map(str, paths))}"
        )
    return LabelledImages(
        images=np.concatenate([images for images, _ in batches]),
        labels=np.concatenate([labels for _, labels in batches]),
    )


def _decode(record: tf.Tensor, image_size: int) -> tuple[tf.Tensor, tf.Tensor]:
    fields = tf.io.parse_single_example(record, RECORD_KEYS)
    encoded = fields["image/encoded"]
    image = tf.cond(
        tf.strings.substr(encoded, 0, 4) == b"RIFF",
        lambda: tf.io.decode_webp(encoded, channels=3)[0],
        lambda: tf.io.decode_image(encoded, channels=3, expand_animations=False),
    )
    image = tf.ensure_shape(image, [None, None, 3])
    shape = tf.shape(image)
    side = tf.minimum(shape[0], shape[1])
    top, left = (shape[0] - side) // 2, (shape[1] - side) // 2
    image = image[top : top + side, left : left + side]
    image = tf.cond(
        side == image_size,
        lambda: image,
        lambda: tf.cast(tf.round(tf.image.resize(image, [image_size, image_size], antialias=True)), tf.uint8),
    )
    return tf.ensure_shape(image, [image_size, image_size, 3]), tf.cast(fields["image/class/label"], tf.int32)


def read_encoded(paths: Sequence[Path]) -> Iterator[tuple[bytes, int]]:
    """Yield each record's image as it is stored, with its class index."""
    for record in tf.data.TFRecordDataset([str(path) for path in paths]).as_numpy_iterator():
        feature = tf.train.Example.FromString(record).features.feature
        yield feature["image/encoded"].bytes_list.value[0], int(feature["image/class/label"].int64_list.value[0])
