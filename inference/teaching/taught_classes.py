"""Recognises taught classes by the embeddings of a few photos each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference.errors import ModelError
from inference.models.discriminant import Discriminant, discriminant
from inference.models.familiarity import normalised
from inference.teaching.outliers import find_outliers
from inference.teaching.reference import Reference
from inference.teaching.report import ClassReport, TaughtScore
from inference.teaching.thresholds import chances, choose_thresholds
from inference.teaching.trained_heads import ComparedHead, compare_heads


@dataclass(frozen=True, slots=True, eq=False)
class TaughtClasses:
    """Classes that were taught with a few photos, ready to recognise.

    Attributes:
        names: name of each class.
        centre: centre of the reference, float32 (channels,).
        weights: direction of each class, float32 (channels, classes), for embeddings without the centre, of length 1.
        bias: float32 (classes,).
        thresholds: score from which a photo is of the class, float32 (classes,).
        reports: how well each class is recognised.
        rough: whether the thresholds are uncertain, since the base comes without unrelated embeddings.
    """

    names: tuple[str, ...]
    centre: npt.NDArray[np.float32]
    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]
    thresholds: npt.NDArray[np.float32]
    reports: Mapping[str, ClassReport]
    rough: bool

    @classmethod
    def fit(cls, photos: Mapping[str, npt.NDArray[np.float32]], reference: Reference) -> TaughtClasses:
        """Fit the classes, in a few milliseconds each.

        Args:
            photos: embeddings of the photos of each class, float32 (photos, channels), at least one photo.
            reference: reference of the same base.

        Raises:
            ModelError: embeddings have another number of channels than the reference, or contain NaN or infinity.
        """
        units = [_units(name, embeddings, reference) for name, embeddings in photos.items()]
        outliers = [find_outliers(each) for each in units]
        learnt = [np.delete(np.arange(len(each)), out) for each, out in zip(units, outliers, strict=True)]
        columns = [discriminant(each, reference.others, which) for each, which in zip(units, learnt, strict=True)]
        heads = compare_heads(units, learnt, columns, reference)
        columns = [column if head is None else head.column for column, head in zip(columns, heads, strict=True)]
        thresholds = choose_thresholds(columns)
        names = tuple(photos)
        reports = dict(zip(names, _reports(names, units, outliers, columns, heads, thresholds), strict=True))
        weights = np.stack([column.weights for column in columns], axis=1) if columns else np.zeros((reference.channels, 0))
        bias = np.array([column.bias for column in columns], np.float32)
        return cls(names, reference.centre, np.asarray(weights, np.float32), bias, thresholds, reports, reference.rough)

    def recognise(self, embedding: npt.NDArray[np.float32]) -> tuple[TaughtScore, ...]:
        """Return the classes that a photo shows, best first; none if it shows none of them.

        Args:
            embedding: float32 (channels,).

        Raises:
            ModelError: the embedding has another number of channels, or contains NaN or infinity.
        """
        check_embeddings(embedding[None], len(self.centre))
        margins = self.margins(embedding[None])[0]
        probabilities = chances(margins)
        order = np.argsort(-margins, kind="stable").tolist()
        return tuple(TaughtScore(self.names[at], float(probabilities[at])) for at in order if margins[at] > 0)

    def margins(self, embeddings: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return how far photos are above the thresholds, float32 (photos, classes).

        Args:
            embeddings: float32 (photos, channels).
        """
        scores = normalised(embeddings, self.centre) @ self.weights + self.bias
        return np.asarray(scores - self.thresholds, np.float32)


def check_embeddings(embeddings: npt.NDArray[np.float32], channels: int) -> None:
    """Raise if embeddings are not those of a base.

    Raises:
        ModelError: they have another number of channels, contain NaN or infinity, or are none.
    """
    if embeddings.ndim != 2 or embeddings.shape[1] != channels or not len(embeddings):
        raise ModelError(f"expected embeddings (photos, {channels}), as the base has. Received: {embeddings.shape}")
    if not np.isfinite(embeddings).all():
        raise ModelError("expected embeddings of numbers. Received: values that are none")


def _units(name: str, embeddings: npt.NDArray[np.float32], reference: Reference) -> npt.NDArray[np.float32]:
    try:
        check_embeddings(embeddings, reference.channels)
    except ModelError as error:
        raise ModelError(f"{name}: {error}") from error
    return normalised(embeddings, reference.centre)


def _reports(
    names: Sequence[str],
    units: Sequence[npt.NDArray[np.float32]],
    outliers: Sequence[tuple[int, ...]],
    columns: Sequence[Discriminant],
    heads: Sequence[ComparedHead | None],
    thresholds: npt.NDArray[np.float32],
) -> Iterator[ClassReport]:
    means = normalised(np.stack([each.mean(axis=0) for each in units]), np.zeros(1, np.float32)) if units else None
    for place, (own, column, head) in enumerate(zip(units, columns, heads, strict=True)):
        best = column.own - thresholds[place]
        nearest = None
        for other, rival in enumerate(columns):
            if other != place:
                best = np.where(own @ rival.weights + rival.bias - thresholds[other] > best, -1.0, best)
        if len(units) > 1:
            assert means is not None
            alike = means @ means[place]
            alike[place] = -2
            nearest = names[int(alike.argmax())]
        yield ClassReport(
            photos=len(own),
            recognised=int((best > 0).sum()),
            held_out=len(own) if len(own) > 1 else 0,
            nearest=nearest,
            outliers=outliers[place],
            method="mean" if head is None or not head.better else "head",
            mean_accuracy=None if head is None else head.mean_accuracy,
            head_accuracy=None if head is None else head.head_accuracy,
        )
