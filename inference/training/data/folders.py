"""Data sets as folders of images: one folder per class, perhaps inside `train`, `val` and `test`."""

from __future__ import annotations

import hashlib
import os
import stat
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from inference.errors import TooManyBytes
from inference.images.decode import MAX_BYTES
from inference.images.header import image_format
from inference.models.label_formats import strip_prefixes
from inference.training.data.splits import Split, split_of
from inference.training.errors import DatasetError

# Usual names of the folders for splits.
SPLIT_FOLDERS: Mapping[Split, tuple[str, ...]] = {
    "train": ("train",),
    "validation": ("val", "validation"),
    "test": ("test",),
}
# Percentages of the images for validation and for the test, if a data set has no folders for splits. TensorFlow's
# retrain.py has the same percentages.
VALIDATION_PERCENT = 10.0
TESTING_PERCENT = 10.0

# Number of bytes that are enough to tell the format of an image.
HEADER_BYTES = 256
# Maximum number of names in an error message. More names would make the message hard to read.
MAX_NAMES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Skipped:
    """A skipped image: its path below the data's folder, and the reason."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class ImageFile:
    """An image file of a data set.

    Attributes:
        name: path below the data's folder, with forward slashes.
        label: index of the class.
        split: split that the image belongs to.
        size_bytes: size of the file.
    """

    name: str
    label: int
    split: Split
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ImageFolders:
    """The images of a data set in folders.

    Attributes:
        labels: label of each class, in the order of the folders' names; a WordNet synset before a name is removed.
        files: image files, in an order that depends on their names only.
        skipped: unused files in the class folders, with the reasons.
    """

    labels: tuple[str, ...]
    files: tuple[ImageFile, ...]
    skipped: tuple[Skipped, ...]


def split_folders(data: Path) -> dict[Split, Path]:
    """Return the folders of a data set's splits; an empty dictionary unless it has `train` and `val` (or `validation`).

    Raises:
        DatasetError: there are two folders for one split.
    """
    found: dict[Split, Path] = {}
    for split, names in SPLIT_FOLDERS.items():
        folders = [data / name for name in names if (data / name).is_dir()]
        if len(folders) > 1:
            raise DatasetError(f"expected one of {' and '.join(names)} in {data}. Received: both")
        if folders:
            found[split] = folders[0]
    return found if {"train", "validation"} <= set(found) else {}


def find_images(data: Path) -> ImageFolders:
    """Find the images of a data set: JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC or AVIF, recognised by their first bytes.

    All images below a class's folder, at any depth, belong to the class. Hidden files and folders are ignored. If there
    are no folders for splits, `split_of` assigns each image to a split.

    Raises:
        DatasetError: there are fewer than two classes, a class has no images, a class's name is not one line of text,
            or a split has a class that the training split lacks.
        OSError: a folder cannot be read.
    """
    folders = split_folders(data)
    training = folders.get("train", data)
    names = _class_names(training)
    if len(names) < 2:
        raise DatasetError(
            f"expected one folder per class in {training}, at least two. Received: {', '.join(names) or 'none'}"
        )
    files: list[ImageFile] = []
    skipped: list[Skipped] = []
    for split, folder in folders.items() or [(None, data)]:
        for label, path in _files_of_classes(folder, names):
            found = _examine(path, path.relative_to(data).as_posix(), label, split)
            if isinstance(found, Skipped):
                skipped.append(found)
            else:
                files.append(found)
    ambiguous = _in_several_classes(data, files)
    files = [file for file in files if file.name not in ambiguous]
    skipped += [Skipped(name, reason) for name, reason in ambiguous.items()]
    learnt = {file.label for file in files if not folders or file.split == "train"}
    if empty := [name for label, name in enumerate(names) if label not in learnt]:
        left_out = f" ({len(skipped)} left out, as {skipped[0].name}: {skipped[0].reason})" if skipped else ""
        raise DatasetError(
            f"expected images in each class's folder of {training}. Received none in: {_some(empty)}{left_out}"
        )
    return ImageFolders(class_labels(names), tuple(files), tuple(skipped))


def class_labels(names: Sequence[str]) -> tuple[str, ...]:
    """Remove the synsets or indices from class names, if each name has one and the results stay distinct."""
    stripped = tuple(strip_prefixes(names))
    return stripped if len(set(stripped)) == len(names) else tuple(names)


def _class_names(folder: Path) -> tuple[str, ...]:
    names = sorted(entry.name for entry in os.scandir(folder) if entry.is_dir() and not entry.name.startswith("."))
    for name in names:
        # The name becomes a line of labels.txt, where spaces at the ends get lost.
        if not name.isprintable() or name != name.strip():
            raise DatasetError(
                f"expected class folders whose names are one line of text. Received: {name!r} in {folder}"
            )
    return tuple(names)


def _files_of_classes(folder: Path, names: Sequence[str]) -> Iterator[tuple[int, Path]]:
    """Yield the class index and the path of each file below the class folders. Links to folders are ignored."""
    present = _class_names(folder)
    if unknown := sorted(set(present) - set(names)):
        raise DatasetError(f"expected the classes of training in {folder}. Received others: {_some(unknown)}")
    for class_name in present:
        label = names.index(class_name)
        for parent, children, files in os.walk(folder / class_name, onerror=_raise):
            # The names are sorted, so that the order of the images depends on the names only.
            children[:] = sorted(name for name in children if not name.startswith("."))
            for name in sorted(files):
                if not name.startswith("."):
                    yield label, Path(parent, name)


def _raise(error: OSError) -> None:
    raise error


def _examine(path: Path, name: str, label: int, split: Split | None) -> ImageFile | Skipped:
    """Check whether a file is an image, and assign it to a split if `split` is None."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return Skipped(name, "not a file")
        if status.st_size > MAX_BYTES:
            return Skipped(name, str(TooManyBytes(status.st_size, MAX_BYTES)))
        with path.open("rb") as file:
            if image_format(file.read(HEADER_BYTES)) is None:
                return Skipped(name, "not an image")
    except OSError as error:
        return Skipped(name, error.strerror or str(error))
    split = split or split_of(name, validation_percent=VALIDATION_PERCENT, testing_percent=TESTING_PERCENT)
    return ImageFile(name, label, split, status.st_size)


def _in_several_classes(data: Path, files: Iterable[ImageFile]) -> dict[str, str]:
    """Return a reason for skipping each image whose content is in another class, too. Either class could be wrong."""
    by_size: defaultdict[int, list[ImageFile]] = defaultdict(list)
    for file in files:
        by_size[file.size_bytes].append(file)
    by_content: defaultdict[bytes, list[ImageFile]] = defaultdict(list)
    for group in by_size.values():
        if len({file.label for file in group}) > 1:
            for file in group:
                by_content[hashlib.sha256((data / file.name).read_bytes()).digest()].append(file)
    return {
        file.name: f"the same content in another class: {twin.name}"
        for group in by_content.values()
        for file in group
        for twin in next(([other] for other in group if other.label != file.label), [])
    }


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:MAX_NAMES_SHOWN])
    return shown if len(names) <= MAX_NAMES_SHOWN else f"{shown} and {len(names) - MAX_NAMES_SHOWN} more"
