"""Calibration of a model: the temperature of its scores, and the threshold below which the bot is not sure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from inference.errors import ModelError
from inference.models.bundle import HEAD_FILE, LABELS_FILE, SPEC_FILE, Bundle, read_head, read_labels
from inference.models.engine import SMALLEST, softmax
from inference.models.spec import ModelSpec
from inference.models.store import ModelStore
from inference.training.evaluation.evaluate import Evaluation

# Minimum share of right guesses among the guesses with a score at or above the threshold.
TRUSTED_PRECISION = 0.8
# Standard deviation of the prior of log(temperature): well-trained networks need temperatures from 1/2 to 2. Without
# the prior, a model that is right on every one of a few images would get the lowest temperature, which makes it almost
# certain of every guess.
PRIOR_DEVIATION = math.log(2)
# Limits on the temperature. Below the minimum, the best class gets the whole score. Above the maximum, all classes get
# the same score.
MIN_TEMPERATURE, MAX_TEMPERATURE = 0.05, 20.0
# Number of bisections: enough to make the interval of temperatures narrower than the last of the `DIGITS` decimals.
BISECTIONS = 20
DIGITS = 3
# Limit below which a score counts as 0. The engine replaces a score of 0 by the smallest float before it takes the
# logarithm. Other scores below this limit are too small to matter.
ROUNDED_TO_ZERO = 1e-30


def calibrated(spec: ModelSpec, evaluation: Evaluation) -> tuple[ModelSpec, Evaluation]:
    """Choose the temperature and the threshold of a model.

    Args:
        spec: specification of the model.
        evaluation: evaluation of the model with this specification, on images that the model was not trained on.

    Returns:
        The specification with the new temperature and threshold, and the evaluation with these settings. The version
        in the specification is still the old version.
    """
    scores = apply_temperature(evaluation.probabilities, 1 / spec.temperature)
    scores[evaluation.probabilities < ROUNDED_TO_ZERO] = 0
    temperature = round(fit_temperature(scores, evaluation.truth), DIGITS)
    after = Evaluation(apply_temperature(scores, temperature), evaluation.truth)
    threshold = round(choose_threshold(after.scores, after.correct), DIGITS)
    return replace(spec, temperature=temperature, threshold=threshold), after


def store_calibration(store: ModelStore, bundle: Bundle, spec: ModelSpec) -> Bundle:
    """Replace an installed model by a new version with another specification and the same files.

    Args:
        store: store with the model.
        bundle: installed model.
        spec: new specification, with the name of the model.

    Raises:
        ModelError: the model is not installed, or was replaced since `bundle` was read.
        OSError: a file cannot be written; the model is unchanged.
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
    """Find the temperature (the divisor of the logits) for which 70 % of the guesses with a score of 0.7 are right.

    This temperature minimises the negative log-likelihood of the true classes (Guo et al., "On Calibration of Modern
    Neural Networks", arXiv:1706.04599, section 4.2) under a prior that weighs as much as a few images. A temperature
    does not change the order of the guesses.

    Args:
        probabilities: float32 (images, classes), scores in [0, 1] of images that the model was not trained on.
        truth: int64 (images,), index of each image's class.

    Returns:
        The temperature, from 0.05 to 20: above 1 if the scores are too high, below 1 if they are too low.
    """
    rows = np.arange(len(truth))
    logits = _logits(probabilities)
    # A quantised network rounds small scores to 0. The logarithm of a single 0 would outweigh all other images. So
    # if the score of a true class is 0, it counts as half of the smallest score above 0.
    smallest = math.log(float(probabilities[probabilities > ROUNDED_TO_ZERO].min()) / 2)
    logits[rows, truth] = np.maximum(logits[rows, truth], smallest)
    own = float(logits[rows, truth].mean())

    def slope(temperature: float) -> float:
        """Return the derivative of the objective with respect to the logarithm of the inverse temperature."""
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
    """Return a model's scores at another temperature.

    Args:
        probabilities: float32 (images, classes), scores in [0, 1] at the temperature 1.
        temperature: new temperature, above 0.

    Returns:
        float32 (images, classes), scores in [0, 1].
    """
    return softmax(_logits(probabilities) / np.float32(temperature))


def choose_threshold(
    scores: Sequence[float] | npt.NDArray[np.float32],
    correct: Sequence[bool] | npt.NDArray[np.bool_],
    *,
    precision: float = TRUSTED_PRECISION,
) -> float:
    """Return the lowest threshold with the wanted precision, or 1 if no threshold has this precision.

    Args:
        scores: best score of each image, in [0, 1].
        correct: whether the best guess of each image is right.
        precision: wanted share of right guesses among the guesses with a score at or above the threshold, in (0, 1].
    """
    order = np.argsort(-np.asarray(scores, dtype=np.float64), kind="stable")
    ranked = np.asarray(scores, dtype=np.float64)[order]
    right = np.cumsum(np.asarray(correct)[order]) / np.arange(1, len(order) + 1)
    # A threshold accepts all images with the same score, so only the last image of each run of equal scores counts.
    last_of_run = np.append(ranked[1:] != ranked[:-1], True)
    enough = np.flatnonzero((right >= precision) & last_of_run)
    return float(ranked[enough[-1]]) if len(enough) else 1.0


def _logits(probabilities: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the logits of scores. The engine computes the same logits for a network that ends in a softmax."""
    return np.log(np.maximum(probabilities, SMALLEST))
