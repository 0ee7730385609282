"""The photos for training or retraining, assigned to splits before they are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from inference.training.data.examples import Examples, FolderExamples, has_records, open_examples, separate_splits
from inference.training.data.folders import (
    TESTING_PERCENT,
    VALIDATION_PERCENT,
    ImageFolders,
    Skipped,
    find_images,
    list_photos,
)
from inference.training.data.layout import given_splits, some_names
from inference.training.data.splits import SPLITS, Split
from inference.training.errors import DatasetError, InvalidSetting

# Number of photos under which a tenth of them is too few to measure with: ten photos for the test tell a model that is
# right for 80 % from one that is right for 100 % in nine of ten cases only.
FEW_PHOTOS = 100
# Minimum number of photos of none of the classes: one for each fold of the cross-validation that measures them.
FEWEST_OTHERS = 5


@dataclass(frozen=True, slots=True)
class PhotoSet:
    """A data set for training.

    Attributes:
        labels: name of each class.
        splits: photos by split: "train" and "validation", and perhaps "test"; only "train" for a cross-validation.
        skipped: files that are left out, with the reasons.
        copies, leaks, uniform: see `ImageFolders`.
        groups: group of each photo by the photo's name; photos that it lacks are groups of their own.
    """

    labels: tuple[str, ...]
    splits: Mapping[Split, Examples]
    skipped: tuple[Skipped, ...]
    copies: int = 0
    leaks: int = 0
    uniform: tuple[str, ...] = ()
    groups: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __len__(self) -> int:
        return sum(map(len, self.splits.values()))

    @property
    def cross_validated(self) -> bool:
        """Whether all photos are learnt from, and models that did not learn from a photo measure it."""
        return "validation" not in self.splits

    @property
    def measured(self) -> Split:
        """The split for the final figures: "test", or else "validation"; "train" for a cross-validation."""
        return next(split for split in reversed(SPLITS) if split in self.splits)

    def describe_measured(self, images: int) -> str:
        """Return a number of photos that were measured, and their split, for people."""
        if self.cross_validated:
            return f"{images:,} photos, each by a model that had not learnt from it"
        return f"{images:,} {self.measured} photos"


def open_photos(
    data: Path,
    *,
    validation_percent: float | None = None,
    testing_percent: float | None = None,
    cross_validate: bool = False,
) -> PhotoSet:
    """Open a data set without reading its photos.

    Args:
        data: folder of photos, see `find_images`; or folder of TFRecords.
        validation_percent: percentage of the photos for validation, above 0; None for a tenth. Unused if the data has
            separate splits.
        testing_percent: percentage of the photos for the final test, or 0 for no test; None for a tenth. Unused if the
            data has separate splits.
        cross_validate: whether fewer than `FEW_PHOTOS` photos are left in one split for a cross-validation, if neither
            the data nor a percentage says otherwise.

    Raises:
        DatasetError: the folder has another layout, or a split or a class has no photos.
        InvalidSetting: a percentage is out of range.
        OSError: a folder cannot be read.
    """
    validation = VALIDATION_PERCENT if validation_percent is None else validation_percent
    testing = TESTING_PERCENT if testing_percent is None else testing_percent
    if not (validation > 0 and testing >= 0 and 100 - validation - testing > 0):
        raise InvalidSetting(
            "validation percentage",
            "above 0, with a testing percentage of at least 0, and less than 100 together",
            f"{validation:g} and {testing:g}",
        )
    if not data.is_dir():
        raise DatasetError(f"expected a folder of images or of TFRecords. Received: {data}, which is no folder")
    if has_records(data):
        return _open_records(data)
    images = find_images(data, validation_percent=validation, testing_percent=testing)
    groups = {file.name: file.group for file in images.files}
    chosen = validation_percent is not None or testing_percent is not None
    if cross_validate and not chosen and len(images.files) < FEW_PHOTOS and not given_splits(data):
        _check_groups(images, "train")
        everything: dict[Split, Examples] = {"train": FolderExamples(data, images, SPLITS)}
        return PhotoSet(images.labels, everything, images.skipped, images.copies, 0, images.uniform, groups)
    _check_groups(images, "validation")
    present = [split for split in SPLITS if any(file.split == split for file in images.files)]
    splits: dict[Split, Examples] = {split: FolderExamples(data, images, (split,)) for split in present}
    return PhotoSet(images.labels, splits, images.skipped, images.copies, images.leaks, images.uniform, groups)


def is_small(data: Path) -> bool:
    """Return whether `open_photos` leaves a data set in one split for a cross-validation, unless told otherwise.

    Raises:
        DatasetError: the folder has another layout.
        OSError: a folder cannot be read.
    """
    return not separate_splits(data) and len(find_images(data, compare=False).files) < FEW_PHOTOS


def open_others(folder: Path) -> PhotoSet:
    """Open photos of none of the classes.

    Args:
        folder: folder with photos at any depth.

    Raises:
        DatasetError: there is no such folder, or it has fewer than `FEWEST_OTHERS` photos.
        OSError: a folder cannot be read.
    """
    files, skipped = list_photos(folder) if folder.is_dir() else ((), ())
    if len(files) < FEWEST_OTHERS:
        raise DatasetError(
            f"expected a folder with {FEWEST_OTHERS} or more photos of none of the classes. "
            f"Received: {folder} with {len(files)}"
        )
    images = ImageFolders(("other",), files, skipped)
    return PhotoSet(images.labels, {"validation": FolderExamples(folder, images, SPLITS)}, skipped)


def _open_records(data: Path) -> PhotoSet:
    opened = {split: open_examples(data, split=split) for split in separate_splits(data)}
    if missing := [split for split in SPLITS[:2] if split not in opened]:
        raise DatasetError(f"expected TFRecords of train and validation in {data}. Received none of: {missing[0]}")
    return PhotoSet(opened["train"].labels, opened, ())


def _check_groups(images: ImageFolders, split: Split) -> None:
    """Raise if there are too few different photos.

    Args:
        images: images of the data set.
        split: "validation" if this split must have images; "train" if each class must have two images instead, so that
            each image can be measured by a model that learnt from another one.

    Raises:
        DatasetError: there are too few.
    """
    if split == "validation" and not any(file.split == split for file in images.files):
        raise DatasetError(
            "expected two or more different photos of a class, to learn from one and to validate with the other. "
            f"Received: {len(images.files)} photos of {len(images.labels)} classes"
        )
    groups = {(file.label, file.group) for file in images.files}
    different = Counter(label for label, _ in groups)
    if split == "train" and (scarce := [name for label, name in enumerate(images.labels) if different[label] < 2]):
        raise DatasetError(
            "expected at least two different photos of each class; 20 or more work well. "
            f"Received only one of: {some_names(scarce)}"
        )
