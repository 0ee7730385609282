"""Trains a head for a class of many photos: a detector that also learns from photos of the other taught classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference.models.discriminant import Discriminant, Others, discriminant
from inference.teaching.reference import Reference
from inference.teaching.thresholds import choose_thresholds

# Number of photos of a class from which a head is tried.
MIN_PHOTOS = 20
# Share of the photos of other taught classes among what the head tells its class from. The rest are unrelated photos.
TAUGHT_SHARE = 0.1
# Limit on the photos of other taught classes, which keeps the time of a fit at tens of milliseconds.
MAX_OTHERS = 256


@dataclass(frozen=True, slots=True, eq=False)
class ComparedHead:
    """The head of a class, compared with the mean of its photos by cross-validation.

    Attributes:
        column: what is used: the head if it is better, else the mean.
        better: whether the head is better.
        mean_accuracy, head_accuracy: mean of the share of the class's photos that are recognised, and of the share of
            the other classes' photos that are not mistaken for it, in [0, 1].
    """

    column: Discriminant
    better: bool
    mean_accuracy: float
    head_accuracy: float


def compare_heads(
    units: Sequence[npt.NDArray[np.float32]],
    learnt: Sequence[npt.NDArray[np.int64]],
    columns: Sequence[Discriminant],
    reference: Reference,
) -> tuple[ComparedHead | None, ...]:
    """Try a head for each class of `MIN_PHOTOS` photos or more.

    Args:
        units: normalised embeddings of each class, float32 (photos, channels).
        learnt: places of the photos of each class to learn from.
        columns: direction of each class by the mean of its photos.
        reference: reference of the base.

    Returns:
        The comparison for each class; None for a class with too few photos, or if there is no other class.
    """
    return tuple(
        _compare(units, place, learnt[place], columns[place], reference)
        if len(learnt[place]) >= MIN_PHOTOS and len(units) > 1
        else None
        for place in range(len(units))
    )


def _compare(
    units: Sequence[npt.NDArray[np.float32]],
    place: int,
    learnt: npt.NDArray[np.int64],
    column: Discriminant,
    reference: Reference,
) -> ComparedHead:
    rest = np.concatenate([each for other, each in enumerate(units) if other != place])
    rest = rest[np.unique(np.linspace(0, len(rest) - 1, MAX_OTHERS).round().astype(int))]
    unrelated = reference.others.units
    shares = np.concatenate(
        [reference.shares * (1 - TAUGHT_SHARE), np.full(len(rest), TAUGHT_SHARE / len(rest), np.float32)]
    )
    others = Others.of(np.concatenate([unrelated, rest]), shares, reference.others.prior)
    trained = discriminant(units[place], others, learnt)
    head = Discriminant(trained.detector, column.ranker, trained.others[: len(unrelated)])
    mean_accuracy = _accuracy(column, rest @ column.detector.weights + column.detector.bias)
    head_accuracy = _accuracy(head, trained.others[len(unrelated) :])
    better = head_accuracy > mean_accuracy
    return ComparedHead(head if better else column, better, mean_accuracy, head_accuracy)


def _accuracy(column: Discriminant, rest: npt.NDArray[np.floating]) -> float:
    (threshold,) = choose_thresholds([column])
    return (float((column.detector.own > threshold).mean()) + float((rest <= threshold).mean())) / 2
