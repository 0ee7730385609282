"""Label files: what people have them in, and the one form a bundle keeps.

In a bundle, line n of labels.txt is the label of output n, and an empty line an output that stands for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from inference.errors import ModelError

BACKGROUND = ("background", "dummy")
SYNSET = re.compile(r"n\d{8}[\s:,]+(?=\S)")
INDEX = re.compile(r"\d+[\s:,]+(?=\S)")


def parse_labels(text: str, classes: int) -> tuple[str | None, ...]:
    """Read a foreign label file: one label a line, perhaps each after its synset or its index.

    Args:
        text: the file's content.
        classes: number of the network's outputs.

    Returns:
        A label for each output; None for a background output, which is the first, named "background" or "dummy" or
        not in the file at all.

    Raises:
        ModelError: the counts do not fit.
    """
    lines = [line.strip() for line in text.removeprefix("\ufeff").splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    if lines and all(SYNSET.match(line) for line in lines if line.casefold() not in BACKGROUND):
        lines = [SYNSET.sub("", line, count=1) for line in lines]
    elif lines and all(_index(line) == number for number, line in enumerate(lines)):
        lines = [INDEX.sub("", line, count=1) for line in lines]
    labels = [line or None for line in lines]
    if labels and (labels[0] or "").casefold() in BACKGROUND:
        labels[0] = None
    elif len(labels) == classes - 1 == 1000:
        # ImageNet's thousand for a network with a background output.
        labels.insert(0, None)
    if len(labels) != classes:
        raise ModelError(f"expected {classes} labels, one for each output of the network. Received: {len(labels)}")
    if not any(labels):
        raise ModelError("expected at least one label. Received: empty lines")
    return tuple(labels)


def format_labels(labels: Sequence[str | None]) -> str:
    """Write labels as a bundle keeps them."""
    return "".join(f"{label or ''}\n" for label in labels)


def _index(line: str) -> int | None:
    match = INDEX.match(line)
    return int(re.split(r"[\s:,]", line, maxsplit=1)[0]) if match else None
