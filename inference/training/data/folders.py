"""Folders of images: a folder a class, or such folders below `train`, `val` and `test`."""

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
from inference.models.labels import parse_labels
from inference.training.data.splits import Split, split_of
from inference.training.errors import DatasetError

# What people call the folders of a split.
SPLIT_FOLDERS: Mapping[Split, tuple[str, ...]] = {
    "train": ("train",),
    "validation": ("val", "validation"),
    "test": ("test",),
}
# Of a plain folder of classes; the shares that retrain.py had.
VALIDATION_PERCENT = 10.0
TESTING_PERCENT = 10.0

# As much as telling an image's format takes.
HEADER_BYTES = 256
# In long lists, more would hide the sentence that they belong to.
MAX_NAMES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Skipped:
    """An image that is left out, by its name below the data's folder, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class ImageFile:
    """An image's path below the data's folder, its class and its split."""

    name: str
    label: int
    split: Split
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ImageFolders:
    """The images of a data set in folders.

    Attributes:
        labels: of each class, in the order of the folders' names; a WordNet synset before each name is taken off.
        files: in an order that their names decide alone.
        skipped: what lies in the class folders but is not used.
    """

    labels: tuple[str, ...]
    files: tuple[ImageFile, ...]
    skipped: tuple[Skipped, ...]


def split_folders(data: Path) -> dict[Split, Path]:
    """The folders of splits in a data set that has at least `train` and `val` (or `validation`); else none."""
    found: dict[Split, Path] = {}
    for split, names in SPLIT_FOLDERS.items():
        folders = [data / name for name in names if (data / name).is_dir()]
        if len(folders) > 1:
            raise DatasetError(f"expected one of {' and '.join(names)} in {data}. Received: both")
        if folders:
            found[split] = folders[0]
    return found if {"train", "validation"} <= set(found) else {}


def find_images(data: Path) -> ImageFolders:
    """Find the images of a data set: JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC or AVIF, told by their first bytes.

    Images anywhere below a class's folder belong to it. Hidden files and folders do not count. Where there are no
    folders of splits, each image is assigned to one by `split_of`.

    Raises:
        DatasetError: there are no two classes with images each, a class's name is not one line of text, or a split has
            a class that training lacks.
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
    """Take the synsets or the indices off the names of classes, where each has one and no two become alike."""
    # What a label file calls an output without a meaning, data may mean.
    labels = parse_labels("\n".join(names), len(names))
    stripped = tuple(label or name for label, name in zip(labels, names, strict=True))
    return stripped if len(set(stripped)) == len(names) else tuple(names)


def _class_names(folder: Path) -> tuple[str, ...]:
    names = sorted(entry.name for entry in os.scandir(folder) if entry.is_dir() and not entry.name.startswith("."))
    for name in names:
        # As a label, it is a line of labels.txt, read without the spaces at its ends.
        if not name.isprintable() or name != name.strip():
            raise DatasetError(
                f"expected class folders whose names are one line of text. Received: {name!r} in {folder}"
            )
    return tuple(names)


def _files_of_classes(folder: Path, names: Sequence[str]) -> Iterator[tuple[int, Path]]:
    """All that is no folder below the folders of classes, each with its class; links below these are not followed."""
    present = _class_names(folder)
    if unknown := sorted(set(present) - set(names)):
        raise DatasetError(f"expected the classes of training in {folder}. Received others: {_some(unknown)}")
    for class_name in present:
        label = names.index(class_name)
        for parent, children, files in os.walk(folder / class_name, onerror=_raise):
            # An order that depends on the names alone.
            children[:] = sorted(name for name in children if not name.startswith("."))
            for name in sorted(files):
                if not name.startswith("."):
                    yield label, Path(parent, name)


def _raise(error: OSError) -> None:
    raise error


def _examine(path: Path, name: str, label: int, split: Split | None) -> ImageFile | Skipped:
    """Tell an image from other files, and assign it to a split where its folder does not."""
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
    """Images whose content lies in another class's folder, too: nobody can tell which of the two is right."""
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
