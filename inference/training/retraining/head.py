"""Training of a head, in NumPy: several learning rates at once, since a head is small.

The heads for all learning rates are one layer with one more dimension, so that a batch trains all of them. Plain
gradient descent, with momentum or without, is linear in the gradient: a loss times r trains at the rate r. That gives
each head its own rate in one step, and where one diverges, the others do not notice.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
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
# A score for the truth that is rounded to 0 counts as this, so that one hopeless photo is not an infinite loss.
SMALLEST = 1e-7
# A loss that is lower by less than a hundredth, or than a thousandth of a nat, is no reason to go on: where all photos
# are told apart, it shrinks for ever, and the head only becomes more certain of itself.
NOTABLE = 0.99
NOTABLE_NATS = 1e-3
# Embeddings of training that each epoch is measured on.
MEASURED = 10_000


@dataclass(frozen=True, slots=True)
class HeadConfig:
    """Hyperparameters.

    Attributes:
        learning_rates: tried at once; they are for embeddings whose mean squared distance from their mean is 1.
        l2: times the squared weights is added to the loss.
        max_epochs: at most.
        patience: epochs without a notably lower loss on validation after which the training ends.
        batch_size: embeddings a step.
        seed: of the order of the embeddings, at least 0.

    Raises:
        InvalidSetting: a field is out of its range.
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
    """What an epoch brought to the head that is the best at its end.

    Attributes:
        epoch: its number, from 1.
        learning_rate: of that head.
        loss, validation_loss: mean cross entropy of the embeddings of training and validation.
        accuracy, validation_accuracy: share of them whose class has the best score, in [0, 1].
    """

    epoch: int
    learning_rate: float
    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float


@dataclass(frozen=True, slots=True, eq=False)
class TrainedHead:
    """The best head, as it was after its best epoch.

    Attributes:
        head: takes embeddings as they are.
        learning_rate: that it was trained with.
        epoch: that it was best after, from 1.
        history: of all epochs.
    """

    head: Head
    learning_rate: float
    epoch: int
    history: tuple[HeadEpoch, ...]


def class_weights(truth: npt.NDArray[np.int64], classes: int) -> npt.NDArray[np.float32]:
    """Weights float32 (classes,) under which all classes count alike, and an average example as 1; 0 for an absent one.

    Args:
        truth: int64 (count,), the index of each example's class.
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
    """Train a head with each learning rate until none gets better on validation any more, and keep the best.

    Args:
        training: to learn from, at least one; rare classes count as much as frequent ones.
        validation: decides by its loss which learning rate and which epoch is the best; at least one.
        classes: number of classes.
        config: hyperparameters.
        report: called after each epoch, with the head that is the best at its end.

    Raises:
        TrainingDiverged: no learning rate led to numbers.
    """
    scale = _Scale.of(training.embeddings)
    embeddings = with_ones(scale.apply(training.embeddings))
    weights = class_weights(training.truth, classes)[training.truth]
    heads = ParallelHeads(embeddings.shape[1], classes, config)
    best = _Best(scale, training, validation, config, report)
    steps = 0
    for epoch in range(1, config.max_epochs + 1):
        order = np.random.default_rng([config.seed, epoch]).permutation(len(training))
        # A step is too small to be shared, and threads of BLAS that wait for each other keep all cores busy.
        with one_blas_thread():
            for start in range(0, len(order), config.batch_size):
                batch = order[start : start + config.batch_size]
                heads.step(embeddings[batch], training.truth[batch], weights[batch])
                steps += 1
        if not best.improves(epoch, heads):
            break
    if best.head is None:
        raise TrainingDiverged("no learning rate led to a loss that is a number", steps)
    return TrainedHead(best.head, best.learning_rate, best.epoch, tuple(best.history))


def with_ones(embeddings: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Embeddings (count, channels) with a last channel of ones, whose weights are the bias."""
    return np.pad(embeddings, ((0, 0), (0, 1)), constant_values=1)


