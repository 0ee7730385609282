"""Familiarity: whether an embedding looks like one of some classes, or like none of them.

A model that tells ants from bees has to call a hot dog one of the two. Its familiarity tells that neither is right.
Each class has a direction in the space of embeddings along which its photos lie apart from unrelated photos. The
directions are fitted on a few photos of each class and a few hundred embeddings of unrelated photos.

With 60 photos of ants and of bees, 95 % of new photos of them are recognised, and 3 % of unrelated photos are mistaken
for either. With 20 photos of each, 93 % are recognised, and with 5 photos 91 %; then, too, 3 % are mistaken.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference.errors import ModelError
from inference.images.native_library import one_blas_thread
from inference.models.discriminant import Background, direction

# Number of Newton's steps of the calibration; about ten are enough.
NEWTON_STEPS = 50
# Maximum number of photos of a class to fit on. More photos hardly change a direction, and take longer.
MAX_PHOTOS = 100
# Limit on the logarithm of the odds, so that no familiarity is 0 or 1.
MAX_LOGIT = 9.0


@dataclass(frozen=True, slots=True, eq=False)
class Familiarity:
    """Converts embeddings to probabilities that they are of one of some classes.

    Attributes:
        centre: mean embedding of unrelated photos, float32 (channels,).
        weights: direction of each class, float32 (channels, classes), for embeddings without the centre, of length 1.
        bias: float32 (classes,).

    Raises:
        ModelError: the arrays have wrong shapes or dtypes, or contain NaN or infinity.
    """

    centre: npt.NDArray[np.float32]
    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]

    def __post_init__(self) -> None:
        arrays = (self.centre, self.weights, self.bias)
        if (
            self.weights.ndim != 2
            or self.weights.shape != self.centre.shape + self.bias.shape
            or {array.dtype for array in arrays} != {np.dtype(np.float32)}
        ):
            raise ModelError(
                "expected a familiarity of float32 centre (channels,), weights (channels, classes) and bias "
                f"(classes,). Received: {', '.join(f'{array.dtype} {array.shape}' for array in arrays)}"
            )
        if not all(np.isfinite(array).all() for array in arrays):
            raise ModelError("expected a familiarity of numbers. Received: values that are none")

    def of(self, embeddings: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the probability that each photo shows one of the classes, float32 (batch,), in (0, 1).

        It is the probability if one of two photos shows one of the classes.

        Args:
            embeddings: float32 (batch, channels).
        """
        logits = (normalised(embeddings, self.centre) @ self.weights + self.bias).max(axis=1)
        return np.asarray(1 / (1 + np.exp(-np.clip(logits, -MAX_LOGIT, MAX_LOGIT))), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class FittedFamiliarity:
    """A familiarity, and what it was measured to do on photos that the fit did not learn from.

    Attributes:
        familiarity: the familiarity.
        recognised: share of the photos of the classes that are familiar, in [0, 1].
        mistaken: share of the unrelated photos that are familiar, in [0, 1].
        unrelated: number of unrelated photos.
    """

    familiarity: Familiarity
    recognised: float
    mistaken: float
    unrelated: int


def normalised(embeddings: npt.NDArray[np.float32], centre: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return embeddings (batch, channels) without a centre (channels,), of length 1."""
    moved = embeddings - centre
    return np.asarray(moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-6), np.float32)


# The matrices are too small for several threads of BLAS: they would keep all cores busy with waiting.
@one_blas_thread()
def fit_familiarity(
    embeddings: npt.NDArray[np.float32],
    truth: npt.NDArray[np.int64],
    folds: npt.NDArray[np.int64],
    unrelated: npt.NDArray[np.float32],
    shares: npt.NDArray[np.float32] | None = None,
) -> FittedFamiliarity:
    """Fit a familiarity, and calibrate it by cross-validation.

    Args:
        embeddings: float32 (photos, channels), at least two photos of each class.
        truth: int64 (photos,), class of each photo; the classes are 0, 1, ... without gaps.
        folds: int64 (photos,), fold of each photo, at least two folds. Copies of a photo are in one fold, and no fold
            has all photos of a class.
        unrelated: float32 (others, channels), embeddings of photos of none of the classes, at least as many as folds.
        shares: float32 (others,), weights of the unrelated photos, which sum to 1; None for equal weights.
    """
    if shares is None:
        shares = np.full(len(unrelated), 1 / len(unrelated), np.float32)
    centre = unrelated.mean(axis=0)
    own, others = normalised(embeddings, centre), normalised(unrelated, centre)
    numbers = np.unique(folds)
    other_folds = numbers[np.arange(len(others)) % len(numbers)]
    own_logits, other_logits = np.empty(len(own)), np.empty(len(others))
    for fold in numbers:
        learnt, other = folds != fold, other_folds != fold
        weights, bias = _fit_directions(own[learnt], truth[learnt], others[other], shares[other])
        own_logits[~learnt] = (own[~learnt] @ weights + bias).max(axis=1)
        other_logits[~other] = (others[~other] @ weights + bias).max(axis=1)
    slope, middle = _calibrate(own_logits, other_logits, shares)
    weights, bias = _fit_directions(own, truth, others, shares)
    familiarity = Familiarity(
        centre, (weights * slope).astype(np.float32), ((bias - middle) * slope).astype(np.float32)
    )
    return FittedFamiliarity(
        familiarity,
        recognised=float((own_logits >= middle).mean()),
        mistaken=float((other_logits >= middle).mean()),
        unrelated=len(unrelated),
    )


def _fit_directions(
    own: npt.NDArray[np.float32],
    truth: npt.NDArray[np.int64],
    others: npt.NDArray[np.float32],
    shares: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Tell the photos of each class from unrelated photos; see `discriminant`.

    Returns:
        Weights, float32 (channels, classes), and bias, float32 (classes,).
    """
    background = Background.of(others, others, shares)
    classes = [own[truth == label][:MAX_PHOTOS] for label in range(int(truth.max()) + 1)]
    columns = [direction(photos, photos, background) for photos in classes]
    weights, bias = zip(*columns, strict=True)
    return np.stack(weights, axis=1), np.array(bias, np.float32)


def _calibrate(
    own: npt.NDArray[np.float64], others: npt.NDArray[np.float64], shares: npt.NDArray[np.float32]
) -> tuple[float, float]:
    """Find the slope and the middle of the logistic function that turns logits into probabilities.

    The function has the highest likelihood if both kinds of photos are equally frequent (Platt, "Probabilistic outputs
    for support vector machines", 1999, with his targets for few examples).

    Args:
        own: logits of the photos of the classes, float64 (photos,).
        others: logits of unrelated photos, float64 (others,).
        shares: weights of the unrelated photos, float32 (others,), which sum to 1.
    """
    logits = np.concatenate([own, others])
    targets = np.repeat([(len(own) + 1) / (len(own) + 2), 1 / (len(others) + 2)], (len(own), len(others)))
    halves = np.concatenate([np.full(len(own), 0.5 / len(own)), 0.5 * shares])
    centre, spread = float(halves @ logits), float(logits.std()) or 1.0
    rows = np.stack([(logits - centre) / spread, np.ones_like(logits)], axis=1)
    solution = np.array([1.0, 0.0])
    for _ in range(NEWTON_STEPS):
        chances = 1 / (1 + np.exp(-np.clip(rows @ solution, -50, 50)))
        curvature = (rows * (halves * np.maximum(chances * (1 - chances), 1e-4))[:, None]).T @ rows
        solution -= np.linalg.solve(curvature + 1e-6 * np.eye(2), rows.T @ (halves * (chances - targets)))
    slope = max(float(solution[0]), 1e-3)
    middle = centre - float(solution[1]) / slope * spread
    return slope / spread, middle
