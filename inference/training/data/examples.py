"""Labelled, encoded images from folders or TFRecord files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from inference.system.extras import require_extra
from inference.system.stderr import quiet_tensorflow
from inference.training.data.folders import ImageFolders, Skipped, class_labels, find_images
from inference.training.data.layout import given_splits
from inference.training.data.splits import SPLITS, Split
from inference.training.errors import DatasetError

LABELS_FILE = "labels.txt"


@dataclass(frozen=True, slots=True)
class Example:
    """An encoded image and its class.

    Attributes:
        name: path below the data's folder, with forward slashes; or "FILE.tfrecord:17" for record 17, counted from 0.
        encoded: content of the image's file; it may be damaged.
        label: index of the class in the data's labels.
    """

    name: str
    encoded: bytes
    label: int


class Examples(Protocol):
    """The images of a data set or of one of its splits. Iterating reads the images, always in the same order.

    Attributes:
        labels: name of each class, the same for all splits.
        skipped: images that are left out, with the reasons.
    """

    labels: tuple[str, ...]
    skipped: tuple[Skipped, ...]

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Example]: ...


def open_examples(data: Path, *, split: Split | Literal["all"]) -> Examples:
    """Open a data set without reading its images.

    Args:
        data: folder with train-*.tfrecord, validation-*.tfrecord, labels.txt and perhaps test-*.tfrecord; or folder of
            images, see `find_images`.
        split: split to open, or "all".

    Raises:
        DatasetError: the folder has another layout, the split has no images, or classes and labels do not match.
        MissingExtra: TensorFlow, which reads TFRecords, is not installed.
        OSError: a folder or a file cannot be read.
    """
    if not data.is_dir():
        raise DatasetError(f"expected a folder of images or of TFRecords. Received: {data}, which is no folder")
    wanted = SPLITS if split == "all" else (split,)
    files = _record_files(data)
    if files:
        examples: Examples = _open_records(data, files, wanted)
    else:
        compare = split != "all" and "validation" not in given_splits(data)
        examples = FolderExamples(data, find_images(data, compare=compare), wanted)
    if len(examples) == 0:
        raise DatasetError(f"expected images in the {split} split of {data}. Received: none")
    return examples


def separate_splits(data: Path) -> tuple[Split, ...]:
    """Return the splits with files or folders of their own. A plain folder of class folders has no such splits."""
    return tuple(_record_files(data)) or given_splits(data)


def has_records(data: Path) -> bool:
    """Return whether a folder contains TFRecords, and not images."""
    return bool(_record_files(data))


class FolderExamples:
    """Examples of some splits, from folders of images."""

    def __init__(self, data: Path, images: ImageFolders, splits: tuple[Split, ...]) -> None:
        self.labels = images.labels
        self.skipped = images.skipped
        self._data = data
        self._files = tuple(file for file in images.files if file.split in splits)

    def __len__(self) -> int:
        return len(self._files)

    def __iter__(self) -> Iterator[Example]:
        for file in self._files:
            yield Example(file.name, (self._data / file.name).read_bytes(), file.label)


class RecordExamples:
    """Examples from TFRecord files."""

    skipped: tuple[Skipped, ...] = ()

    def __init__(self, files: tuple[Path, ...], labels: tuple[str, ...]) -> None:
        """Count the records.

        Raises:
            DatasetError: a file ends within a record.
        """
        with quiet_tensorflow():
            from inference.training.data.record_files import count_records

        self.labels = labels
        self._files = files
        self._count = sum(map(count_records, files))

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Example]:
        """Read the records.

        Raises:
            DatasetError: a record is damaged, or its class contradicts labels.txt.
        """
        from inference.training.data.record_files import read_records

        for path in self._files:
            for number, record in enumerate(read_records(path)):
                name = f"{path.name}:{number}"
                self._check(record.label, record.text, name)
                yield Example(name, record.encoded, record.label)

    def _check(self, label: int, text: str, name: str) -> None:
        if not 0 <= label < len(self.labels):
            raise DatasetError(
                f"expected the number of one of the {len(self.labels)} classes of {LABELS_FILE} in record {name}. "
                f"Received: {label}"
            )
        # Other programs may store texts that are no labels. Only a text that is the label of another class is an error.
        if text != self.labels[label] and text in self.labels:
            raise DatasetError(
                f"expected class {label} of record {name} to be {self.labels[label]!r}, as {LABELS_FILE} says. "
                f"Received: {text!r}"
            )


def _record_files(data: Path) -> Mapping[Split, tuple[Path, ...]]:
    found = {split: tuple(sorted(data.glob(f"{split}-*.tfrecord"))) for split in SPLITS}
    return {split: files for split, files in found.items() if files}


def _open_records(data: Path, files: Mapping[Split, tuple[Path, ...]], splits: tuple[Split, ...]) -> RecordExamples:
    require_extra("tensorflow", "reading TFRecords")
    labels = data / LABELS_FILE
    if not labels.is_file():
        raise DatasetError(f"expected {LABELS_FILE} beside the TFRecords in {data}. Received: none")
    try:
        names = labels.read_text(encoding="utf-8").rstrip().splitlines()
    except ValueError as error:
        raise DatasetError(f"{labels}: expected text in UTF-8. Received: {error}") from error
    if len(names) < 2 or not all(map(str.strip, names)):
        raise DatasetError(f"expected the name of a class on each line of {labels}, two at least. Received: {names!r}")
    return RecordExamples(tuple(path for split in splits for path in files.get(split, ())), class_labels(names))
