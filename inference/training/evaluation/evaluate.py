"""Evaluation of a model on labelled images, with the same code that labels photos."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from queue import SimpleQueue
from time import perf_counter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from inference.errors import ImageError
from inference.images.decode import load_pixels
from inference.models.bundle import Bundle, read_labels
from inference.models.engine import Engine, load_engine
from inference.models.network import DEFAULT_OPTIONS, NetworkOptions
from inference.training.data.cores import core_count, map_on_all_cores
from inference.training.data.examples import Example
from inference.training.data.folders import Skipped
from inference.training.errors import DatasetError

# Number of bins in Naeini et al., "Obtaining Well Calibrated Probabilities Using Bayesian Binning" (AAAI 2015).
CALIBRATION_BINS = 10
# Probability of a result by mere guessing under which the result counts as better, as usual in statistics.
CHANCE = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Reliability of the scores: of the best guesses with a score of 0.7, 70 % should be right.

    Attributes:
        counts: int64 (bins,), number of best guesses in each bin; the bins divide [0, 1] into equal parts.
        confidence: float64 (bins,), mean score in each bin; NaN for an empty bin.
        accuracy: float64 (bins,), share of right guesses in each bin; NaN for an empty bin.
    """

    counts: npt.NDArray[np.int64]
    confidence: npt.NDArray[np.float64]
    accuracy: npt.NDArray[np.float64]

    @property
    def error(self) -> float:
        """The expected calibration error, in [0, 1]: mean of |confidence - accuracy|, weighted by counts."""
        return float(np.nansum(self.counts * np.abs(self.confidence - self.accuracy)) / self.counts.sum())


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """A model's scores on labelled images, and the figures computed from these scores.

    Attributes:
        probabilities: float32 (images, classes), scores in [0, 1].
        truth: int64 (images,), index of each image's class.

    Raises:
        ValueError: the shapes or the indices do not match.
        DatasetError: there are no images.
    """

    probabilities: npt.NDArray[np.float32]
    truth: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        if self.truth.size == 0:
            raise DatasetError("expected at least one image to evaluate. Received: none")
        if self.truth.ndim != 1 or self.probabilities.ndim != 2 or len(self.probabilities) != len(self.truth):
            raise ValueError(
                f"expected probabilities (images, classes) and truth (images,). "
                f"Received: {self.probabilities.shape} and {self.truth.shape}"
            )
        if self.truth.min() < 0 or self.truth.max() >= self.classes:
            raise ValueError(
                f"expected classes from 0 to {self.classes - 1}. Received: {self.truth.min()} to {self.truth.max()}"
            )

    @property
    def images(self) -> int:
        """Number of images."""
        return len(self.truth)

    @property
    def classes(self) -> int:
        """Number of classes."""
        return self.probabilities.shape[1]

    @property
    def guesses(self) -> npt.NDArray[np.int64]:
        """Best class of each image, int64 (images,). If scores are equal, the first class counts, as in the bot."""
        return self.probabilities.argmax(axis=1)

    @property
    def scores(self) -> npt.NDArray[np.float32]:
        """Best score of each image, float32 (images,), in [0, 1]."""
        return np.asarray(self.probabilities.max(axis=1))

    @property
    def correct(self) -> npt.NDArray[np.bool_]:
        """Whether each best guess is right, bool (images,)."""
        return self.guesses == self.truth

    @property
    def top1(self) -> float:
        """Share of images whose class is the best guess, in [0, 1]."""
        return float(self.correct.mean())

    @property
    def top5(self) -> float:
        """Share of images whose class is among the five best guesses, in [0, 1]."""
        own = self.probabilities[np.arange(self.images), self.truth][:, None]
        before = np.arange(self.classes) < self.truth[:, None]
        ahead = (self.probabilities > own) | ((self.probabilities == own) & before)
        return float((ahead.sum(axis=1) < 5).mean())

    @property
    def commonest(self) -> int:
        """Index of the class of most images."""
        return int(np.bincount(self.truth).argmax())

    @property
    def guessing(self) -> float:
        """Share of images that always guessing the commonest class gets right, in [0, 1]."""
        return float((self.truth == self.commonest).mean())

    @property
    def beats_guessing(self) -> bool:
        """Whether the model is clearly better than always guessing the commonest class.

        It is if guessing would get as many images right in less than one of twenty trials (binomial test).
        """
        right, share = int(self.correct.sum()), self.guessing
        if right <= share * self.images or share == 1:
            return False
        odds = math.log(share), math.log1p(-share)
        chances = (
            math.exp(_log_combinations(self.images, hits) + hits * odds[0] + (self.images - hits) * odds[1])
            for hits in range(right, self.images + 1)
        )
        return sum(chances) < CHANCE

    @property
    def confusion(self) -> npt.NDArray[np.int64]:
        """Number of images by true class (rows) and best guess (columns), int64 (classes, classes)."""
        cells = self.truth * self.classes + self.guesses
        return np.bincount(cells, minlength=self.classes**2).reshape(self.classes, self.classes)

    @property
    def precision(self) -> npt.NDArray[np.float64]:
        """Precision of each class, float64 (classes,) in [0, 1]; NaN for a class that is never guessed."""
        return _share(self._hits(), np.bincount(self.guesses, minlength=self.classes))

    @property
    def recall(self) -> npt.NDArray[np.float64]:
        """Recall of each class, float64 (classes,) in [0, 1]; NaN for a class without images."""
        return _share(self._hits(), np.bincount(self.truth, minlength=self.classes))

    @property
    def calibration(self) -> Calibration:
        """The best guesses, binned by their scores."""
        scores = self.scores.astype(np.float64)
        bins = np.minimum((scores * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
        counts = np.bincount(bins, minlength=CALIBRATION_BINS)
        return Calibration(
            counts=counts,
            confidence=_share(np.bincount(bins, weights=scores, minlength=CALIBRATION_BINS), counts),
            accuracy=_share(np.bincount(bins, weights=self.correct, minlength=CALIBRATION_BINS), counts),
        )

    def _hits(self) -> npt.NDArray[np.int64]:
        return np.bincount(self.truth[self.correct], minlength=self.classes)


def _log_combinations(count: int, chosen: int) -> float:
    """Return the logarithm of the number of ways to choose some of `count` things."""
    return math.lgamma(count + 1) - math.lgamma(chosen + 1) - math.lgamma(count - chosen + 1)


@dataclass(frozen=True, slots=True, eq=False)
class Measurement(Evaluation):
    """An evaluation of an installed model, with times.

    Attributes:
        decode_ms: float64 (images,), time from a file's content to pixels, in milliseconds.
        inference_ms: float64 (images,), time from pixels to scores, in milliseconds.
        elapsed_s: time for all images on all cores, in seconds.
        skipped: images that cannot be decoded; the other fields do not include them.
    """

    decode_ms: npt.NDArray[np.float64]
    inference_ms: npt.NDArray[np.float64]
    elapsed_s: float
    skipped: tuple[Skipped, ...]

    @property
    def images_per_s(self) -> float:
        """Images per second, on all cores together."""
        return self.images / self.elapsed_s


class _Scored(NamedTuple):
    """Result for one image."""

    scores: npt.NDArray[np.float32]
    truth: int
    decode_ms: float
    inference_ms: float


def evaluate(bundle: Bundle, examples: Iterable[Example], *, options: NetworkOptions = DEFAULT_OPTIONS) -> Measurement:
    """Evaluate a model with the same decoding, network file and engine that label photos.

    An output without a class name is never the best guess; its score counts as 0.

    Args:
        bundle: installed model.
        examples: images; the label of each is the index of one of the model's outputs, see `classes.match_classes`.
        options: device, if the network runs in a TensorFlow session.

    Raises:
        ModelError: the model cannot be loaded.
        DatasetError: there are no images, or no image can be decoded.
    """
    engines: SimpleQueue[Engine] = SimpleQueue()
    for _ in range(core_count()):
        engines.put(load_engine(bundle, options=options))
    spec = bundle.spec
    labelled = np.array([label is not None for label in read_labels(bundle)])

    def score(example: Example) -> _Scored | Skipped:
        start_s = perf_counter()
        try:
            pixels = load_pixels(example.encoded, **spec.framing)
        except ImageError as error:
            return Skipped(example.name, str(error))
        decoded_s = perf_counter()
        engine = engines.get()
        try:
            scores = engine.run(pixels[np.newaxis]).probabilities[0] * labelled
        finally:
            engines.put(engine)
        return _Scored(scores, example.label, (decoded_s - start_s) * 1e3, (perf_counter() - decoded_s) * 1e3)

    start_s = perf_counter()
    results = map_on_all_cores(score, examples)
    elapsed_s = perf_counter() - start_s
    skipped = tuple(result for result in results if isinstance(result, Skipped))
    scored = [result for result in results if isinstance(result, _Scored)]
    if not scored:
        raise DatasetError(f"expected images to evaluate. Received: none, and {len(skipped)} that cannot be decoded")
    scores, truth, decode_ms, inference_ms = map(np.array, zip(*scored, strict=True))
    return Measurement(scores, truth, decode_ms, inference_ms, elapsed_s, skipped)


def _share(part: npt.NDArray[np.number], whole: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Divide; the result is NaN for a divisor of 0."""
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
