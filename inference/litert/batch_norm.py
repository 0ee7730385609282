"""Batch normalisation as part of the convolution before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from inference.litert.graph import Floats


@dataclass(frozen=True, slots=True)
class BatchNorm:
    """What a batch normalisation has learnt, each float32 (channels,).

    Attributes:
        mean, variance: of the convolution's results in training.
        offset: added in the end ("beta").
        factor: multiplied with before that ("gamma"); None for one without.
        epsilon: added to the variance.
    """

    mean: Floats
    variance: Floats
    offset: Floats
    factor: Floats | None
    epsilon: float

    def fold(self, weights: Floats, axis: int) -> tuple[Floats, Floats]:
        """Weights and bias of the convolution that computes both, from those of one without a bias.

        Args:
            weights: float32 of the convolution.
            axis: of its output channels.

        Raises:
            ValueError: what was learnt is of another number of channels.
        """
        learnt = [each for each in (self.mean, self.variance, self.offset, self.factor) if each is not None]
        # Other numbers of channels might be broadcast.
        if any(each.shape != (weights.shape[axis],) for each in learnt):
            raise ValueError(f"expected {weights.shape[axis]} channels. Received: {[each.shape for each in learnt]}")
        scale = 1 / np.sqrt(self.variance + np.float32(self.epsilon))
        if self.factor is not None:
            scale = scale * self.factor
        sides = [1] * weights.ndim
        sides[axis] = -1
        # In the order in which files have them, whatever the order that they came in.
        return np.multiply(weights, scale.reshape(sides), order="C"), self.offset - self.mean * scale
