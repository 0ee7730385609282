"""Folding of a batch normalisation into the convolution before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inference.litert.graph import Floats


@dataclass(frozen=True, slots=True)
class BatchNorm:
    """The parameters of a batch normalisation; arrays are float32 (channels,).

    Attributes:
        mean, variance: statistics of the convolution's results in training.
        offset: learnt offset ("beta"), added last.
        factor: learnt factor ("gamma"); None if the batch normalisation has no factor.
        epsilon: number added to the variance.
    """

    mean: Floats
    variance: Floats
    offset: Floats
    factor: Floats | None
    epsilon: float

    def fold(self, weights: Floats, axis: int) -> tuple[Floats, Floats]:
        """Return weights and bias of a convolution that includes this batch normalisation.

        Args:
            weights: weights of the convolution without a bias, float32.
            axis: axis of the output channels in the weights.

        Raises:
            ValueError: the parameters have another number of channels than the weights.
        """
        arrays = [each for each in (self.mean, self.variance, self.offset, self.factor) if each is not None]
        # NumPy would broadcast a single channel without an error.
        if any(each.shape != (weights.shape[axis],) for each in arrays):
            raise ValueError(f"expected {weights.shape[axis]} channels. Received: {[each.shape for each in arrays]}")
        scale = 1 / np.sqrt(self.variance + np.float32(self.epsilon))
        if self.factor is not None:
            scale = scale * self.factor
        sides = [1] * weights.ndim
        sides[axis] = -1
        # Files need the weights in C order; the given array may be a transposed view.
        return np.multiply(weights, scale.reshape(sides), order="C"), self.offset - self.mean * scale
