"""How well taught classes are recognised, against simpler methods on the same photos."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from inference.errors import ImageError, ModelError
from inference.images.augmented_views import STANDARD_VIEW
from inference.images.native_library import one_blas_thread
from inference.models.bundle import Bundle
from inference.models.classifier import Classifier
from inference.models.familiarity import normalised
from inference.models.last_layer import last_layer
from inference.teaching.quantisation import dequantise, quantise
from inference.teaching.reference import Reference
from inference.teaching.taught_classes import TaughtClasses

SHOTS = (1, 3, 5, 10, 20)
DRAWS = 20
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
# Percentile of the unrelated photos' cosines that is the threshold of the plain means.
PLAIN_PERCENTILE = 99.5
# Penalty of the ridge regression that the method is compared with, scikit-learn's default.
RIDGE_PENALTY = 1.0
# Number of classes for which the time of a later photo is measured, with five photos each.
TIMED_CLASSES, TIMED_PHOTOS, TIMED_ROUNDS = 100, 5, 500

Sets = Mapping[str, npt.NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class TeachingRow:
    """Figures with a number of photos of each class, over all draws. All shares are in [0, 1].

    Attributes:
        shots: number of photos of each class.
        accuracy: share of the other photos that are ranked right, mean and standard deviation over the draws.
        plain, nearest, ridge: mean of the same for centred means, the nearest photo, and a ridge regression.
        gain: mean and standard error of the paired difference between the accuracy and that of plain means.
        recognised: share of the other photos that are named rightly, with thresholds.
        mistaken: share of unseen unrelated photos that are taken for one of the classes.
        plain_recognised, plain_mistaken: the same for plain means.
    """

    shots: int
    accuracy: tuple[float, float]
    plain: float
    nearest: float
    ridge: float
    gain: tuple[float, float]
    recognised: tuple[float, float]
    mistaken: tuple[float, float]
    plain_recognised: float
    plain_mistaken: float


def embed_folder(bundle: Bundle, folder: Path) -> Sets:
    """Return the embeddings of the photos in a folder, float32 (photos, channels), by the name of their own folder.

    Raises:
        ModelError: the model exposes no embedding, or the folder has no photos that can be read.
    """
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    embedded = Classifier().embed_all([path.read_bytes() for path in paths], bundle, [STANDARD_VIEW])
    sets: dict[str, list[npt.NDArray[np.float32]]] = {}
    for path, views in zip(paths, embedded, strict=True):
        if not isinstance(views, ImageError):
            # Taught photos are stored in a byte per number.
            sets.setdefault(path.parent.name, []).append(dequantise(quantise(views[0])))
    if not sets:
        raise ModelError(f"expected photos in {folder}. Received: none that can be read")
    return {name: np.stack(rows) for name, rows in sorted(sets.items())}


def measure_teaching(bundle: Bundle, sets: Sets, unrelated: npt.NDArray[np.float32]) -> Iterator[TeachingRow]:
    """Teach classes with photos drawn at random, and try all others.

    In each draw, half of the unrelated photos set the thresholds and the centre, and the other half judges. The draws
    are the same for each method and at each run.

    Args:
        bundle: model of the embeddings.
        sets: photos of each class.
        unrelated: photos of none of the classes, float32 (others, channels).
    """
    layer = last_layer(bundle)
    weights = None if layer is None else layer.weights
    for shots in SHOTS:
        if shots < min(map(len, sets.values())):
            results = np.array([_try(sets, unrelated, weights, shots, seed) for seed in range(DRAWS)])
            yield _row(shots, results)


def later_photo_ms(unrelated: npt.NDArray[np.float32]) -> float:
    """Return the CPU time that `TIMED_CLASSES` taught classes add to a later photo, in milliseconds.

    Args:
        unrelated: embeddings of which the classes are made, float32 (others, channels).
    """
    random = np.random.default_rng(0)
    photos = {str(n): unrelated[random.permutation(len(unrelated))[:TIMED_PHOTOS]] for n in range(TIMED_CLASSES)}
    taught = TaughtClasses.fit(photos, Reference.of(unrelated))
    with one_blas_thread():
        started = time.process_time()
        for place in range(TIMED_ROUNDS):
            taught.recognise(unrelated[place % len(unrelated)])
        return (time.process_time() - started) / TIMED_ROUNDS * 1e3


def _try(
    sets: Sets,
    unrelated: npt.NDArray[np.float32],
    weights: npt.NDArray[np.float32] | None,
    shots: int,
    seed: int,
) -> tuple[float, ...]:
    random = np.random.default_rng(seed)
    order = random.permutation(len(unrelated))
    setting, judging = unrelated[order[: len(order) // 2]], unrelated[order[len(order) // 2 :]]
    taught, tested = {}, []
    for name, photos in sets.items():
        order = random.permutation(len(photos))
        taught[name] = photos[order[:shots]]
        tested.append(photos[order[shots:]])
    truth = np.repeat(np.arange(len(tested)), [len(photos) for photos in tested])
    reference = Reference.of(setting, last_layer=weights)
    classes = TaughtClasses.fit(taught, reference)
    margins, ranks = classes.scores(np.concatenate(tested))
    shown = np.where(margins > 0, ranks, -np.inf)
    named = (shown.argmax(axis=1) == truth) & (margins > 0).any(axis=1)
    units = normalised(np.concatenate(tested), reference.centre)
    own = {name: normalised(photos, reference.centre) for name, photos in taught.items()}
    means = np.stack([_unit(photos.mean(axis=0)) for photos in own.values()], axis=1)
    limits = np.percentile(normalised(setting, reference.centre) @ means, PLAIN_PERCENTILE, axis=0)
    plain = units @ means
    best: npt.NDArray[np.int64] = plain.argmax(axis=1)
    plain_named = np.logical_and(np.equal(best, truth), plain.max(axis=1) > limits[best])
    return (
        _share(np.equal(ranks.argmax(axis=1), truth)),
        _share(np.equal(best, truth)),
        _share(np.equal(_nearest(own, units), truth)),
        _share(np.equal(_ridge(own, units), truth)),
        _share(named),
        _share((classes.scores(judging)[0] > 0).any(axis=1)),
        _share(plain_named),
        _share((normalised(judging, reference.centre) @ means > limits).any(axis=1)),
    )


def _row(shots: int, results: npt.NDArray[np.float64]) -> TeachingRow:
    mean, spread = results.mean(axis=0).tolist(), results.std(axis=0).tolist()
    gains = results[:, 0] - results[:, 1]
    error = float(gains.std(ddof=1)) / len(gains) ** 0.5 if len(gains) > 1 else 0.0
    return TeachingRow(
        shots,
        accuracy=(mean[0], spread[0]),
        plain=mean[1],
        nearest=mean[2],
        ridge=mean[3],
        gain=(float(gains.mean()), error),
        recognised=(mean[4], spread[4]),
        mistaken=(mean[5], spread[5]),
        plain_recognised=mean[6],
        plain_mistaken=mean[7],
    )


def _nearest(own: Sets, units: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    scores = np.stack([(units @ photos.T).max(axis=1) for photos in own.values()], axis=1)
    return np.asarray(scores.argmax(axis=1), np.int64)


def _ridge(own: Sets, units: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """Classify by a ridge regression from the photos to a column per class."""
    rows = np.concatenate(list(own.values()))
    targets = np.repeat(np.eye(len(own)), [len(photos) for photos in own.values()], axis=0)
    factors = np.linalg.solve(rows @ rows.T + RIDGE_PENALTY * np.eye(len(rows)), targets)
    return np.asarray(((units @ rows.T) @ factors).argmax(axis=1), np.int64)


def _unit(vector: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-6), np.float32)


def _share(flags: npt.NDArray[np.bool_] | np.bool_) -> float:
    return float(np.mean(np.asarray(flags)))
