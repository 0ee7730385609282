"""The training and the validation split in memory."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from inference.training.data.dataset import LabelledImages, load_images
from inference.training.data.examples import Example, Examples
from inference.training.data.folders import Skipped
from inference.training.data.photos import PhotoSet, open_photos
from inference.training.errors import DatasetError


@dataclass(frozen=True, slots=True)
class TrainingData:
    """A data set for one training run.

    Attributes:
        labels: name of each class.
        training, validation: decoded images of the two splits, all with the same side.
        training_examples: encoded training images, in the same order as `training`.
        validation_examples: encoded validation images, including the damaged images.
        skipped: images that are left out, with the reasons.
        source: the data set that the images come from.
    """

    labels: tuple[str, ...]
    training: LabelledImages
    validation: LabelledImages
    training_examples: Examples
    validation_examples: Examples
    skipped: tuple[Skipped, ...]
    source: PhotoSet


def load_data(data: Path, *, image_size: int) -> TrainingData:
    """Read the training and the validation split of a data set into memory.

    Args:
        data: folder of TFRecords or of images; see `open_photos`.
        image_size: side of the images in memory, in pixels.

    Raises:
        DatasetError: a split is missing or not usable, or the images do not fit into memory.
        OSError: a file cannot be read.
    """
    source = open_photos(data)
    training, validation = source.splits["train"], source.splits["validation"]
    check_memory(len(training) + len(validation), image_size=image_size)
    decoded, damaged = load_images(training, image_size=image_size)
    decoded_validation, damaged_validation = load_images(validation, image_size=image_size)
    return TrainingData(
        labels=training.labels,
        training=decoded,
        validation=decoded_validation,
        training_examples=_Undamaged(training, damaged),
        validation_examples=validation,
        skipped=(*source.skipped, *damaged, *damaged_validation),
        source=source,
    )


def check_memory(images: int, *, image_size: int) -> None:
    """Raise if the images do not fit into the machine's memory.

    Args:
        images: number of images.
        image_size: side of an image, in pixels.

    Raises:
        DatasetError: the images do not fit.
    """
    needed_bytes = images * image_size**2 * 3
    memory_bytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if needed_bytes > memory_bytes:
        raise DatasetError(
            f"expected images that fit into the {memory_bytes / 1e9:.0f} GB of memory. "
            f"Received: {needed_bytes / 1e9:,.0f} GB of pixels at a side of {image_size}"
        )


class _Undamaged:
    """Examples without the damaged images."""

    def __init__(self, examples: Examples, damaged: Sequence[Skipped]) -> None:
        self.labels = examples.labels
        self.skipped = (*examples.skipped, *damaged)
        self._examples = examples
        self._damaged = {image.name for image in damaged}

    def __len__(self) -> int:
        return len(self._examples) - len(self._damaged)

    def __iter__(self) -> Iterator[Example]:
        return (example for example in self._examples if example.name not in self._damaged)
