"""Training of a head: several learning rates at once, since a head is small.

The heads for all learning rates are one layer with one more dimension, so that a batch trains all of them. Plain
gradient descent, with momentum or without, is linear in the gradient: a loss times r trains at the rate r. That gives
each head its own rate under one optimiser, and where one diverges, the others do not notice.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from inference.engine import softmax
from inference.head import Head
from inference.training.embeddings import LabelledEmbeddings
from inference.training.errors import InvalidSetting, TrainingDiverged

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
        seed: of the order of the embeddings.

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
        for setting in ("max_epochs", "patience", "batch_size"):
            if getattr(self, setting) < 1:
                raise InvalidSetting(setting, "at least 1", getattr(self, setting))


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
    keras.utils.set_random_seed(config.seed)
    scale = _Scale.of(training.embeddings)
    layer = ParallelHeads(config.learning_rates, classes, l2=config.l2)
    model = keras.Sequential([keras.Input((training.embeddings.shape[1],)), layer])
    # To compile the step with XLA takes longer than the training.
    model.compile(keras.optimizers.SGD(1.0, momentum=MOMENTUM, nesterov=True), loss=layer.loss, jit_compile=False)
    best = _KeepBest(layer, scale, training, validation, config.patience, report)
    model.fit(
        scale.apply(training.embeddings),
        training.truth,
        sample_weight=class_weights(training.truth, classes)[training.truth],
        batch_size=config.batch_size,
        epochs=config.max_epochs,
        callbacks=[best],
        verbose=0,
    )
    if best.head is None:
        raise TrainingDiverged("no learning rate led to a loss that is a number", model.optimizer.iterations)
    return TrainedHead(best.head, best.learning_rate, best.epoch, tuple(best.history))


class ParallelHeads(keras.layers.Layer):
    """Dense layers on the same embedding, one for each learning rate: (batch, channels) -> (batch, rates, classes)."""

    def __init__(self, learning_rates: Sequence[float], classes: int, *, l2: float) -> None:
        super().__init__()
        self.learning_rates = tuple(learning_rates)
        self._classes = classes
        self._l2 = l2

    def build(self, input_shape: tuple[int | None, int]) -> None:
        rates = len(self.learning_rates)
        # The problem is convex: zeros are as good a beginning as any.
        self.kernel = self.add_weight((rates, input_shape[1], self._classes), "zeros", regularizer=self._penalty)
        self.bias = self.add_weight((rates, self._classes), "zeros")

    def call(self, embeddings: keras.KerasTensor) -> keras.KerasTensor:
        return ops.einsum("bc,rck->brk", embeddings, self.kernel) + self.bias

    def loss(self, truth: keras.KerasTensor, logits: keras.KerasTensor) -> keras.KerasTensor:
        """Cross entropies (batch,), summed over the heads, each times its learning rate."""
        wanted = ops.one_hot(ops.reshape(truth, (-1,)), self._classes)[:, None, :]
        entropies = ops.logsumexp(logits, axis=-1) - ops.sum(logits * wanted, axis=-1)
        return ops.sum(entropies * ops.array(self.learning_rates), axis=-1)

    def _penalty(self, kernel: keras.KerasTensor) -> keras.KerasTensor:
        return self._l2 * ops.sum(ops.sum(ops.square(kernel), axis=(1, 2)) * ops.array(self.learning_rates))


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


class _KeepBest(keras.callbacks.Callback):
    """Looks at each head after each epoch, keeps the best there was, and ends the training when none gets better."""

    def __init__(
        self,
        layer: ParallelHeads,
        scale: _Scale,
        training: LabelledEmbeddings,
        validation: LabelledEmbeddings,
        patience: int,
        report: Callable[[HeadEpoch, Head], None],
    ) -> None:
        super().__init__()
        self.head: Head | None = None
        self.learning_rate = math.nan
        self.epoch = 0
        self.history: list[HeadEpoch] = []
        self._loss = math.inf
        self._layer = layer
        self._scale = scale
        self._validation = validation
        # A part of large sets tells as much, and costs no time.
        step = math.ceil(len(training) / MEASURED)
        self._sample = LabelledEmbeddings(training.embeddings[::step], training.truth[::step])
        self._patience = patience
        self._report = report

    def on_epoch_end(self, epoch: int, _logs: Mapping[str, float] | None = None) -> None:
        kernels, biases = ops.convert_to_numpy(self._layer.kernel), ops.convert_to_numpy(self._layer.bias)
        found: tuple[float, float, float, Head] | None = None
        for rate, kernel, bias in zip(self._layer.learning_rates, kernels, biases, strict=True):
            if np.isfinite(kernel).all() and np.isfinite(bias).all():
                head = self._scale.head(kernel, bias)
                loss, accuracy = _measure(head, self._validation)
                if found is None or loss < found[0]:
                    found = loss, accuracy, rate, head
        if found is None:
            self.model.stop_training = True
            return
        validation_loss, validation_accuracy, rate, head = found
        loss, accuracy = _measure(head, self._sample)
        report = HeadEpoch(epoch + 1, rate, loss, accuracy, validation_loss, validation_accuracy)
        self.history.append(report)
        if validation_loss < min(self._loss * NOTABLE, self._loss - NOTABLE_NATS):
            self._loss, self.learning_rate, self.epoch, self.head = validation_loss, rate, epoch + 1, head
        self.model.stop_training = epoch + 1 - self.epoch >= self._patience
        self._report(report, head)


def _measure(head: Head, data: LabelledEmbeddings) -> tuple[float, float]:
    """Mean cross entropy and the share of right guesses."""
    logits = head.logits(data.embeddings)
    own = softmax(logits)[np.arange(len(data)), data.truth]
    right = logits.argmax(axis=1) == data.truth
    return float(-np.log(np.maximum(own, SMALLEST)).mean()), float(right.mean())
