"""The folders of a data set: one per class, perhaps inside folders of splits, or with folders of splits inside."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from inference.images.folder_search import is_ignored
from inference.training.data.splits import Split
from inference.training.errors import DatasetError

# Usual names of the folders of splits. "eval" is not among them, since it means validation in some data sets, and the
# test in others.
SPLIT_NAMES: Mapping[Split, re.Pattern[str]] = {
    "train": re.compile(r"(seg_)?(train|training|trn)"),
    "validation": re.compile(r"(seg_)?(val|valid|validation|validate|dev|development)"),
    "test": re.compile(r"(seg_)?(test|testing|tst)"),
}
EVALUATION = re.compile(r"eval|evaluation")
# Words that may follow the name of a split, as in "training_set".
SPLIT_SUFFIX = re.compile(r"[ _-]?(set|data|dataset|images?|photos?|pictures?|split)$")
# Maximum number of names in an error message. More names would make the message hard to read.
MAX_NAMES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class ClassFolder:
    """A folder with the images of one class.

    Attributes:
        path: the folder.
        name: name of the class.
        split: split of the images; None if the images are assigned to splits one by one.
    """

    path: Path
    name: str
    split: Split | None


def find_class_folders(data: Path) -> tuple[ClassFolder, ...]:
    """Find the folders of the classes, in the order of the splits and the names.

    The layouts are `cats`, `train/cats` or `cats/train`. `train` may have any usual name, in upper or lower case.

    Raises:
        DatasetError: there are two folders for one split, only some classes have folders of splits, a folder of a split
            has no folder of splits beside it that makes it a layout, or a class's name is not one line of text.
        OSError: a folder cannot be read.
    """
    splits = _split_folders(data)
    if splits:
        return tuple(
            ClassFolder(folder, folder.name, split)
            for split, parent in splits.items()
            for folder in _class_folders(parent)
        )
    classes = _class_folders(data)
    inside = {folder: _split_folders(folder, alone=False) for folder in classes}
    if not any(inside.values()):
        _refuse_splits(data, classes)
        return tuple(ClassFolder(folder, folder.name, None) for folder in classes)
    if without := [folder.name for folder, parts in inside.items() if not parts]:
        raise DatasetError(
            f"expected folders for training and testing in each class of {data}, or in none. "
            f"Received none in: {some_names(without)}"
        )
    return tuple(
        ClassFolder(parts[split], folder.name, split)
        for split in SPLIT_NAMES
        for folder, parts in inside.items()
        if split in parts
    )


def given_splits(data: Path) -> tuple[Split, ...]:
    """Return the splits that have folders of their own; none for a folder that does not exist.

    Raises:
        DatasetError, OSError: see `find_class_folders`.
    """
    found = {folder.split for folder in find_class_folders(data)} if data.is_dir() else set()
    return tuple(split for split in SPLIT_NAMES if split in found)


def some_names(names: Iterable[str]) -> str:
    """Return the first names of a list, and the number of the others."""
    names = list(names)
    shown = ", ".join(names[:MAX_NAMES_SHOWN])
    return shown if len(names) <= MAX_NAMES_SHOWN else f"{shown} and {len(names) - MAX_NAMES_SHOWN} more"


def _subfolders(folder: Path) -> list[Path]:
    names = sorted(entry.name for entry in os.scandir(folder) if entry.is_dir() and not is_ignored(entry.name))
    return [folder / name for name in names]


def _class_folders(parent: Path) -> list[Path]:
    """Return the folders of the classes in a folder; `training_set/training_set` is one folder.

    Raises:
        DatasetError: a name is not one line of text.
    """
    folders = _subfolders(parent)
    if len(folders) == 1 and folders[0].name == parent.name:
        folders = _subfolders(folders[0])
    for folder in folders:
        # The name becomes a line of labels.txt, where spaces at the ends get lost.
        if not folder.name.isprintable() or folder.name != folder.name.strip():
            raise DatasetError(
                f"expected class folders whose names are one line of text. Received: {folder.name!r} in {parent}"
            )
    return folders


def _split_folders(parent: Path, *, alone: bool = True) -> dict[Split, Path]:
    """Return the folders of the splits in a folder; none unless there is one for training and another one.

    Args:
        parent: folder to look into.
        alone: whether a folder for training may be the only folder.

    Raises:
        DatasetError: there are two folders for one split.
    """
    folders = _subfolders(parent)
    names = {folder: SPLIT_SUFFIX.sub("", folder.name.casefold()) for folder in folders}
    found = {
        split: [folder for folder, name in names.items() if pattern.fullmatch(name)]
        for split, pattern in SPLIT_NAMES.items()
    }
    # A folder for evaluation is the one of validation and test that is absent.
    found["test" if found["validation"] else "validation"] += [
        folder for folder, name in names.items() if EVALUATION.fullmatch(name)
    ]
    present = [folders for folders in found.values() if folders]
    if not found["train"] or (len(present) == 1 and not (alone and len(folders) == 1)):
        return {}
    for split, same in found.items():
        if len(same) > 1:
            raise DatasetError(
                f"expected one folder for {split} in {parent}. Received: {' and '.join(path.name for path in same)}"
            )
    return {split: same[0] for split, same in found.items() if same}


def _refuse_splits(data: Path, classes: Iterable[Path]) -> None:
    """Raise if a class's folder is called like a split, and has folders but no files.

    Raises:
        DatasetError: there is such a folder.
    """
    patterns = (*SPLIT_NAMES.values(), EVALUATION)
    for folder in classes:
        name = SPLIT_SUFFIX.sub("", folder.name.casefold())
        if any(pattern.fullmatch(name) for pattern in patterns) and _subfolders(folder) and not _has_files(folder):
            raise DatasetError(
                f"expected one folder per class in {data}, or folders train, val and test with the classes in each. "
                f"Received: {folder.name}, which is called like a part of a data set and holds only folders"
            )


def _has_files(folder: Path) -> bool:
    return any(entry.is_file() and not is_ignored(entry.name) for entry in os.scandir(folder))
