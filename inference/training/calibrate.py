"""Scores that mean what they say, and the score under which a guess is "not sure"."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from inference.engine import SMALLEST, softmax

# "Not sure" begins where fewer than four of five best guesses are right.
TRUSTED_PRECISION = 0.8
# A model that is always right on few images would be given a temperature of 0, one that is no better than chance an
# infinite one; those that are trained in earnest need 0.5 to 3.
MIN_TEMPERATURE, MAX_TEMPERATURE = 0.1, 10.0
# Halves the interval until it is narrower than what model.json keeps.
BISECTIONS = 20


def fit_temperature(probabilities: npt.NDArray[np.float32], truth: npt.NDArray[np.int64]) -> float:
    """Find the number by which to divide the logits, so that the scores are as likely as they say.

    It minimises the negative log-likelihood of the truth (Guo et al., "On Calibration of Modern Neural Networks",
    arXiv:1706.04599, section 4.2). The order of the guesses stays as it is.

    Args:
        probabilities: float32 (images, classes), in [0, 1], of images that the model was not trained on.
        truth: int64 (images,), the index of each image's class.

    Returns:
        The temperature, from 0.1 to 10: above 1 where the scores are too high, below 1 where they are too low.
    """
    rows = np.arange(len(truth))
    logits = _logits(probabilities)
    # A quantised output rounds small scores to 0, whose logarithm would outweigh all other images: the truth's score
    # counts as what it may have been, half of the smallest that was not rounded away.
    logits[rows, truth] = np.maximum(logits[rows, truth], math.log(float(probabilities[probabilities > 0].min()) / 2))
    own = logits[rows, truth].mean()

    def slope(temperature: float) -> float:
        """Of the negative log-likelihood by the inverse temperature, in which it is convex."""
        expected = np.einsum("ij,ij->i", softmax(logits / np.float32(temperature)), logits)
        return float(expected.mean() - own)

    low, high = MIN_TEMPERATURE, MAX_TEMPERATURE
    for _ in range(BISECTIONS):
        middle = math.sqrt(low * high)
        if slope(middle) < 0:
            high = middle
        else:
            low = middle
    return math.sqrt(low * high)


def apply_temperature(probabilities: npt.NDArray[np.float32], temperature: float) -> npt.NDArray[np.float32]:
    """Compute the scores float32 (images, classes) that a model gives once this temperature is stored in it."""
    return softmax(_logits(probabilities) / np.float32(temperature))


def choose_threshold(
    scores: Sequence[float] | npt.NDArray[np.float32],
    correct: Sequence[bool] | npt.NDArray[np.bool_],
    *,
    precision: float = TRUSTED_PRECISION,
) -> float:
    """The lowest score from which on the best guesses are right in `precision` of the cases; 1 where none is.

    Args:
        scores: best score of each image, in [0, 1].
        correct: whether that guess was right.
        precision: wanted share of right guesses among those at or above the threshold, in (0, 1].
    """
    order = np.argsort(-np.asarray(scores, dtype=np.float64), kind="stable")
    ranked = np.asarray(scores, dtype=np.float64)[order]
    right = np.cumsum(np.asarray(correct)[order]) / np.arange(1, len(order) + 1)
    # Equal scores stand or fall together, so only the last of each run counts.
    last_of_run = np.append(ranked[1:] != ranked[:-1], True)
    enough = np.flatnonzero((right >= precision) & last_of_run)
    return float(ranked[enough[-1]]) if len(enough) else 1.0


def _logits(probabilities: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """As the engine computes them from a network that ends in a softmax."""
    return np.log(np.maximum(probabilities, SMALLEST))
