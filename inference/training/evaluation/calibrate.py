"""Scores that mean what they say, and the score under which a guess is "not sure"."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from inference.errors import ModelError
from inference.models.bundle import (
    HEAD_FILE,
    LABELS_FILE,
    SPEC_FILE,
    Bundle,
    ModelSpec,
    read_head,
    read_labels,
)
from inference.models.engine import SMALLEST, softmax
from inference.models.store import ModelStore
from inference.training.evaluation.evaluate import Evaluation

# "Not sure" begins where fewer than four of five best guesses are right.
TRUSTED_PRECISION = 0.8
# Before any image was seen, a temperature of 2 or 1/2 is one standard deviation from 1: as much as networks that are
# trained in earnest need. It keeps a model that is right on all of a few images from being certain of everything.
PRIOR_DEVIATION = math.log(2)
# Beyond these, one best guess counts for everything or all classes are the same.
MIN_TEMPERATURE, MAX_TEMPERATURE = 0.05, 20.0
# Halves the interval until it is narrower than the digits that are kept.
BISECTIONS = 20
DIGITS = 3
# The engine has the smallest float for a 0 where it needs a logarithm. A score that a network means is above this, or
# so small that it makes no difference.
ROUNDED_TO_ZERO = 1e-30


def calibrated(spec: ModelSpec, evaluation: Evaluation) -> tuple[ModelSpec, Evaluation]:
    """Choose the temperature and the threshold of a model.

    Args:
        spec: of the model.
        evaluation: the model's scores under this specification, on images that it was not trained on.

    Returns:
        The specification with both, its version as it was; and the evaluation with the scores that the model gives
        then.
    """
    scores = apply_temperature(evaluation.probabilities, 1 / spec.temperature)
    scores[evaluation.probabilities < ROUNDED_TO_ZERO] = 0
    temperature = round(fit_temperature(scores, evaluation.truth), DIGITS)
    after = Evaluation(apply_temperature(scores, temperature), evaluation.truth)
    threshold = round(choose_threshold(after.scores, after.correct), DIGITS)
    return replace(spec, temperature=temperature, threshold=threshold), after


def store_calibration(store: ModelStore, bundle: Bundle, spec: ModelSpec) -> Bundle:
    """Install a model anew with other settings and all its files; workers load it as another version.

    Raises:
        ModelError: the model is not installed under the specification's name, or no longer the same.
        OSError: a file cannot be written; the model is as it was.
    """
    if store.find(spec.name) != bundle:
        raise ModelError(
            f"expected the model {spec.name} to stay as it was. Received: another one, installed meanwhile"
        )
    own = (SPEC_FILE, LABELS_FILE, bundle.network.name, HEAD_FILE)
    extras = {path.name: path.read_bytes() for path in bundle.directory.iterdir() if path.name not in own}
    return store.add(
        spec,
        network=bundle.network,
        labels=read_labels(bundle),
        head=read_head(bundle),
        extras=extras,
        replace=True,
    )


def fit_temperature(probabilities: npt.NDArray[np.float32], truth: npt.NDArray[np.int64]) -> float:
    """Find the number by which to divide the logits, so that the scores are as likely as they say.

    It minimises the negative log-likelihood of the truth (Guo et al., "On Calibration of Modern Neural Networks",
    arXiv:1706.04599, section 4.2) under a prior that weighs as much as a few images. The order of the guesses stays.

    Args:
        probabilities: float32 (images, classes), in [0, 1], of images that the model was not trained on.
        truth: int64 (images,), the index of each image's class.

    Returns:
        The temperature, from 0.05 to 20: above 1 where the scores are too high, below 1 where they are too low.
    """
    rows = np.arange(len(truth))
    logits = _logits(probabilities)
    # A quantised output rounds small scores to 0, whose logarithm would outweigh all other images: the truth's score
    # counts as what it may have been, half of the smallest that was not rounded away.
    smallest = math.log(float(probabilities[probabilities > ROUNDED_TO_ZERO].min()) / 2)
    logits[rows, truth] = np.maximum(logits[rows, truth], smallest)
    own = float(logits[rows, truth].mean())

    def slope(temperature: float) -> float:
        """Of the negative log-likelihood and the prior, by the logarithm of the inverse temperature."""
        expected = np.einsum("ij,ij->i", softmax(logits / np.float32(temperature)), logits)
        prior = -math.log(temperature) / PRIOR_DEVIATION**2 / len(truth)
        return (float(expected.mean()) - own) / temperature + prior

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
