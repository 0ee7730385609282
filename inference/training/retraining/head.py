"""Training of a head in NumPy, with several learning rates at once.

The heads for all learning rates are one layer with an additional dimension, so that a batch trains all heads at once.
Gradient descent, with or without momentum, is linear in the gradient: multiplying the loss by r has the effect of a
learning rate r. So each head has its own rate in the same step, and a head that diverges does not affect the other
heads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from inference.images.native_library import one_blas_thread
from inference.models.engine import softmax
from inference.models.head import Head
from inference.training.errors import InvalidSetting, TrainingDiverged
from inference.training.retraining.embeddings import LabelledEmbeddings

MOMENTUM = 0.9
# Minimum score in the loss, so that a score of 0 for one photo does not make the loss infinite.
SMALLEST = 1e-7
# An improvement must lower the loss by at least 1 % and 0.001 nats. If all photos are classified correctly, the loss
# keeps falling forever, but the head only becomes more certain.
NOTABLE = 0.99
NOTABLE_NATS = 1e-3
# Maximum number of training embeddings on which the loss and the accuracy of an epoch are measured.
MEASURED = 10_000


@dataclass(frozen=True, slots=True)
class HeadConfig:
    """Hyperparameters of a head.

    Attributes:
        learning_rates: learning rates to compare, for embeddings with a mean squared distance of 1 from their mean.
        l2: factor of the squared weights in the loss, at least 0.
        max_epochs: maximum number of epochs.
        patience: the training ends after this number of epochs without an improvement of the validation loss.
        batch_size: number of embeddings per step.
        seed: random seed for the order of the embeddings, at least 0.

    Raises:
        InvalidSetting: a field is out of range.
    """

    learning_rates: tuple[float, ...] = (0.3, 1.0, 3.0, 10.0)
    l2: float = 1e-4
    max_epochs: int = 50
    patience: int = 5
    batch_size: int = 32
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.learning_rates or not all(0 < rate < math.inf for rate in self.learning_rates):
            raise InvalidSetting("learning rates", "numbers above 0", self.learning_rates)
        if not 0 <= self.l2 < math.inf:
            raise InvalidSetting("l2", "a number of at least 0", self.l2)
        for setting, least in (("max_epochs", 1), ("patience", 1), ("batch_size", 1), ("seed", 0)):
            if getattr(self, setting) < least:
                raise InvalidSetting(setting, f"at least {least}", getattr(self, setting))


@dataclass(frozen=True, slots=True)
class HeadEpoch:
    """Results of the best head after an epoch.

    Attributes:
        epoch: number of the epoch, from 1.
        learning_rate: learning rate of the head.
        loss, validation_loss: mean cross entropy on the training and the validation embeddings.
        accuracy, validation_accuracy: share of the same embeddings whose class is the best guess, in [0, 1].
    """

    epoch: int
    learning_rate: float
    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float


@dataclass(frozen=True, slots=True, eq=False)
class TrainedHead:
    """The best head of a training, after its best epoch.

    Attributes:
        head: head for embeddings without normalisation.
        learning_rate: learning rate of the head.
        epoch: number of the head's best epoch, from 1.
        history: results of all epochs.
    """

    head: Head
    learning_rate: float
    epoch: int
    history: tuple[HeadEpoch, ...]


def class_weights(truth: npt.NDArray[np.int64], classes: int) -> npt.NDArray[np.float32]:
    """Return a weight for each class, float32 (classes,), so that all classes have the same total weight.

    The mean weight of the examples is 1; the weight of a class without examples is 0.

    Args:
        truth: int64 (count,), index of each example's class.
        classes: number of classes.
    """
    counts = np.bincount(truth, minlength=classes)
    present = np.count_nonzero(counts)
    weights = np.divide(len(truth), present * counts, out=np.zeros(classes), where=counts > 0)
    return weights.astype(np.float32)


def train_head(
    training: LabelledEmbeddings,
    validation: LabelledEmbeddings,
    *,
    classes: int,
    config: HeadConfig,
    report: Callable[[HeadEpoch, Head], None],
) -> TrainedHead:
    """Train a head with each learning rate until the validation loss stops falling; return the best head.

    Args:
        training: training embeddings, at least one; rare classes count as much as frequent classes.
        validation: validation embeddings, at least one; their loss decides the best learning rate and epoch.
        classes: number of classes.
        config: hyperparameters.
        report: called after each epoch with the results and the weights of the best head after this epoch.

    Raises:
        TrainingDiverged: the training diverged with every learning rate.
    """
    best = _Best(training, validation, config, report)
    epoch = 0
    for epoch, heads in enumerate(train_epochs(training, classes=classes, config=config), 1):
        if not best.improves(epoch, heads):
            break
    if best.head is None:
        raise diverged(epoch * math.ceil(len(training) / config.batch_size))
    return TrainedHead(best.head, best.learning_rate, best.epoch, tuple(best.history))


def train_epochs(training: LabelledEmbeddings, *, classes: int, config: HeadConfig) -> Iterator[Mapping[float, Head]]:
    """Train a head with each learning rate; yield the heads with finite numbers by learning rate after each epoch.

    Args:
        training: see `train_head`.
        classes: number of classes.
        config: hyperparameters.
    """
    scale = _Scale.of(training.embeddings)
    embeddings = with_ones(scale.apply(training.embeddings))
    weights = class_weights(training.truth, classes)[training.truth]
    heads = ParallelHeads(embeddings.shape[1], classes, config)
    for epoch in range(1, config.max_epochs + 1):
        order = np.random.default_rng([config.seed, epoch]).permutation(len(training))
        # A step is too small for several threads of BLAS: these threads would keep all cores busy with waiting.
        with one_blas_thread():
            for start in range(0, len(order), config.batch_size):
                batch = order[start : start + config.batch_size]
                heads.step(embeddings[batch], training.truth[batch], weights[batch])
        with np.errstate(over="ignore", invalid="ignore"):
            yield {rate: scale.head(kernel, bias) for rate, kernel, bias in heads.finite()}


def diverged(steps: int) -> TrainingDiverged:
    """Return the error for a training that failed with each learning rate after a number of steps."""
    return TrainingDiverged("no learning rate led to a loss that is a number", steps)


def with_ones(embeddings: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Append a channel of ones to embeddings (count, channels); the weights of this channel are the bias."""
    return np.pad(embeddings, ((0, 0), (0, 1)), constant_values=1)


