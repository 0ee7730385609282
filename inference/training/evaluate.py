"""How good a bundle is, measured on the way that a photo takes: the same decoding, the same file, the same engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference.bundle import Bundle
from inference.engine import load_engine
from inference.image import load_pixels


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures over a set of labelled images.

    Attributes:
        images: how many.
        top1, top5: share whose class is the best, or among the five best, in [0, 1].
        scores: float32 (images,), the best score of each image, in [0, 1].
        correct: bool (images,), whether the best guess was right.
        recall: float64 (classes,), share of each class's images that were recognised; NaN for a class without images.
    """

    images: int
    top1: float
    top5: float
    scores: npt.NDArray[np.float32]
    correct: npt.NDArray[np.bool_]
    recall: npt.NDArray[np.float64]


def evaluate(bundle: Bundle, examples: Iterable[tuple[bytes, int]]) -> Evaluation:
    """Classify encoded images with their class indices.

    Raises:
        ImageError: an image cannot be decoded.
        ModelError: the bundle does not load.
        ValueError: there are no images.
    """
    spec = bundle.spec
    engine = load_engine(bundle)
    outputs: list[npt.NDArray[np.float32]] = []
    classes: list[int] = []
    for encoded, index in examples:
        pixels = load_pixels(encoded, height=spec.height, width=spec.width, crop=spec.crop)
        outputs.append(engine.run(pixels[None]).probabilities[0])
        classes.append(index)
    if not classes:
        raise ValueError("expected at least one image. Received: none")
    probabilities, truth = np.stack(outputs), np.array(classes)
    own = probabilities[np.arange(len(truth)), truth]
    rank = (probabilities > own[:, None]).sum(axis=1)
    correct = rank == 0
    counts = np.bincount(truth, minlength=spec.classes)
    with np.errstate(invalid="ignore"):
        recall = np.bincount(truth[correct], minlength=spec.classes) / counts
    return Evaluation(
        images=len(truth),
        top1=float(correct.mean()),
        top5=float((rank < 5).mean()),
        scores=probabilities.max(axis=1),
        correct=correct,
        recall=recall,
    )


def choose_threshold(
    scores: Sequence[float] | npt.NDArray[np.float32],
    correct: Sequence[bool] | npt.NDArray[np.bool_],
    *,
    precision: float,
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
