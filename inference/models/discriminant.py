"""Directions along which the photos of a class lie apart from other photos: a regularised discriminant.

A direction is the solution of a ridge regression that says 1 for the photos of the class and -1 for the others, where
both groups have the same weight. It has a closed form, and so have the scores of photos that are held out. Where the
last layer of the network is known, directions towards the network's own classes are penalised less.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference.images.native_library import one_blas_thread

# Factor of the squared weights, as a share of the mean squared length of a photo. With a third or twice as much,
# the accuracies of docs/teaching.md change by less than half a point.
PENALTY = 0.01
# Weight of the network's own classes in the penalty. From 0 to 0.5, the accuracies change by half a point.
PRIOR = 0.2
# Number of folds in which the other photos are held out.
FOLDS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Background:
    """Other photos, prepared for telling classes from them.

    Attributes:
        mean: mean of the other photos, float32 (channels,).
        turned_mean: the mean times the prior, float32 (channels,).
        rows: other photos without the mean, times the roots of their shares, float32 (others, channels).
        turned: `rows` times the prior, float32 (others, channels).
        inverse: float64 (others, others).
        penalty: factor of the squared weights.
    """

    mean: npt.NDArray[np.float32]
    turned_mean: npt.NDArray[np.float32]
    rows: npt.NDArray[np.float32]
    turned: npt.NDArray[np.float32]
    inverse: npt.NDArray[np.float64]
    penalty: float

    @classmethod
    def of(
        cls,
        others: npt.NDArray[np.float32],
        turned: npt.NDArray[np.float32],
        shares: npt.NDArray[np.float32],
    ) -> Background:
        """Prepare other photos.

        Args:
            others: normalised embeddings, float32 (others, channels).
            turned: the same times the prior; see `turn`.
            shares: weight of each, float32 (others,), above 0.
        """
        shares = shares / shares.sum()
        mean, turned_mean = shares @ others, shares @ turned
        roots = np.sqrt(shares)[:, None]
        rows, turned_rows = (others - mean) * roots, (turned - turned_mean) * roots
        penalty = PENALTY * max(float(shares @ np.einsum("ij,ij->i", others, turned)), 1e-6)
        inverse = np.linalg.inv(2 * penalty * np.eye(len(rows)) + (rows @ turned_rows.T).astype(np.float64))
        return cls(mean, turned_mean, rows, turned_rows, inverse, penalty)

    def solve(self, vectors: npt.NDArray[np.float32], turned: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return half the covariance of the other photos plus the penalty, inverted, times vectors.

        Args:
            vectors: float32 (n, channels).
            turned: the same times the prior.
        """
        inner = ((vectors @ self.turned.T) @ self.inverse).astype(np.float32)
        return np.asarray((turned - inner @ self.turned) / self.penalty, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Others:
    """Other photos, with the backgrounds that hold out a part of them each.

    Attributes:
        units: normalised embeddings, float32 (others, channels).
        prior: rows of the last layer as a prior, float32 (outputs, channels); None if it is unknown.
        background: background of all of them.
        parts: background without each fold.
        folds: fold of each photo, int64 (others,).
    """

    units: npt.NDArray[np.float32]
    prior: npt.NDArray[np.float32] | None
    background: Background
    parts: tuple[Background, ...]
    folds: npt.NDArray[np.int64]

    @classmethod
    @one_blas_thread()
    def of(
        cls,
        units: npt.NDArray[np.float32],
        shares: npt.NDArray[np.float32],
        prior: npt.NDArray[np.float32] | None = None,
    ) -> Others:
        """Prepare other photos.

        Args:
            units: normalised embeddings, float32 (others, channels), at least one.
            shares: weight of each, float32 (others,), above 0.
            prior: see `prior_of`.
        """
        turned = turn(units, prior)
        folds = np.arange(len(units)) % FOLDS
        learnt = [folds != fold for fold in range(FOLDS) if (folds == fold).any() and (folds != fold).any()]
        whole = Background.of(units, turned, shares)
        parts = tuple(Background.of(units[part], turned[part], shares[part]) for part in learnt)
        return cls(units, prior, whole, parts or (whole,), folds)


@dataclass(frozen=True, slots=True, eq=False)
class Direction:
    """A direction, and what it says about photos of the class that it did not learn from.

    Attributes:
        weights: float32 (channels,), for normalised embeddings.
        bias: number to add; the score is near 1 for photos of the class and near -1 for others.
        own: score of each photo of the class by a direction that did not learn from it, float64 (photos,); NaN if there
            is no other photo to learn from.
    """

    weights: npt.NDArray[np.float32]
    bias: float
    own: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Discriminant:
    """The directions of a class.

    Attributes:
        detector: tells whether a photo is of the class, since it knows how much the photos of the class vary.
        ranker: direction of the mean photo; compares a photo with several classes, since it treats them alike.
        others: score of each of the other photos by a detector that did not learn from it, float64 (others,).
    """

    detector: Direction
    ranker: Direction
    others: npt.NDArray[np.float64]


def prior_of(last_layer: npt.NDArray[np.float32] | None) -> npt.NDArray[np.float32] | None:
    """Return the rows of a last layer, float32 (outputs, channels), without their mean and scaled as a prior."""
    if last_layer is None:
        return None
    rows = last_layer - last_layer.mean(axis=0)
    mean_square = float(np.square(rows).sum()) / min(rows.shape)
    return np.asarray(rows * np.sqrt(PRIOR / max(mean_square, 1e-12)), np.float32)


@one_blas_thread()
def discriminant(
    photos: npt.NDArray[np.float32],
    turned: npt.NDArray[np.float32],
    others: Others,
    learnt: npt.NDArray[np.int64],
) -> Discriminant:
    """Fit the directions of a class.

    Args:
        photos: normalised embeddings, float32 (photos, channels).
        turned: the same times the prior; see `turn`, which is faster for the photos of many classes together.
        others: photos of other things.
        learnt: places of the photos to learn from, at least one; the others are only scored.
    """
    held_out = np.empty(len(others.units))
    for fold, part in enumerate(others.parts):
        weights, bias = direction(photos[learnt], turned[learnt], part)
        chosen = others.folds == fold
        held_out[chosen] = others.units[chosen] @ weights + bias
    gram, solved = _gram(photos, turned, others.background)
    inner = (photos @ photos.T).astype(np.float64)

    def fit(select: Callable[..., npt.NDArray[np.float64]]) -> Direction:
        factors, bias = _solve(gram, select(inner, learnt))
        own = np.full(len(photos), np.nan)
        for place in range(len(photos)):
            if len(rest := learnt[learnt != place]):
                held, shift = _solve(gram, select(inner, rest))
                own[place] = held @ gram[:, place] + shift
        return Direction(np.asarray(factors @ solved, np.float32), bias, own)

    return Discriminant(detector=fit(_each), ranker=fit(_mean), others=held_out)


def direction(
    photos: npt.NDArray[np.float32], turned: npt.NDArray[np.float32], background: Background
) -> tuple[npt.NDArray[np.float32], float]:
    """Return weights, float32 (channels,), and bias that tell photos from a background.

    Args:
        photos: normalised embeddings, float32 (photos, channels).
        turned: the same times the prior.
        background: other photos.
    """
    gram, solved = _gram(photos, turned, background)
    factors, bias = _solve(gram, np.eye(len(photos), len(photos) + 1))
    return np.asarray(factors @ solved, np.float32), bias


def turn(vectors: npt.NDArray[np.float32], prior: npt.NDArray[np.float32] | None) -> npt.NDArray[np.float32]:
    """Return vectors (n, channels) times the prior covariance of directions; unchanged without a prior."""
    return vectors if prior is None else np.asarray(vectors + (vectors @ prior.T) @ prior, np.float32)


def _gram(
    photos: npt.NDArray[np.float32], turned: npt.NDArray[np.float32], background: Background
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float32]]:
    """Return the inner products of photos and the background's mean, and both after `solve`."""
    rows = np.concatenate([photos, background.mean[None]])
    solved = background.solve(rows, np.concatenate([turned, background.turned_mean[None]]))
    gram = (rows @ solved.T).astype(np.float64)
    return (gram + gram.T) / 2, solved


