"""How good a model is: figures over labelled images, and their measurement on the way that a photo takes."""

from __future__ import annotations

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

# As in Naeini et al., "Obtaining Well Calibrated Probabilities Using Bayesian Binning" (AAAI 2015).
CALIBRATION_BINS = 10


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Whether scores are what they seem: of the guesses with a score of 0.7, 70 % should be right.

    Attributes:
        counts: int64 (bins,), how many best guesses have a score in each of the equal parts of [0, 1].
        confidence: float64 (bins,), their mean score; NaN for an empty bin.
        accuracy: float64 (bins,), the share of them that is right; NaN for an empty bin.
    """

    counts: npt.NDArray[np.int64]
    confidence: npt.NDArray[np.float64]
    accuracy: npt.NDArray[np.float64]

    @property
    def error(self) -> float:
        """The expected calibration error: mean distance of confidence and accuracy, weighted by counts, in [0, 1]."""
        return float(np.nansum(self.counts * np.abs(self.confidence - self.accuracy)) / self.counts.sum())


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """Figures over labelled images, from a model's scores and the truth.

    Attributes:
        probabilities: float32 (images, classes), scores in [0, 1].
        truth: int64 (images,), the index of each image's class.

    Raises:
        ValueError: the arrays do not fit together.
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
        """The best class of each image, int64 (images,); of equal scores the first, as in an answer."""
        return self.probabilities.argmax(axis=1)

    @property
    def scores(self) -> npt.NDArray[np.float32]:
        """The best score of each image, float32 (images,), in [0, 1]."""
        return np.asarray(self.probabilities.max(axis=1))

    @property
    def correct(self) -> npt.NDArray[np.bool_]:
        """Whether the best guess is right, bool (images,)."""
        return self.guesses == self.truth

    @property
    def top1(self) -> float:
        """Share of images whose class is the best, in [0, 1]."""
        return float(self.correct.mean())

    @property
    def top5(self) -> float:
        """Share of images whose class is among the five best, in [0, 1]."""
        own = self.probabilities[np.arange(self.images), self.truth][:, None]
        before = np.arange(self.classes) < self.truth[:, None]
        ahead = (self.probabilities > own) | ((self.probabilities == own) & before)
        return float((ahead.sum(axis=1) < 5).mean())

    @property
    def confusion(self) -> npt.NDArray[np.int64]:
        """Number of images by truth (rows) and best guess (columns), int64 (classes, classes)."""
        cells = self.truth * self.classes + self.guesses
        return np.bincount(cells, minlength=self.classes**2).reshape(self.classes, self.classes)

    @property
    def precision(self) -> npt.NDArray[np.float64]:
        """Share of the guesses of each class that are right, float64 (classes,); NaN for one never guessed."""
        return _share(self._hits(), np.bincount(self.guesses, minlength=self.classes))

    @property
    def recall(self) -> npt.NDArray[np.float64]:
        """Share of the images of each class that are recognised, float64 (classes,); NaN for one without images."""
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


@dataclass(frozen=True, slots=True, eq=False)
class Measurement(Evaluation):
    """An evaluation of the file that is shipped.

    Attributes:
        decode_ms: float64 (images,), time from a file's content to pixels, in milliseconds.
        inference_ms: float64 (images,), time from pixels to scores.
        elapsed_s: time for all images, each core taking one at a time.
        skipped: images that could not be decoded; they count nowhere else.
    """

    decode_ms: npt.NDArray[np.float64]
    inference_ms: npt.NDArray[np.float64]
    elapsed_s: float
    skipped: tuple[Skipped, ...]

    @property
    def images_per_s(self) -> float:
        """Images each second, on all cores together."""
        return self.images / self.elapsed_s


class _Scored(NamedTuple):
    """What came of one image."""

    scores: npt.NDArray[np.float32]
    truth: int
    decode_ms: float
    inference_ms: float


def evaluate(bundle: Bundle, examples: Iterable[Example], *, options: NetworkOptions = DEFAULT_OPTIONS) -> Measurement:
    """Label images on the way that a photo takes: the same decoding, the same file, the same engine.

    Outputs without a label are never an answer; their scores count as 0.

    Args:
        bundle: the model.
        examples: images whose labels are indices of the model's outputs; see `classes.match_classes`.
        options: device of a network that runs in a TensorFlow session.

    Raises:
        ModelError: the bundle does not load.
        DatasetError: there are no images, or none can be decoded.
    """
    engines: SimpleQueue[Engine] = SimpleQueue()
    for _ in range(core_count()):
        engines.put(load_engine(bundle, options=options))
    spec = bundle.spec
    labelled = np.array([label is not None for label in read_labels(bundle)])

    def score(example: Example) -> _Scored | Skipped:
        start_s = perf_counter()
        try:
            pixels = load_pixels(example.encoded, height=spec.height, width=spec.width, crop=spec.crop, fit=spec.fit)
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
    """Divide; NaN where there is nothing to divide by."""
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
