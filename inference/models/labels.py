"""Label files: the formats in which they are published, and the one that a bundle has.

In a bundle, line n of labels.txt is the label of output n, and an empty line an output that stands for nothing.
A label is shown in chats and on terminals, so it is short and has no characters that change how others are shown.
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
INDEX = re.compile(r"(\d{1,9})[\s:,]+(?=\S)")

# Twenty times what ImageNet's 21,841 classes take.
MAX_FILE_BYTES = 10_000_000
# Three times ImageNet's longest, and ten of them fit into one chat message.
MAX_LABEL_CHARACTERS = 400
# Control characters but for the tabulator, separators of lines and paragraphs, and what turns the direction of a text.
UNSHOWABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

# The first Inceptions have outputs to spare after those of ImageNet's 1000 classes and the background.
SPARE_OUTPUTS = 7
# inception-2015-12-05 tells its labels in two steps: from output to synset in a text of a protocol buffer, and from
# synset to name in a file beside it.
TARGET = re.compile(r'\btarget_class:\s*(\d{1,9})\s+target_class_string:\s*"([^"\n]*)"')
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
        ModelError: it is no text, or too large, or the labels do not fit, or cannot be shown.
        OSError: it cannot be read.
    """
    text = read_text(path)
    if TARGET.search(text):
        return parse_label_map(text, read_text(path.with_name(SYNSET_NAMES)), classes)
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
        ModelError: an output is not the network's or is there twice, or a synset has no name or one that cannot be
            shown.
    """
    names = dict(line.split("\t", 1) for line in synset_names.split("\n") if "\t" in line)
    labels: list[str | None] = [None] * classes
    for target, synset in TARGET.findall(label_map):
        index = int(target)
        if index >= classes or labels[index] is not None:
            raise ModelError(f"expected each of {classes} outputs once in the label map. Received: {target}")
        if not names.get(synset):
            raise ModelError(f"expected a name for every synset of the label map. Received: none for {synset[:40]!r}")
        labels[index] = names[synset].strip()
    check_labels(labels)
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
        ModelError: the counts do not fit, or nothing has a label, or one cannot be shown.
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
    check_labels(labels)
    return tuple(labels)


def check_labels(labels: Sequence[str | None]) -> None:
    """Refuse labels that cannot be shown.

    Raises:
        ModelError: one is too long, or has a line break, another control character, or one that turns the direction of
            the text.
    """
    for number, label in enumerate(labels, 1):
        if label is not None and len(label) > MAX_LABEL_CHARACTERS:
            raise ModelError(
                f"expected labels of at most {MAX_LABEL_CHARACTERS} characters. "
                f"Received: {len(label):,}, label {number}: {label[:40]!a}..."
            )
        if label is not None and (found := UNSHOWABLE.search(label)):
            raise ModelError(
                "expected labels of one line, without characters that control how text is shown. "
                f"Received: {found[0]!a} in label {number}, {label[:40]!a}"
            )


def format_labels(labels: Sequence[str | None]) -> str:
    """Write labels as a bundle keeps them.

    Raises:
        ModelError: a label cannot be shown.
    """
    check_labels(labels)
    return "".join(f"{label or ''}\n" for label in labels)


def read_text(path: Path) -> str:
    """Read a file of labels.

    Raises:
        ModelError: it is no UTF-8, or too large.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        content = file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise ModelError(f"{path}: expected a file of labels of at most {MAX_FILE_BYTES:,} bytes. Received: more")
    try:
        # Line ends as on any system.
        return content.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
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
