"""Label files: the labels of a network from a file in one of the usual formats, and a bundle's own label file.

In a bundle, line n of labels.txt is the label of output n. An empty line means that the output has no meaning.
Labels are shown in chats and on terminals. So a label is short, and has no characters that change how the text around
the label is shown.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from pathlib import Path

from inference.errors import ModelError
from inference.models.label_formats import LABEL_TITLES, Labels, is_unlabelled, read_entries

IMAGENET_LABELS = Path(__file__).with_name("imagenet_labels.txt")
IMAGENET_CLASSES = 1000
# Numbers of lines of iNaturalist's label files of birds, insects and plants. Their last line is "background".
INATURALIST_LINES = (965, 1022, 2102)
# Characters that separate labels on one line, and characters of which no such label consists.
SEPARATORS = re.compile(r"[,;\t]")
BRACKETS = re.compile(r"""[()\[\]{}"'=]""")

# Limit on a label file: twenty times the size of a file for ImageNet's 21,841 classes.
MAX_FILE_BYTES = 10_000_000
# Limit on a label: three times the length of ImageNet's longest label. Ten such labels fit into a chat message.
MAX_LABEL_CHARACTERS = 400
# Control characters except the tab, separators of lines and paragraphs, characters that change the text direction, and
# halves of characters, which JSON can escape.
UNSHOWABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

# Number of unused outputs at the end of the first Inception networks, after the background and ImageNet's 1000 classes.
SPARE_OUTPUTS = 7
# inception-2015-12-05 has two label files. The first file maps outputs to synsets, as a protocol buffer in text form.
# The second file maps synsets to names, and is in the same folder.
TARGET = re.compile(r'\btarget_class:\s*(\d{1,9})\s+target_class_string:\s*"([^"\n]*)"')
SYNSET_NAMES = "imagenet_synset_to_human_label_map.txt"


def imagenet_labels() -> tuple[str, ...]:
    """Return the labels of ImageNet's 1,000 classes, ordered by synset.

    The labels are those of TensorFlow's and Coral's label files (Apache-2.0), without the first line, "background".
    """
    return tuple(IMAGENET_LABELS.read_text(encoding="utf-8").splitlines())


def read_label_file(path: Path, classes: int) -> tuple[str | None, ...]:
    """Read a label file in one of the usual formats, or the label map of inception-2015-12-05.

    See `parse_labels` for the formats. A label map (.pbtxt) has synsets, and needs the file with the names of the
    synsets in the same folder.

    Raises:
        ModelError: the file is not text or is too large, or the labels do not fit the network or cannot be shown.
        OSError: a file cannot be read.
    """
    text = read_text(path)
    try:
        if TARGET.search(text):
            return parse_label_map(text, read_text(path.with_name(SYNSET_NAMES)), classes)
        return parse_labels(text, classes)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error


