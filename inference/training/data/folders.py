"""The images of a data set in folders, assigned to splits before they are decoded."""

from __future__ import annotations

import hashlib
import os
import stat
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from inference.errors import TooManyBytes
from inference.images.decode import MAX_BYTES
from inference.images.folder_search import is_ignored
from inference.images.header import FORMAT_BYTES, image_format
from inference.models.label_formats import strip_prefixes
from inference.training.data.copies import Copies, find_copies
from inference.training.data.layout import ClassFolder, find_class_folders, some_names
from inference.training.data.splits import Split, assign_splits, group_images
from inference.training.errors import DatasetError

# Percentages of the images for validation and for the test, if a data set has no folders for splits. TensorFlow's
# retrain.py has the same percentages.
VALIDATION_PERCENT = 10.0
TESTING_PERCENT = 10.0


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
        group: name of the group of the image; the images of a group, such as copies, belong into one split.
    """

    name: str
    label: int
    split: Split
    size_bytes: int
    group: str


@dataclass(frozen=True, slots=True)
class ImageFolders:
    """The images of a data set in folders.

    Attributes:
        labels: label of each class, in the order of the folders' names; a WordNet synset before a name is removed.
        files: image files, in an order that depends on their names only.
        skipped: unused files in the class folders, with the reasons.
        copies: number of images that are copies of another image of their class: the same file, or resized or saved
            again. They are in the split of that image, unless folders of splits say otherwise.
        leaks: number of images for validation or the test that are copies of a training image, by the folders.
        uniform: labels of the classes whose images look almost the same; only equal files count as copies there.
    """

    labels: tuple[str, ...]
    files: tuple[ImageFile, ...]
    skipped: tuple[Skipped, ...]
    copies: int = 0
    leaks: int = 0
    uniform: tuple[str, ...] = ()


def find_images(
    data: Path,
    *,
    validation_percent: float = VALIDATION_PERCENT,
    testing_percent: float = TESTING_PERCENT,
    compare: bool = True,
) -> ImageFolders:
    """Find the images of a data set: JPEG, PNG, WebP, GIF, BMP, TIFF, HEIC or AVIF, recognised by their first bytes.

    All images below a class's folder, at any depth, belong to the class. Hidden folders and folders of systems are
    ignored. Images that no folder of a split contains are assigned to splits by `assign_splits`; if there are folders
    for training and testing only, so are the images for training, to training and validation.

    Args:
        data: folder in one of the layouts of `find_class_folders`.
        validation_percent: percentage of the images for validation.
        testing_percent: percentage of the images for the test.
        compare: True to find copies, which takes some milliseconds per image; False if the splits do not matter.

    Raises:
        DatasetError: there are fewer than two classes, a class has no images, or a split has a class that the training
            split lacks; or the folders have another layout.
        OSError: a folder cannot be read.
    """
    folders = find_class_folders(data)
    names, given = _class_names(data, folders), {folder.split for folder in folders} - {None}
    files, skipped = _list_files(data, folders, names)
    ambiguous = _in_several_classes(data, files)
    files = [file for file in files if file.name not in ambiguous]
    skipped += [Skipped(name, reason) for name, reason in ambiguous.items()]
    learnt = {file.label for file in files if not given or file.split == "train"}
    if empty := [name for label, name in enumerate(names) if label not in learnt]:
        left_out = f" ({len(skipped)} left out, as {skipped[0].name}: {skipped[0].reason})" if skipped else ""
        raise DatasetError(
            f"expected images in each class's folder of {data}. Received none in: {some_names(empty)}{left_out}"
        )
    copies = find_copies(data, {file.name: file.label for file in files}) if compare else Copies({}, ())
    groups = group_images([file.name for file in files], copies.originals)
    files = [replace(file, group=groups[file.name]) for file in files]
    if "validation" not in given:
        files = _assigned(files, validation_percent, 0 if "test" in given else testing_percent)
    labels = class_labels(names)
    return ImageFolders(
        labels,
        tuple(files),
        tuple(skipped),
        len(copies.originals),
        _count_leaks(files),
        tuple(labels[label] for label in copies.uniform),
    )


def _assigned(files: Iterable[ImageFile], validation_percent: float, testing_percent: float) -> list[ImageFile]:
    """Assign the images for training to splits; see `assign_splits`."""
    learnt = [file for file in files if file.split == "train"]
    splits = assign_splits(
        {file.name: file.group for file in learnt},
        {file.name: file.label for file in learnt},
        validation_percent=validation_percent,
        testing_percent=testing_percent,
    )
    return [replace(file, split=splits.get(file.name, file.split)) for file in files]


def list_photos(folder: Path) -> tuple[tuple[ImageFile, ...], tuple[Skipped, ...]]:
    """Find the images below a folder, whatever its folders mean; all have the class 0.

    Returns:
        The images, in an order that depends on their names only, and the other files.

    Raises:
        OSError: a folder cannot be read.
    """
    found = [_examine(path, path.relative_to(folder).as_posix(), 0, "validation") for path in _walk(folder)]
    files = tuple(each for each in found if isinstance(each, ImageFile))
    return files, tuple(each for each in found if isinstance(each, Skipped))


def class_labels(names: Sequence[str]) -> tuple[str, ...]:
    """Remove the synsets or indices from class names, if each name has one and the results stay distinct."""
    stripped = tuple(strip_prefixes(names))
    return stripped if len(set(stripped)) == len(names) else tuple(names)


def _class_names(data: Path, folders: Iterable[ClassFolder]) -> tuple[str, ...]:
    """Return the names of the classes that can be learnt.

    Raises:
        DatasetError: there are fewer than two, or a split has others.
    """
    folders = tuple(folders)
    names = sorted({folder.name for folder in folders if folder.split in (None, "train")})
    if len(names) < 2:
        raise DatasetError(
            f"expected one folder per class in {data}, or in folders train, val and test there, at least two. "
            f"Received: {', '.join(names) or 'none'}"
        )
    for folder in folders:
        if folder.name not in names:
            raise DatasetError(f"expected the classes of training in {folder.split}. Received others: {folder.name}")
    return tuple(names)


def _list_files(
    data: Path, folders: Iterable[ClassFolder], names: Sequence[str]
) -> tuple[list[ImageFile], list[Skipped]]:
    files: list[ImageFile] = []
    skipped: list[Skipped] = []
    for folder in folders:
        for path in _walk(folder.path):
            found = _examine(path, path.relative_to(data).as_posix(), names.index(folder.name), folder.split or "train")
            if isinstance(found, Skipped):
                skipped.append(found)
            else:
                files.append(found)
    return files, skipped


def _walk(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, in an order that depends on their names only. Links to folders are ignored."""
    for parent, children, files in os.walk(folder, onerror=_raise):
        children[:] = sorted(name for name in children if not is_ignored(name))
        for name in sorted(files):
            if not is_ignored(name):
                yield Path(parent, name)


def _count_leaks(files: Sequence[ImageFile]) -> int:
    """Return the number of images for validation or the test that are copies of a training image."""
    learnt = {file.group for file in files if file.split == "train"}
    return sum(file.split != "train" and file.group in learnt for file in files)


def _raise(error: OSError) -> None:
    raise error


def _examine(path: Path, name: str, label: int, split: Split) -> ImageFile | Skipped:
    """Check whether a file is an image."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return Skipped(name, "not a file")
        if status.st_size > MAX_BYTES:
            return Skipped(name, str(TooManyBytes(status.st_size, MAX_BYTES)))
        with path.open("rb") as file:
            if image_format(file.read(FORMAT_BYTES)) is None:
                return Skipped(name, "not an image")
    except OSError as error:
        return Skipped(name, error.strerror or str(error))
    return ImageFile(name, label, split, status.st_size, name)


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
