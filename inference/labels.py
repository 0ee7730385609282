"""Label files: the forms that they come in, and the one form that a bundle keeps.

In a bundle, line n of labels.txt is the label of output n, and an empty line an output that stands for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from inference.errors import ModelError

IMAGENET_LABELS = Path(__file__).with_name("imagenet_labels.txt")
IMAGENET_CLASSES = 1000
# What ImageNet's label files call the first of 1001 outputs, and iNaturalist's the last.
UNLABELLED = ("background", "dummy")
SYNSET = re.compile(r"n\d{8}[\s:,]+(?=\S)")
INDEX = re.compile(r"(\d+)[\s:,]+(?=\S)")

# The first Inceptions have outputs to spare after those of ImageNet's 1000 classes and the background.
SPARE_OUTPUTS = 7
# inception-2015-12-05 tells its labels in two steps: from output to synset in a text of a protocol buffer, and from
# synset to name in a file beside it.
TARGET = re.compile(r'\btarget_class:\s*(\d+)\s+target_class_string:\s*"([^"\n]*)"')
SYNSET_NAMES = "imagenet_synset_to_human_label_map.txt"


def imagenet_labels() -> tuple[str, ...]:
    """The labels of ImageNet's 1,000 classes in their order, which is that of their synsets.

    As in TensorFlow's and Coral's label files (Apache-2.0), without their first line, "background".
    """
    return tuple(IMAGENET_LABELS.read_text(encoding="utf-8").splitlines())


def read_label_file(path: Path, classes: int) -> tuple[str | None, ...]:
    """Read a foreign label file: one label a line, or the first of the two steps of inception-2015-12-05.

    See `parse_labels` for lines. A label map of synsets (.pbtxt) needs the file of their names beside it.

    Raises:
        ModelError: it is no text, or the labels do not fit.
        OSError: it cannot be read.
    """
    text = _read_text(path)
    if TARGET.search(text):
        return parse_label_map(text, _read_text(path.with_name(SYNSET_NAMES)), classes)
    return parse_labels(text, classes)


def parse_label_map(label_map: str, synset_names: str, classes: int) -> tuple[str | None, ...]:
    """Read the labels of inception-2015-12-05.

    Args:
        label_map: entries with a `target_class`, the output, and a `target_class_string`, its synset.
        synset_names: a synset, a tabulator and its name a line.
        classes: number of the network's outputs.

    Returns:
        A label for each output; None where the map has none.

    Raises:
        ModelError: an output is not the network's or is there twice, or a synset has no name.
    """
    names = dict(line.split("\t", 1) for line in synset_names.splitlines() if "\t" in line)
    labels: list[str | None] = [None] * classes
    for target, synset in TARGET.findall(label_map):
        index = int(target)
        if index >= classes or labels[index] is not None:
            raise ModelError(f"expected each of {classes} outputs once in the label map. Received: {target}")
        if not names.get(synset):
            raise ModelError(f"expected a name for every synset of the label map. Received: none for {synset!r}")
        labels[index] = names[synset]
    return tuple(labels)


def parse_labels(text: str, classes: int) -> tuple[str | None, ...]:
    """Read a foreign label file: one label a line, each perhaps after its WordNet synset or its index from 0.

    A file for ImageNet fits a network with and without a background output, whichever of the two it was written for,
    and one with a background output and some to spare.

    Args:
        text: the file's content.
        classes: number of the network's outputs.

    Returns:
        A label for each output; None for a background output, one to spare and an empty line.

    Raises:
        ModelError: the counts do not fit, or nothing has a label.
    """
    lines = [line.strip() for line in text.removeprefix("\ufeff").rstrip().split("\n")]
    labels = [None if line.casefold() in UNLABELLED else line or None for line in _without_prefixes(lines)]
    if len(labels) == IMAGENET_CLASSES and classes == IMAGENET_CLASSES + 1 and labels[0] is not None:
        labels.insert(0, None)
    elif len(labels) == IMAGENET_CLASSES + 1 and classes == IMAGENET_CLASSES and labels[0] is None:
        del labels[0]
    elif len(labels) == IMAGENET_CLASSES + 1 == classes - SPARE_OUTPUTS:
        labels += [None] * SPARE_OUTPUTS
    if len(labels) != classes:
        raise ModelError(f"expected {classes} labels, one for each output of the network. Received: {len(labels)}")
    if not any(labels):
        raise ModelError("expected at least one label. Received: empty lines")
    return tuple(labels)


def format_labels(labels: Sequence[str | None]) -> str:
    """Write labels as a bundle keeps them.

    Raises:
        ModelError: a label has several lines.
    """
    for label in labels:
        if label is not None and "\n" in label:
            raise ModelError(f"expected labels of one line. Received: {label!r}")
    return "".join(f"{label or ''}\n" for label in labels)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except ValueError as error:
        raise ModelError(f"{path}: expected text in UTF-8. Received: {error}") from error


def _without_prefixes(lines: list[str]) -> list[str]:
    """Take off synsets where every label has one, or else indices where every line has its own."""
    if all(SYNSET.match(line) for line in lines if line and line.casefold() not in UNLABELLED):
        return [SYNSET.sub("", line, count=1) for line in lines]
    indices = [INDEX.match(line) for line in lines]
    if all(match is not None and int(match[1]) == number for number, match in enumerate(indices)):
        return [INDEX.sub("", line, count=1) for line in lines]
    return lines
