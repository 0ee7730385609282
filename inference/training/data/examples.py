"""Labelled, encoded images, from folders and from TFRecord files alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from inference.system.extras import require_extra
from inference.system.stderr import quiet_tensorflow
from inference.training.data.folders import ImageFolders, Skipped, class_labels, find_images, split_folders
from inference.training.data.splits import Split
from inference.training.errors import DatasetError

SPLITS: tuple[Split, ...] = ("train", "validation", "test")
LABELS_FILE = "labels.txt"


@dataclass(frozen=True, slots=True)
class Example:
    """An image as it is stored, and its class.

    Attributes:
        name: path below the data's folder, with forward slashes, or "FILE.tfrecord:17" for record 17 from 0.
        encoded: the image's file, which may turn out damaged when it is decoded.
        label: index of its class in the data's labels.
    """

    name: str
    encoded: bytes
    label: int


class Examples(Protocol):
    """The images of a data set or of one of its splits; they are read when one iterates, each time in the same order.

    Attributes:
        labels: name of each class, the same for all splits.
        skipped: images that are left out, and why.
    """

    labels: tuple[str, ...]
    skipped: tuple[Skipped, ...]

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Example]: ...


def open_examples(data: Path, *, split: Split | Literal["all"]) -> Examples:
    """Look at a data set, and read none of its images yet.

    Args:
        data: a folder of train-*.tfrecord, validation-*.tfrecord, perhaps test-*.tfrecord, and labels.txt; or one with
            `train`, `val` (or `validation`) and perhaps `test` folders of class folders; or one of class folders.
            Of the last, `splits.split_of` assigns a tenth to validation and a tenth to test.
        split: the part wanted.

    Raises:
        DatasetError: it is none of these, the split has no images, or classes and labels do not fit together.
        MissingExtra: TensorFlow, which reads TFRecords, is not installed.
        OSError: a folder or a file cannot be read.
    """
    if not data.is_dir():
        raise DatasetError(f"expected a folder of images or of TFRecords. Received: {data}, which is no folder")
    wanted = SPLITS if split == "all" else (split,)
    files = _record_files(data)
    examples = _open_records(data, files, wanted) if files else FolderExamples(data, find_images(data), wanted)
    if len(examples) == 0:
        raise DatasetError(f"expected images in the {split} split of {data}. Received: none")
    return examples


def separate_splits(data: Path) -> tuple[Split, ...]:
    """The splits that a data set holds apart from each other; none for a plain folder of class folders."""
    return tuple(_record_files(data) or split_folders(data))


class FolderExamples:
    """The image files of some splits."""

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
    """The records of some files."""

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
            DatasetError: a record is damaged, or its class is not what labels.txt says.
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
        # Other writers put other texts than the labels there, but hardly the label of another class.
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
