"""Recognises taught classes by the embeddings of a few photos each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference.errors import ModelError
from inference.models.familiarity import normalised
from inference.teaching.reference import Reference
from inference.teaching.report import ClassReport, TaughtScore

# Logit of the probability per unit of cosine above the threshold.
SLOPE = 12.0
PERCENTILE = 99.5


@dataclass(frozen=True, slots=True, eq=False)
class TaughtClasses:
    """Classes that were taught with a few photos, ready to recognise.

    Attributes:
        names: name of each class.
        centre: centre of the reference, float32 (channels,).
        weights: direction of each class, float32 (channels, classes), of length 1.
        thresholds: cosine above which a photo is of the class, float32 (classes,).
        reports: how well each class is recognised.
    """

    names: tuple[str, ...]
    centre: npt.NDArray[np.float32]
    weights: npt.NDArray[np.float32]
    thresholds: npt.NDArray[np.float32]
    reports: Mapping[str, ClassReport]

    @classmethod
    def fit(cls, photos: Mapping[str, npt.NDArray[np.float32]], reference: Reference) -> TaughtClasses:
        """Fit the classes. It takes milliseconds, and trains no network.

        Args:
            photos: embeddings of the photos of each class, float32 (photos, channels), at least one photo.
            reference: reference of the same base.

        Raises:
            ModelError: embeddings have another number of channels than the reference, or contain NaN or infinity.
        """
        names = tuple(photos)
        for name in names:
            _check(photos[name], reference)
        centre = reference.centre
        units = [normalised(photos[name], centre) for name in names]
        weights = np.stack([_mean(unit) for unit in units], axis=1) if names else np.zeros((len(centre), 0), np.float32)
        others = normalised(reference.unrelated, centre)
        thresholds = np.percentile(others @ weights, PERCENTILE, axis=0).astype(np.float32)
        reports = {name: ClassReport(len(photos[name]), 0, 0, None) for name in names}
        return cls(names, centre, weights, thresholds, reports)

    def recognise(self, embedding: npt.NDArray[np.float32]) -> tuple[TaughtScore, ...]:
        """Return the classes that a photo shows, best first; none if it shows none of them.

        Args:
            embedding: float32 (channels,).
        """
        margins = (normalised(embedding[None], self.centre) @ self.weights)[0] - self.thresholds
        chances = 1 / (1 + np.exp(-SLOPE * margins))
        order = np.argsort(-margins, kind="stable")
        return tuple(TaughtScore(self.names[at], float(chances[at])) for at in order.tolist() if margins[at] > 0)


def _mean(units: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    mean = units.mean(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-6), np.float32)


def _check(embeddings: npt.NDArray[np.float32], reference: Reference) -> None:
    channels = len(reference.centre)
    if embeddings.ndim != 2 or embeddings.shape[1] != channels or not len(embeddings):
        raise ModelError(f"expected embeddings (photos, {channels}), as the base has. Received: {embeddings.shape}")
    if not np.isfinite(embeddings).all():
        raise ModelError("expected embeddings of numbers. Received: values that are none")