def _each(inner: npt.NDArray[np.float64], learnt: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return each photo to learn from as factors of the rows, (learnt, photos + 1)."""
    return np.eye(len(inner), len(inner) + 1)[learnt]


def _mean(inner: npt.NDArray[np.float64], learnt: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the mean of the photos to learn from, of length 1, as factors of the rows, (1, photos + 1)."""
    factors = np.zeros((1, len(inner) + 1))
    factors[0, learnt] = 1 / max(float(np.sqrt(max(inner[np.ix_(learnt, learnt)].sum(), 0.0))), 1e-6)
    return factors


def _solve(gram: npt.NDArray[np.float64], photos: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], float]:
    """Solve the regression in the space of the rows, of which the last is the background's mean.

    Args:
        gram: inner products of the rows after `Background.solve`, (rows, rows).
        photos: factors of the rows of each photo, (photos, rows).

    Returns:
        Factor of each row after `solve`, whose sum is the direction, and the bias.
    """
    mean = photos.mean(axis=0)
    within = photos - mean
    between, middle = mean.copy(), mean / 2
    between[-1], middle[-1] = -1, 0.5
    spread = within @ gram
    step = np.linalg.solve(2 * len(photos) * np.eye(len(photos)) + spread @ within.T, spread @ between)
    apart = between - step @ within
    factors = apart / (2 + between @ gram @ apart / 2)
    return factors, -float(factors @ gram @ middle)
