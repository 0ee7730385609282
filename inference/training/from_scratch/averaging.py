"""A moving average of a network's weights, which often does better than the weights themselves.

Polyak and Juditsky, "Acceleration of Stochastic Approximation by Averaging" (1992); as TF-slim trained Inception.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras
import tensorflow as tf


class WeightAverage(tf.Module):
    """Follows all weights of a model, the moving averages of its batch normalisations included.

    A checkpoint of it holds the average.
    """

    def __init__(self, model: keras.Model, decay: float) -> None:
        """Begin with the weights as they are.

        Args:
            model: whose weights to follow.
            decay: share of the average that a step keeps, in (0, 1).
        """
        super().__init__()
        self._model = model
        self._decay = decay
        self._averages = [tf.Variable(weights, trainable=False) for weights in model.get_weights()]

    def update(self, step: tf.Tensor) -> None:
        """Move towards the weights after a step, numbered from 0; at first further, to forget how they began."""
        done = tf.cast(step, tf.float32)
        kept = tf.minimum(self._decay, (1.0 + done) / (10.0 + done))
        for average, weights in zip(self._averages, self._model.weights, strict=True):
            average.assign_sub((1.0 - kept) * (average - weights.value))

    def apply(self) -> None:
        """Give the model the average for good."""
        self._model.set_weights([average.numpy() for average in self._averages])

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Lend the model the average; it has its own weights back in the end."""
        own = self._model.get_weights()
        self.apply()
        try:
            yield
        finally:
            self._model.set_weights(own)
