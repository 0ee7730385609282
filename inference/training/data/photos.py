"""The photos for retraining, assigned to splits before they are read."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from inference.training.data.examples import SPLITS, Examples, FolderExamples, open_examples, separate_splits
from inference.training.data.folders import (
    TESTING_PERCENT,
    VALIDATION_PERCENT,
    ImageFile,
    Skipped,
    find_images,
    split_folders,
)
from inference.training.data.splits import Split, split_of
from inference.training.errors import DatasetError, InvalidSetting


@dataclass(frozen=True, slots=True)
class PhotoSet:
    """A data set for retraining.

    Attributes:
        labels: name of each class.
        splits: photos by split; "train" and "validation" are always present.
        skipped: files that are left out, with the reasons.
    """

    labels: tuple[str, ...]
    splits: Mapping[Split, Examples]
    skipped: tuple[Skipped, ...]

    def __len__(self) -> int:
        return sum(map(len, self.splits.values()))

    @property
    def measured(self) -> Split:
        """The split for the final figures: "test", or "validation" if there is no test split."""
        return "test" if "test" in self.splits else "validation"


def open_photos(
    data: Path, *, validation_percent: float = VALIDATION_PERCENT, testing_percent: float = TESTING_PERCENT
) -> PhotoSet:
    """Open a data set without reading its photos.

    Args:
        data: folder with one folder per class, perhaps inside `train`, `val` and `test`; or folder of TFRecords.
        validation_percent: percentage of the photos for validation, above 0; unused if the data has separate splits.
        testing_percent: percentage of the photos for the final test, or 0 for no test; unused if the data has separate
            splits.

    Raises:
        DatasetError: the folder has another layout, or a split or a class has no photos.
        InvalidSetting: a percentage is out of range.
        OSError: a folder cannot be read.
    """
    left = 100 - validation_percent - testing_percent
    if not (validation_percent > 0 and testing_percent >= 0 and left > 0):
        raise InvalidSetting(
            "validation percentage",
            "above 0, with a testing percentage of at least 0, and less than 100 together",
            f"{validation_percent:g} and {testing_percent:g}",
        )
    if not data.is_dir():
        raise DatasetError(f"expected a folder of images or of TFRecords. Received: {data}, which is no folder")
    apart = separate_splits(data)
    if apart and not split_folders(data):
        opened = {split: open_examples(data, split=split) for split in apart}
        if missing := [split for split in ("train", "validation") if split not in opened]:
            raise DatasetError(f"expected TFRecords of train and validation in {data}. Received none of: {missing[0]}")
        return PhotoSet(opened["train"].labels, opened, ())
    images = find_images(data)
    files = images.files
    if not apart:
        files = tuple(_assigned(file, validation_percent, testing_percent) for file in files)
        _check_splits(files, {"validation": validation_percent, "test": testing_percent}, images.labels)
    images = replace(images, files=files)
    present = [split for split in SPLITS if any(file.split == split for file in files)]
    splits: dict[Split, Examples] = {split: FolderExamples(data, images, (split,)) for split in present}
    return PhotoSet(images.labels, splits, images.skipped)


def _assigned(file: ImageFile, validation_percent: float, testing_percent: float) -> ImageFile:
    split = split_of(file.name, validation_percent=validation_percent, testing_percent=testing_percent)
    return replace(file, split=split)


def _check_splits(files: Sequence[ImageFile], percents: Mapping[Split, float], labels: Sequence[str]) -> None:
    """Raise if a split, or a class in the training split, has no photos.

    Raises:
        DatasetError: a split, or a class in the training split, has no photos.
    """
    counts = Counter(file.split for file in files)
    for split, percent in percents.items():
        if percent > 0 and not counts[split]:
            raise DatasetError(
                f"expected photos for {split}, which gets {percent:g} % of them by a hash of their names. "
                f"Received: none of {len(files)}; about {math.ceil(100 / percent)} more photos give it one"
            )
    learnt = {file.label for file in files if file.split == "train"}
    if unlearnt := [name for label, name in enumerate(labels) if label not in learnt]:
        raise DatasetError(
            "expected photos of each class to learn from. Received: none of "
            f"{', '.join(unlearnt[:5])}, whose few photos all went to validation or testing"
        )
