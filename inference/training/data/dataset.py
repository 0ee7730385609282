"""Labelled images in memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference.errors import ImageError
from inference.images.decode import load_pixels
from inference.training.data.cores import map_on_all_cores
from inference.training.data.examples import Example, Examples
from inference.training.data.folders import Skipped
from inference.training.errors import DatasetError


@dataclass(frozen=True, slots=True)
class LabelledImages:
    """Images and their classes.

    Attributes:
        images: uint8 (count, size, size, 3), RGB in [0, 255].
        labels: int32 (count,), index of each image's class.
    """

    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.labels)


def load_images(examples: Examples, *, image_size: int) -> tuple[LabelledImages, tuple[Skipped, ...]]:
    """Decode images into memory with the code that decodes photos to label, so that both kinds are equally sharp.

    Args:
        examples: images; their order is kept, so that an index means the same image in every run.
        image_size: side of the decoded images, in pixels; images that are not square are cropped to the central square.

    Returns:
        The decoded images, and the skipped images, which cannot be decoded.

    Raises:
        DatasetError: no image can be decoded, or a record is damaged.
    """
    images = np.empty((len(examples), image_size, image_size, 3), np.uint8)

    def decode(numbered: tuple[int, Example]) -> int | Skipped:
        number, example = numbered
        try:
            images[number] = load_pixels(example.encoded, height=image_size, width=image_size, crop=1.0)
        except ImageError as error:
            return Skipped(example.name, str(error))
        return example.label

    outcomes = map_on_all_cores(decode, enumerate(examples))
    skipped = tuple(outcome for outcome in outcomes if isinstance(outcome, Skipped))
    labels = np.array([outcome for outcome in outcomes if not isinstance(outcome, Skipped)], np.int32)
    if len(labels) == 0:
        reasons = f"{skipped[0].name}: {skipped[0].reason}" if skipped else "no images"
        raise DatasetError(f"expected images that can be decoded. Received: {reasons}")
    if skipped:
        images = images[[not isinstance(outcome, Skipped) for outcome in outcomes]]
    return LabelledImages(images, labels), skipped
