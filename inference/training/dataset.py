"""Labelled images in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from inference.errors import ImageError
from inference.image import load_pixels
from inference.training.cores import on_all_cores
from inference.training.errors import DatasetError
from inference.training.examples import Example, Examples
from inference.training.folders import Skipped

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


def load_images(examples: Examples, *, image_size: int) -> tuple[LabelledImages, tuple[Skipped, ...]]:
    """Decode images into memory on the way that a photo takes to a network, so that both are as sharp.

    Args:
        examples: the images; their order is kept, so that an index names the same image in every run.
        image_size: of the result, in pixels; images of another shape are cropped to their central square.

    Returns:
        The images, and those left out since they cannot be decoded.

    Raises:
        DatasetError: none can be decoded, or a record is damaged.
    """
    images = np.empty((len(examples), image_size, image_size, 3), np.uint8)

    def decode(numbered: tuple[int, Example]) -> int | Skipped:
        number, example = numbered
        try:
            images[number] = load_pixels(example.encoded, height=image_size, width=image_size, crop=1.0)
        except ImageError as error:
            return Skipped(example.name, str(error))
        return example.label

    outcomes = on_all_cores(decode, enumerate(examples))
    skipped = tuple(outcome for outcome in outcomes if isinstance(outcome, Skipped))
    labels = np.array([outcome for outcome in outcomes if not isinstance(outcome, Skipped)], np.int32)
    if len(labels) == 0:
        reasons = f"{skipped[0].name}: {skipped[0].reason}" if skipped else "no images"
        raise DatasetError(f"expected images that can be decoded. Received: {reasons}")
    if skipped:
        images = images[[not isinstance(outcome, Skipped) for outcome in outcomes]]
    return LabelledImages(images, labels), skipped


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
