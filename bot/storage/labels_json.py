"""Converts labels to the form in the database: [label, score, index, class id], and names by language if known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inference import Prediction


def labels_to_json(predictions: Sequence[Prediction]) -> list[list[Any]]:
    return [
        [found.label, found.score, found.index, found.class_id, *([dict(found.names)] if found.names else [])]
        for found in predictions
    ]


def labels_from_json(stored: Sequence[Sequence[Any]]) -> tuple[Prediction, ...]:
    """Read stored labels. Answers from earlier versions of the program have no class ids."""
    return tuple(Prediction(*fields) for fields in stored)
