"""Finds photos that do not look like the other photos of their class."""

from __future__ import annotations

import math

import numpy as np

from inference.models.discriminant import Discriminant

# Number of photos from which outliers are left out. Among fewer photos, none is more typical than another.
MIN_PHOTOS = 5
# Largest share of the photos that are left out.
MAX_SHARE = 0.15
# An outlier scores no higher than LOW standard deviations above the mean of the unrelated photos, while half of the
# class's photos score higher than HIGH. A stricter rule leaves out unusual photos of the class, from which most is
# learnt: with three deviations from the median of the class's own cosines, 0.7 points of accuracy are lost. With a weak
# network, all photos score low, and none is an outlier.
LOW, HIGH = 0.5, 2.5


def find_outliers(column: Discriminant) -> tuple[int, ...]:
    """Return the places of the outliers among a class's photos, sorted; none of fewer than `MIN_PHOTOS`.

    Args:
        column: direction of the class, fitted on all its photos.
    """
    count = len(column.detector.own)
    if count < MIN_PHOTOS:
        return ()
    mean, deviation = float(column.others.mean()), float(column.others.std())
    if np.median(column.detector.own) < mean + HIGH * deviation:
        return ()
    worst = np.argsort(column.detector.own, kind="stable")[: math.ceil(count * MAX_SHARE)]
    return tuple(sorted(worst[column.detector.own[worst] < mean + LOW * deviation].tolist()))
