"""Finds photos that do not look like the other photos of their class."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

# Number of photos from which outliers are left out of the mean. Of fewer photos, none is more typical than another.
MIN_PHOTOS = 5
# Largest share of the photos that are left out.
MAX_SHARE = 0.15
# Distance from the median, in standard deviations as the median absolute deviation estimates them.
DEVIATIONS = 3.0


def find_outliers(units: npt.NDArray[np.float32]) -> tuple[int, ...]:
    """Return the places of the outliers among photos, sorted; none of fewer than `MIN_PHOTOS`.

    Args:
        units: normalised embeddings, float32 (photos, channels).
    """
    count = len(units)
    if count < MIN_PHOTOS:
        return ()
    sums = units.sum(axis=0) - units
    cosines = np.einsum("ij,ij->i", units, sums) / np.maximum(np.linalg.norm(sums, axis=1), 1e-6)
    median = np.median(cosines)
    deviation = 1.4826 * float(np.median(np.abs(cosines - median)))
    worst = np.argsort(cosines, kind="stable")[: math.ceil(count * MAX_SHARE)]
    return tuple(sorted(worst[cosines[worst] < median - DEVIATIONS * max(deviation, 1e-3)].tolist()))