def parse_label_map(label_map: str, synset_names: str, classes: int) -> tuple[str | None, ...]:
    """Read the labels of inception-2015-12-05.

    Args:
        label_map: text with entries of two fields: `target_class` is an output, `target_class_string` is its synset.
        synset_names: text with a synset, a tab and the synset's name on each line.
        classes: number of the network's outputs.

    Returns:
        A label for each output; None for an output that is not in the map.

    Raises:
        ModelError: the map has an output that the network lacks, or has an output twice; or a synset has no name, or a
            name that cannot be shown.
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
    """Read the text of a label file: one label per line, a JSON or Python list or dictionary, or a CSV table.

    Each line may have its WordNet synset or its index, counted from 0 or 1. A file for ImageNet fits networks with and
    without a background output, even if it was written for the other kind. A file with a background label also fits a
    network with a background output and unused outputs at the end. Only in files for ImageNet and iNaturalist is
    "background" the name of an output without a class.

    Args:
        text: content of the file.
        classes: number of the network's outputs.

    Returns:
        A label for each output; None for a background output, an unused output or an empty line.

    Raises:
        ModelError: the numbers of labels and outputs do not fit, there is no label at all, a label cannot be shown, or
            the text looks like a program.
    """
    labels = _in_order(read_entries(text.removeprefix("\ufeff").removesuffix("\n")), classes)
    while len(labels) > classes and labels[-1] is None:
        labels.pop()
    if len(labels) == 1 < classes and labels[0] is not None and not BRACKETS.search(labels[0]):
        labels = [label.strip() or None for label in SEPARATORS.split(labels[0])]
    if len(labels) == classes + 1 and labels[0] is not None and labels[0].casefold() in LABEL_TITLES:
        del labels[0]
    labels = _fit_published(labels, classes)
    if len(labels) != classes:
        raise ModelError(f"expected {classes} labels, one for each output of the network. Received: {len(labels)}")
    if not any(labels):
        raise ModelError("expected at least one label. Received: empty lines")
    check_labels(labels)
    return tuple(labels)


def _in_order(entries: Labels, classes: int) -> list[str | None]:
    """Return labels in the order of the outputs.

    Indices without a gap are counted from the first index, 0 or 1. Other indices are the numbers of the outputs.

    Raises:
        ModelError: an index is not the number of an output.
    """
    if isinstance(entries, list):
        return entries
    indices = sorted(entries)
    if indices in ([*range(len(indices))], [*range(1, len(indices) + 1)]):
        return [entries[index] for index in indices]
    if indices[-1] >= classes:
        raise ModelError(
            f"expected labels with the indices 0 to {classes - 1}, one for each output of the network. "
            f"Received: {len(indices)} labels, the last with the index {indices[-1]}"
        )
    return [entries.get(index) for index in range(classes)]


def _fit_published(labels: list[str | None], classes: int) -> list[str | None]:
    """Fit the label files for ImageNet and iNaturalist, which have or lack a background output, to a network."""
    count = len(labels)
    if count == IMAGENET_CLASSES + 1 and (labels[0] is None or is_unlabelled(labels[0])):
        spare = [None] * SPARE_OUTPUTS if classes == count + SPARE_OUTPUTS else []
        return labels[1:] if classes == IMAGENET_CLASSES else [None, *labels[1:], *spare]
    if count == IMAGENET_CLASSES and classes == count + 1 and labels[0] is not None and not is_unlabelled(labels[0]):
        return [None, *labels]
    if count in INATURALIST_LINES and is_unlabelled(labels[-1]):
        return [*labels[:-1], None]
    return labels


def check_labels(labels: Sequence[str | None]) -> None:
    """Refuse labels that cannot be shown.

    Raises:
        ModelError: a label is too long, or contains a line break, another control character, a character that changes
            the text direction, or half of a character.
    """
    for number, label in enumerate(labels, 1):
        if label is not None and len(label) > MAX_LABEL_CHARACTERS:
            raise ModelError(
                f"expected labels of at most {MAX_LABEL_CHARACTERS} characters. "
                f"Received: {len(label):,}, label {number}: {label[:40]!a}..."
            )
        if label is not None and (found := UNSHOWABLE.search(label)):
            raise ModelError(
                "expected labels of one line, of characters that can be shown. "
                f"Received: {found[0]!a} in label {number}, {label[:40]!a}"
            )


def format_labels(labels: Sequence[str | None]) -> str:
    """Return the text of a bundle's label file.

    Raises:
        ModelError: a label cannot be shown.
    """
    check_labels(labels)
    return "".join(f"{label or ''}\n" for label in labels)


def read_text(path: Path) -> str:
    """Read the text of a label file.

    Raises:
        ModelError: the file is not UTF-8, or is too large.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        content = file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise ModelError(f"{path}: expected a file of labels of at most {MAX_FILE_BYTES:,} bytes. Received: more")
    try:
        # Windows writes text as UTF-16, with a mark. Accept the line ends of all systems.
        encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8"
        text = content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
        if encoding == "utf-16" and not text.replace("\n", "").replace("\t", "").isprintable():
            raise ValueError("characters that no text has")
        return text
    except ValueError as error:
        raise ModelError(f"{path}: expected text in UTF-8. Received: {error}") from error
