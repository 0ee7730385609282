"""Text tables of an evaluation: figures per class, and confused classes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference.training.evaluation.evaluate import Evaluation

# Limits that make the tables fit into a terminal. With more classes, only the worst classes are listed.
MAX_MATRIX_CLASSES = 20
MAX_LISTED = 20
MAX_NAME_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair of confused classes.

    Attributes:
        truth: name of the true class.
        guess: name of the class that is guessed instead.
        images: number of confused images.
        share: share of the true class's images that are confused, in (0, 1].
    """

    truth: str
    guess: str
    images: int
    share: float


@dataclass(frozen=True, slots=True, eq=False)
class ClassConfusion:
    """The confusion matrix of the classes that have images.

    Attributes:
        names: names of these classes.
        counts: int64 (classes, classes + 1), number of images by true class (rows) and best guess (columns); the last
            column is the sum over all classes without images.
    """

    names: tuple[str, ...]
    counts: npt.NDArray[np.int64]


def class_name(label: str | None) -> str:
    """Return the first synonym of a label, shortened to fit a table."""
    return shortened((label or "(unlabelled)").split(",", 1)[0].strip(), MAX_NAME_LENGTH)


def shortened(name: str, length: int) -> str:
    return name if len(name) <= length else name[: length - 1] + "…"


def class_confusion(evaluation: Evaluation, labels: Sequence[str | None]) -> ClassConfusion:
    """Return the confusion matrix without the classes that have no images.

    Args:
        evaluation: evaluation of a model.
        labels: label of each of the model's outputs; None for an output without a label.
    """
    confusion = evaluation.confusion
    present = np.flatnonzero(confusion.sum(axis=1))
    counts = confusion[present]
    others = counts.sum(axis=1) - counts[:, present].sum(axis=1)
    names = tuple(class_name(labels[index]) for index in present.tolist())
    return ClassConfusion(names, np.column_stack((counts[:, present], others)))


def worst_pairs(
    evaluation: Evaluation, labels: Sequence[str | None], limit: int | None = MAX_LISTED
) -> tuple[Pair, ...]:
    """Return the most confused pairs of classes, the worst first; all pairs if `limit` is None."""
    confusion = evaluation.confusion
    totals = confusion.sum(axis=1)
    np.fill_diagonal(confusion, 0)
    worst = np.argsort(-confusion, axis=None, kind="stable")[:limit]
    cells = [(truth, guess, int(confusion[truth, guess])) for truth, guess in _cells(worst, len(confusion))]
    return tuple(
        Pair(class_name(labels[truth]), class_name(labels[guess]), images, images / int(totals[truth]))
        for truth, guess, images in cells
        if images
    )


def format_classes(evaluation: Evaluation, labels: Sequence[str | None]) -> str:
    """Format precision and recall of each class with images. If there are many, only those with the worst recall."""
    images = np.bincount(evaluation.truth, minlength=evaluation.classes)
    precision, recall = evaluation.precision, evaluation.recall
    present = np.flatnonzero(images)
    listed, heading = present, "class"
    if len(present) > MAX_MATRIX_CLASSES:
        listed = present[np.argsort(recall[present], kind="stable")][:MAX_LISTED]
        heading = f"worst {MAX_LISTED} of {len(present)} classes"
    rows = [(heading, "images", "precision", "recall")]
    rows += [
        (class_name(labels[index]), str(images[index]), _percent(precision[index]), _percent(recall[index]))
        for index in listed.tolist()
    ]
    return _table(rows)


def format_confusion(evaluation: Evaluation, labels: Sequence[str | None]) -> str:
    """Format the confusion matrix. For many classes, format a list of the most confused pairs instead."""
    confusion = class_confusion(evaluation, labels)
    classes = len(confusion.names)
    if classes > MAX_MATRIX_CLASSES:
        pairs = worst_pairs(evaluation, labels)
        rows = [("class", "taken for", "images", "of its images")]
        rows += [(pair.truth, pair.guess, str(pair.images), _percent(pair.share)) for pair in pairs]
        return _table(rows, texts=2)
    others = confusion.counts[:, classes].any()
    columns = [str(number) for number in range(1, classes + 1)] + (["others"] if others else [])
    matrix = [("truth \\ guess", *columns)]
    for number, (name, counts) in enumerate(zip(confusion.names, confusion.counts.tolist(), strict=True), start=1):
        cells = counts if others else counts[:-1]
        matrix.append((f"{number:2d} {name}", *(str(count) if count else "." for count in cells)))
    return _table(matrix)


def _cells(flat: npt.NDArray[np.int64], width: int) -> list[tuple[int, int]]:
    return [divmod(index, width) for index in flat.tolist()]


def _percent(share: float) -> str:
    return "-" if math.isnan(share) else f"{share:.1%}"


def _table(rows: Sequence[tuple[str, ...]], *, texts: int = 1) -> str:
    """Format rows as a table. The first `texts` columns are aligned left, the columns of numbers are aligned right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place < texts else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Format a header and rows of the same length as a Markdown table."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, ["---"] * len(header), *rows))
