"""Ranks the taught classes of a photo: by the means of their photos, or by a ridge regression if that is better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference.images.native_library import one_blas_thread
from inference.models.discriminant import Discriminant

# Number of photos of each class from which the ridge regression is tried. With fewer, the means are better.
MIN_PHOTOS = 20
# Factor of the squared weights in the ridge regression, for embeddings of length 1; scikit-learn's default.
PENALTY = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Scores by which the classes of a photo are compared.

    Attributes:
        weights: float32 (channels, classes), for normalised embeddings.
        bias: float32 (classes,).
        held_out: score of each photo of each class by a ranking that did not learn from the photo, float64 (photos,
            classes).
    """

    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]
    held_out: tuple[npt.NDArray[np.float64], ...]

    @property
    def accuracy(self) -> float:
        """Share of the held-out photos that are ranked right, in [0, 1]; each class counts as much."""
        right = [(scores.argmax(axis=1) == place).mean() for place, scores in enumerate(self.held_out)]
        return float(np.mean(right))


def rank_by_means(units: Sequence[npt.NDArray[np.float32]], columns: Sequence[Discriminant]) -> Ranking:
    """Return the ranking by the mean photo of each class.

    Args:
        units: normalised embeddings of each class, float32 (photos, channels).
        columns: the classes.
    """
    weights = np.stack([column.ranker.weights for column in columns], axis=1)
    bias = np.array([column.ranker.bias for column in columns], np.float32)
    held_out = []
    for place, (own, column) in enumerate(zip(units, columns, strict=True)):
        scores = (own @ weights + bias).astype(np.float64)
        scores[:, place] = column.ranker.own
        held_out.append(scores)
    return Ranking(weights, bias, tuple(held_out))


@one_blas_thread()
def rank_by_ridge(units: Sequence[npt.NDArray[np.float32]]) -> Ranking:
    """Return the ranking of a ridge regression from the photos to a column for each class.

    The scores of held-out photos have a closed form.

    Args:
        units: normalised embeddings of each class, float32 (photos, channels).
    """
    counts = [len(own) for own in units]
    rows = np.concatenate(units).astype(np.float64)
    targets = np.repeat(np.eye(len(units)), counts, axis=0)
    # Each class counts as much, whatever the number of its photos.
    roots = np.sqrt(np.repeat(np.max(counts) / np.array(counts), counts))[:, None]
    inverse = np.linalg.inv((rows * roots) @ (rows * roots).T + PENALTY * np.eye(len(rows)))
    factors = inverse @ (targets * roots)
    weights = (rows * roots).T @ factors
    held_out = targets - factors / np.diag(inverse)[:, None] / roots
    return Ranking(
        weights.astype(np.float32),
        np.zeros(len(units), np.float32),
        tuple(np.split(held_out, np.cumsum(counts)[:-1])),
    )