class ParallelHeads:
    """Linear layers on the same embeddings, one for each learning rate, and their training.

    The loss is the mean of the weighted cross entropies, plus `l2` times the squared weights but for the bias. A step
    is one of gradient descent with Nesterov's momentum (Sutskever et al., "On the importance of initialization and
    momentum in deep learning", 2013).

    Attributes:
        weights: float32 (channels, rates, classes); the last channel is the bias.
    """

    def __init__(self, channels: int, classes: int, config: HeadConfig) -> None:
        """Begin with zeros, which are as good as any others, since the problem is convex.

        Args:
            channels: of the embeddings, that of the ones among them.
            classes: number of classes.
            config: hyperparameters.
        """
        self._learning_rates = config.learning_rates
        self.weights = np.zeros((channels, len(config.learning_rates), classes), np.float32)
        self._velocity = np.zeros_like(self.weights)
        # New ones in each step would take longer than what is computed into them.
        self._gradient, self._product = np.empty_like(self.weights), np.empty_like(self.weights)
        # Some may be too high for float32.
        with np.errstate(over="ignore", invalid="ignore"):
            self._rates = np.array(config.learning_rates, np.float32)[:, np.newaxis]
            self._penalty = 2 * config.l2 * self._rates

    # Of a head whose rate is too high, and of that alone, numbers become too large for float32.
    @np.errstate(over="ignore", invalid="ignore")
    def step(
        self, embeddings: npt.NDArray[np.float32], truth: npt.NDArray[np.int64], weights: npt.NDArray[np.float32]
    ) -> None:
        """Learn from a batch.

        Args:
            embeddings: float32 (batch, channels), with ones.
            truth: int64 (batch,), the index of each one's class.
            weights: float32 (batch,), how much each one counts.
        """
        gradient = self.gradient(embeddings, truth, weights)
        self._velocity *= MOMENTUM
        self._velocity -= gradient
        self.weights -= gradient
        self.weights += np.multiply(self._velocity, MOMENTUM, out=self._product)

    def gradient(
        self, embeddings: npt.NDArray[np.float32], truth: npt.NDArray[np.int64], weights: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float32]:
        """The gradient of each head's loss times its learning rate, in the shape of the weights; see `step`.

        It holds until it is asked for again.
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
        """The learning rate, the weights (channels, classes) and the bias (classes,) of heads that are numbers."""
        for place, rate in enumerate(self._learning_rates):
            weights = self.weights[:, place]
            if np.isfinite(weights).all():
                yield rate, weights[:-1], weights[-1]


@dataclass(frozen=True, slots=True, eq=False)
class _Scale:
    """What puts the embeddings of any network on a scale that learning rates are made for."""

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
        """The same layer for embeddings as they are."""
        weights = kernel / np.float32(self.spread)
        return Head(weights, bias - self.centre @ weights)


class _Best:
    """The best head that there was after any epoch."""

    def __init__(
        self,
        scale: _Scale,
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
        self._scale = scale
        self._validation = validation
        # A part of large sets tells as much, and costs no time.
        step = math.ceil(len(training) / MEASURED)
        self._sample = LabelledEmbeddings(training.embeddings[::step], training.truth[::step])
        self._patience = config.patience
        self._report = report

    # Weights that are about to diverge give scores that are no numbers.
    @np.errstate(over="ignore", invalid="ignore")
    def improves(self, epoch: int, heads: ParallelHeads) -> bool:
        """Look at the heads at the end of an epoch; tells whether to go on."""
        found: tuple[float, float, float, Head] | None = None
        for rate, weights, bias in heads.finite():
            head = self._scale.head(weights, bias)
            loss, accuracy = _measure(head, self._validation)
            if math.isfinite(loss) and (found is None or loss < found[0]):
                found = loss, accuracy, rate, head
        if found is None:
            return False
        validation_loss, validation_accuracy, rate, head = found
        loss, accuracy = _measure(head, self._sample)
        report = HeadEpoch(epoch, rate, loss, accuracy, validation_loss, validation_accuracy)
        self.history.append(report)
        if validation_loss < min(self._loss * NOTABLE, self._loss - NOTABLE_NATS):
            self._loss, self.learning_rate, self.epoch, self.head = validation_loss, rate, epoch, head
        self._report(report, head)
        return epoch - self.epoch < self._patience


def _measure(head: Head, data: LabelledEmbeddings) -> tuple[float, float]:
    """Mean cross entropy and the share of right guesses."""
    logits = head.logits(data.embeddings)
    own = softmax(logits)[np.arange(len(data)), data.truth]
    right = logits.argmax(axis=1) == data.truth
    return float(-np.log(np.maximum(own, SMALLEST)).mean()), float(right.mean())
