"""Label files: the forms that they come in, and the one form that a bundle keeps.

In a bundle, line n of labels.txt is the label of output n, and an empty line an output that stands for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from inference.errors import ModelError

IMAGENET_CLASSES = 1000
# What ImageNet's label files call the first of 1001 outputs, and iNaturalist's the last.
UNLABELLED = ("background", "dummy")
SYNSET = re.compile(r"n\d{8}[\s:,]+(?=\S)")
INDEX = re.compile(r"(\d+)[\s:,]+(?=\S)")


def read_label_file(path: Path, classes: int) -> tuple[str | None, ...]:
    """Read a foreign label file; see `parse_labels`.

    Raises:
        ModelError: it is no text, or the labels do not fit.
        OSError: it cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except ValueError as error:
        raise ModelError(f"{path}: expected text in UTF-8. Received: {error}") from error
    return parse_labels(text, classes)


def parse_labels(text: str, classes: int) -> tuple[str | None, ...]:
    """Read a foreign label file: one label a line, each perhaps after its WordNet synset or its index from 0.

    A file for ImageNet fits a network with and without a background output, whichever of the two it was written for.

    Args:
        text: the file's content.
        classes: number of the network's outputs.

    Returns:
        A label for each output; None for a background output and for an empty line.

    Raises:
        ModelError: the counts do not fit, or nothing has a label.
    """
    lines = [line.strip() for line in text.removeprefix("\ufeff").rstrip().split("\n")]
    labels = [None if line.casefold() in UNLABELLED else line or None for line in _without_prefixes(lines)]
    if len(labels) == IMAGENET_CLASSES and classes == IMAGENET_CLASSES + 1 and labels[0] is not None:
        labels.insert(0, None)
    elif len(labels) == IMAGENET_CLASSES + 1 and classes == IMAGENET_CLASSES and labels[0] is None:
        del labels[0]
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


def _without_prefixes(lines: list[str]) -> list[str]:
    """Take off synsets where every label has one, or else indices where every line has its own."""
    if all(SYNSET.match(line) for line in lines if line and line.casefold() not in UNLABELLED):
        return [SYNSET.sub("", line, count=1) for line in lines]
    indices = [INDEX.match(line) for line in lines]
    if all(match is not None and int(match[1]) == number for number, match in enumerate(indices)):
        return [INDEX.sub("", line, count=1) for line in lines]
    return lines
