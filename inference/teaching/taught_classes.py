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
        weights: detector, then ranker of each class, float32 (channels, 2 * classes), for embeddings without the
            centre, of length 1; see `Discriminant`.
        bias: float32 (2 * classes,).
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
        columns = [discriminant(each, reference.others, np.arange(len(each))) for each in units]
        outliers = [find_outliers(column) for column in columns]
        learnt = [np.delete(np.arange(len(each)), out) for each, out in zip(units, outliers, strict=True)]
        for place in (place for place, out in enumerate(outliers) if out):
            columns[place] = discriminant(units[place], reference.others, learnt[place])
        heads = compare_heads(units, learnt, columns, reference)
        columns = [column if head is None else head.column for column, head in zip(columns, heads, strict=True)]
        thresholds = choose_thresholds(columns)
        names = tuple(photos)
        reports = dict(zip(names, _reports(names, units, outliers, columns, heads, thresholds), strict=True))
        directions = [*(column.detector for column in columns), *(column.ranker for column in columns)]
        weights = np.array([each.weights for each in directions], np.float32).reshape(-1, reference.channels).T
        bias = np.array([each.bias for each in directions], np.float32)
        return cls(names, reference.centre, weights, bias, thresholds, reports, reference.rough)

    def recognise(self, embedding: npt.NDArray[np.float32]) -> tuple[TaughtScore, ...]:
        """Return the classes that a photo shows, best first; none if it shows none of them.

        No probability is above that of a better class.

        Args:
            embedding: float32 (channels,).

        Raises:
            ModelError: the embedding has another number of channels, or contains NaN or infinity.
        """
        check_embeddings(embedding[None], len(self.centre))
        margins, ranks = (each[0] for each in self.scores(embedding[None]))
        shown = [place for place in np.argsort(-ranks, kind="stable").tolist() if margins[place] > 0]
        probabilities = np.minimum.accumulate(chances(margins[shown])).tolist()
        return tuple(TaughtScore(self.names[place], chance) for place, chance in zip(shown, probabilities, strict=True))

    def scores(self, embeddings: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return how far photos are above the thresholds, and the scores by which classes are ranked.

        Args:
            embeddings: float32 (photos, channels).

        Returns:
            float32 (photos, classes) each; a photo shows the classes with numbers above 0 in the first.
        """
        scores = normalised(embeddings, self.centre) @ self.weights + self.bias
        detected, ranks = scores[:, : len(self.names)], scores[:, len(self.names) :]
        return detected - self.thresholds, ranks


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
        recognised = column.detector.own > thresholds[place]
        for rival, threshold in zip(columns, thresholds, strict=True):
            if rival is not column:
                detected = own @ rival.detector.weights + rival.detector.bias > threshold
                recognised &= ~detected | (own @ rival.ranker.weights + rival.ranker.bias < column.ranker.own)
        nearest = None
        if len(units) > 1:
            assert means is not None
            alike = means @ means[place]
            alike[place] = -2
            nearest = names[int(alike.argmax())]
        yield ClassReport(
            photos=len(own),
            recognised=int(recognised.sum()),
            held_out=len(own) if len(own) > 1 else 0,
            nearest=nearest,
            outliers=outliers[place],
            method="mean" if head is None or not head.better else "head",
            mean_accuracy=None if head is None else head.mean_accuracy,
            head_accuracy=None if head is None else head.head_accuracy,
        )