class ParallelHeads:
    """Linear layers on the same embeddings, one per learning rate, and their training.

    The loss is the mean of the weighted cross entropies plus `l2` times the squared weights without the bias. A step
    is gradient descent with Nesterov momentum (Sutskever et al., "On the importance of initialization and momentum in
    deep learning", 2013).

    Attributes:
        weights: float32 (channels, rates, classes); the last channel is the bias.
    """

    def __init__(self, channels: int, classes: int, config: HeadConfig) -> None:
        """Initialise the weights with zeros; any values would do, since the problem is convex.

        Args:
            channels: number of channels of the embeddings, including the channel of ones.
            classes: number of classes.
            config: hyperparameters.
        """
        self._learning_rates = config.learning_rates
        self.weights = np.zeros((channels, len(config.learning_rates), classes), np.float32)
        self._velocity = np.zeros_like(self.weights)
        # These arrays are reused in each step, since allocating them takes longer than filling them.
        self._gradient, self._product = np.empty_like(self.weights), np.empty_like(self.weights)
        # A learning rate may be too high for float32.
        with np.errstate(over="ignore", invalid="ignore"):
            self._rates = np.array(config.learning_rates, np.float32)[:, np.newaxis]
            self._penalty = 2 * config.l2 * self._rates

    # If the learning rate of a head is too high, its numbers overflow; the other heads are not affected.
    @np.errstate(over="ignore", invalid="ignore")
    def step(
        self, embeddings: npt.NDArray[np.float32], truth: npt.NDArray[np.int64], weights: npt.NDArray[np.float32]
    ) -> None:
        """Train all heads on a batch.

        Args:
            embeddings: float32 (batch, channels), with the channel of ones.
            truth: int64 (batch,), index of each embedding's class.
            weights: float32 (batch,), weight of each embedding in the loss.
        """
        gradient = self.gradient(embeddings, truth, weights)
        self._velocity *= MOMENTUM
        self._velocity -= gradient
        self.weights -= gradient
        self.weights += np.multiply(self._velocity, MOMENTUM, out=self._product)

    def gradient(
        self, embeddings: npt.NDArray[np.float32], truth: npt.NDArray[np.int64], weights: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float32]:
        """Return the gradient of each head's loss times its learning rate; for the arguments, see `step`.

        Returns:
            float32 (channels, rates, classes); the next call overwrites this array.
        """
        channels, rates, classes = self.weights.shape
        logits = (embeddings @ self.weights.reshape(channels, -1)).reshape(-1, rates, classes)
        errors = softmax(logits)
        errors[np.arange(len(truth)), :, truth] -= 1
        errors *= self._rates * (weights / np.float32(len(truth)))[:, np.newaxis, np.newaxis]
        np.matmul(embeddings.T, errors.reshape(len(truth), -1), out=self._gradient.reshape(channels, -1))
        self._gradient[:-1] += np.multiply(self.weights[:-1], self._penalty, out=self._product[:-1])
        return self._gradient

    def finite(self) -> Iterator[tuple[float, npt.NDArray[np.float32], npt.NDArray[np.float32]]]:
        """Yield rate, weights (channels, classes) and bias (classes,) of each head whose numbers are all finite."""
        for place, rate in enumerate(self._learning_rates):
            weights = self.weights[:, place]
            if np.isfinite(weights).all():
                yield rate, weights[:-1], weights[-1]


