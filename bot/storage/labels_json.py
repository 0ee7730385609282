"""Labels as the database stores them: [label, score, index, class id], and names by language if there are any."""

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
    """Read labels; answers of earlier versions have no class ids."""
    return tuple(Prediction(*fields) for fields in stored)
