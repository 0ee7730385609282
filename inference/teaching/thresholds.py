"""The score from which a photo is of a taught class, and the probability that it is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from inference.models.discriminant import Discriminant

# Share of unrelated photos that may be called one of the taught classes, in percent.
MISTAKEN_PERCENT = 1.3
# The tail of the unrelated photos' scores is taken for exponential beyond this percentile: twenty photos tell the
# threshold more surely than the two or three beyond it.
TAIL_PERCENTILE = 90.0
# If the scores of a class's own photos lie far above those of unrelated photos, its threshold rises by this share of
# the way to their lower end: to their mean minus this many standard deviations, which are at least SPREAD.
TOWARDS_OWN = 0.15
DEVIATIONS = 1.3
SPREAD = 0.15
# Logit of the probability per unit of score above the threshold.
SLOPE = 6.0


def choose_thresholds(columns: Sequence[Discriminant]) -> npt.NDArray[np.float32]:
    """Return the threshold of each class, float32 (classes,).

    Args:
        columns: the classes, with the scores of held-out photos of their own and of the same unrelated photos.
    """
    if not columns:
        return np.zeros(0, np.float32)
    common = tail_quantile(np.stack([column.others for column in columns]).max(axis=0), MISTAKEN_PERCENT)
    return np.array([common + _towards_own(column.detector.own, common) for column in columns], np.float32)


def tail_quantile(scores: npt.NDArray[np.float64], percent: float) -> float:
    """Return the score that a percentage of photos exceeds, by an exponential tail (peaks over threshold).

    Args:
        scores: float64 (photos,).
        percent: percentage, below that of the tail.
    """
    start = float(np.percentile(scores, TAIL_PERCENTILE))
    beyond = scores[scores > start] - start
    mean_excess = float(beyond.mean()) if len(beyond) else 0.0
    return start + mean_excess * float(np.log((100 - TAIL_PERCENTILE) / percent))


def chances(margins: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the probability that a photo is of a class, in (0, 1), by its scores above the thresholds."""
    return np.asarray(1 / (1 + np.exp(-SLOPE * np.clip(margins, -1.8, 1.8))), np.float32)


def _towards_own(own: npt.NDArray[np.float64], common: float) -> float:
    """Return how far the threshold of a class lies above the common one."""
    known = own[np.isfinite(own)]
    if len(known) < 2:
        return 0.0
    low = float(known.mean()) - DEVIATIONS * max(float(known.std(ddof=1)), SPREAD)
    return TOWARDS_OWN * max(low - common, 0.0)
