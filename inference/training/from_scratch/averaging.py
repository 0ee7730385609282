"""A moving average of a network's weights.

A network is often more accurate with this average than with its own weights.

Polyak and Juditsky, "Acceleration of Stochastic Approximation by Averaging" (1992). TF-slim uses such an average to
train Inception.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras
import tensorflow as tf


class WeightAverage(tf.Module):
    """The moving average of all weights of a model, including the statistics of batch normalisation.

    The average can be saved in a checkpoint.
    """

    def __init__(self, model: keras.Model, decay: float) -> None:
        """Initialise the average with the model's current weights.

        Args:
            model: model whose weights are averaged.
            decay: share of the average that each step keeps, in (0, 1).
        """
        super().__init__()
        self._model = model
        self._decay = decay
        self._averages = [tf.Variable(weights, trainable=False) for weights in model.get_weights()]

    def update(self, step: tf.Tensor) -> None:
        """Update the average after a step.

        The first steps keep a smaller share of the average, so that the initial weights soon lose their influence.

        Args:
            step: number of the step, from 0.
        """
        done = tf.cast(step, tf.float32)
        kept = tf.minimum(self._decay, (1.0 + done) / (10.0 + done))
        for average, weights in zip(self._averages, self._model.weights, strict=True):
            average.assign_sub((1.0 - kept) * (average - weights.value))

    def apply(self) -> None:
        """Set the model's weights to the average."""
        self._model.set_weights([average.numpy() for average in self._averages])

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Set the model's weights to the average, and restore the model's own weights at the end."""
        own = self._model.get_weights()
        self.apply()
        try:
            yield
        finally:
            self._model.set_weights(own)
