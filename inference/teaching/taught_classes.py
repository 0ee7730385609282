"""Recognises taught classes by the embeddings of a few photos each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference.errors import ModelError
from inference.models.discriminant import Discriminant, discriminant, turn
from inference.models.familiarity import normalised
from inference.teaching.outliers import find_outliers
from inference.teaching.ranking import MIN_PHOTOS, Ranking, rank_by_means, rank_by_ridge
from inference.teaching.reference import Reference
from inference.teaching.report import ClassReport, TaughtScore
from inference.teaching.thresholds import chances, choose_thresholds


@dataclass(frozen=True, slots=True, eq=False)
class TaughtClasses:
    """Classes that were taught with a few photos, ready to recognise.

    Attributes:
        names: name of each class.
        centre: centre of the reference, float32 (channels,).
        weights: detector of each class, then what ranks it, float32 (channels, 2 * classes), for embeddings without the
            centre, of length 1; see `Discriminant`.
        bias: float32 (2 * classes,).
        thresholds: score from which a photo is of the class, float32 (classes,).
        held_out: how far each photo of each class is above the threshold by a detector that did not learn from it,
            float64 (photos,); NaN for a single photo.
        reports: how well each class is recognised.
        rough: whether the thresholds are uncertain, since the base comes without unrelated embeddings.
    """

    names: tuple[str, ...]
    centre: npt.NDArray[np.float32]
    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]
    thresholds: npt.NDArray[np.float32]
    held_out: tuple[npt.NDArray[np.float64], ...]
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
        columns, outliers = _directions(units, reference)
        thresholds = choose_thresholds(columns)
        names = tuple(photos)
        if not names:
            none = np.zeros(0, np.float32)
            return cls(
                names,
                reference.centre,
                np.zeros((reference.channels, 0), np.float32),
                none,
                none,
                (),
                {},
                reference.rough,
            )
        means = rank_by_means(units, columns)
        ridge = None
        if len(names) > 1 and min(map(len, units)) >= MIN_PHOTOS:
            ridge = rank_by_ridge(units)
        chosen = means if ridge is None or ridge.accuracy <= means.accuracy else ridge
        weights = np.concatenate(
            [np.stack([column.detector.weights for column in columns], axis=1), chosen.weights], axis=1
        )
        bias = np.concatenate([np.array([column.detector.bias for column in columns], np.float32), chosen.bias])
        accuracies = None if ridge is None else (means.accuracy, ridge.accuracy)
        recognised, nearest = _recognised(units, columns, thresholds, chosen), _nearest(units)
        reports = {
            name: ClassReport(
                photos=len(units[place]),
                recognised=recognised[place],
                held_out=len(units[place]) if len(units[place]) > 1 else 0,
                nearest=names[nearest[place]] if len(names) > 1 else None,
                outliers=outliers[place],
                method="head" if chosen is ridge else "mean",
                mean_accuracy=accuracies and accuracies[0],
                head_accuracy=accuracies and accuracies[1],
            )
            for place, name in enumerate(names)
        }
        held_out = tuple(column.detector.own - limit for column, limit in zip(columns, thresholds, strict=True))
        return cls(names, reference.centre, weights, bias, thresholds, held_out, reports, reference.rough)

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


def _directions(
    units: Sequence[npt.NDArray[np.float32]], reference: Reference
) -> tuple[list[Discriminant], list[tuple[int, ...]]]:
    """Return the direction of each class, fitted without its outliers, and the places of the outliers."""
    turned = _turned(units, reference)
    columns = [
        discriminant(each, prior, reference.others, np.arange(len(each)))
        for each, prior in zip(units, turned, strict=True)
    ]
    outliers = [find_outliers(column) for column in columns]
    learnt = [np.delete(np.arange(len(each)), out) for each, out in zip(units, outliers, strict=True)]
    for place in (place for place, out in enumerate(outliers) if out):
        columns[place] = discriminant(units[place], turned[place], reference.others, learnt[place])
    return columns, outliers


def _turned(units: Sequence[npt.NDArray[np.float32]], reference: Reference) -> list[npt.NDArray[np.float32]]:
    if not units:
        return []
    rows = turn(np.concatenate(units), reference.others.prior)
    return np.split(rows, np.cumsum([len(own) for own in units])[:-1])


def _recognised(
    units: Sequence[npt.NDArray[np.float32]],
    columns: Sequence[Discriminant],
    thresholds: npt.NDArray[np.float32],
    ranking: Ranking,
) -> list[int]:
    """Return the number of held-out photos of each class that get its name first."""
    counts = []
    for place, (own, column) in enumerate(zip(units, columns, strict=True)):
        scores = np.stack([own @ rival.detector.weights + rival.detector.bias for rival in columns], axis=1)
        detected = scores > thresholds
        detected[:, place] = column.detector.own > thresholds[place]
        shown = np.where(detected, ranking.held_out[place], -np.inf)
        counts.append(int((detected[:, place] & (shown.argmax(axis=1) == place)).sum()))
    return counts


def _nearest(units: Sequence[npt.NDArray[np.float32]]) -> list[int]:
    """Return the place of the class that is most similar to each class, by the cosines of their means."""
    means = normalised(np.stack([own.mean(axis=0) for own in units]), np.zeros(1, np.float32))
    alike = means @ means.T
    np.fill_diagonal(alike, -np.inf)
    return list(alike.argmax(axis=1).tolist())