@dataclass(frozen=True, slots=True, eq=False)
class _Scale:
    """Normalisation of embeddings, so that the same learning rates suit every network.

    Attributes:
        centre: mean embedding, float32 (channels,).
        spread: root mean squared distance of the embeddings from `centre`, above 0.
    """

    centre: npt.NDArray[np.float32]
    spread: float

    @classmethod
    def of(cls, embeddings: npt.NDArray[np.float32]) -> Self:
        centre = embeddings.mean(axis=0)
        spread = math.sqrt(np.square(embeddings - centre).sum(axis=1).mean())
        return cls(centre, spread or 1.0)

    def apply(self, embeddings: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return (embeddings - self.centre) / np.float32(self.spread)

    def head(self, kernel: npt.NDArray[np.float32], bias: npt.NDArray[np.float32]) -> Head:
        """Convert a layer on normalised embeddings to a head on embeddings without normalisation."""
        weights = kernel / np.float32(self.spread)
        return Head(weights, bias - self.centre @ weights)


class _Best:
    """The best head so far."""

    def __init__(
        self,
        training: LabelledEmbeddings,
        validation: LabelledEmbeddings,
        config: HeadConfig,
        report: Callable[[HeadEpoch, Head], None],
    ) -> None:
        self.head: Head | None = None
        self.learning_rate = math.nan
        self.epoch = 0
        self.history: list[HeadEpoch] = []
        self._loss = math.inf
        self._validation = validation
        # Measuring a sample of a large training set is enough, and takes little time.
        step = math.ceil(len(training) / MEASURED)
        self._sample = LabelledEmbeddings(training.embeddings[::step], training.truth[::step])
        self._patience = config.patience
        self._report = report

    # If a head diverges, its large weights give infinite or NaN scores.
    @np.errstate(over="ignore", invalid="ignore")
    def improves(self, epoch: int, heads: Mapping[float, Head]) -> bool:
        """Evaluate the heads after an epoch; return whether to continue the training."""
        found: tuple[float, float, float, Head] | None = None
        for rate, head in heads.items():
            loss, accuracy = measure(head.logits(self._validation.embeddings), self._validation.truth)
            if math.isfinite(loss) and (found is None or loss < found[0]):
                found = loss, accuracy, rate, head
        if found is None:
            return False
        validation_loss, validation_accuracy, rate, head = found
        loss, accuracy = measure(head.logits(self._sample.embeddings), self._sample.truth)
        report = HeadEpoch(epoch, rate, loss, accuracy, validation_loss, validation_accuracy)
        self.history.append(report)
        if validation_loss < min(self._loss * NOTABLE, self._loss - NOTABLE_NATS):
            self._loss, self.learning_rate, self.epoch, self.head = validation_loss, rate, epoch, head
        self._report(report, head)
        return epoch - self.epoch < self._patience


def measure(logits: npt.NDArray[np.float32], truth: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Return the mean cross entropy, and the share of right guesses in [0, 1].

    Args:
        logits: float32 (count, classes).
        truth: int64 (count,), index of the class of each row.
    """
    own = softmax(logits)[np.arange(len(truth)), truth]
    right = logits.argmax(axis=1) == truth
    return float(-np.log(np.maximum(own, SMALLEST)).mean()) + 0.0, float(right.mean())
