"""Real numbers as integers of 8 bits: value = scale * (integer - zero point), as LiteRT's specification has it.

https://ai.google.dev/edge/litert/conversion/tensorflow/quantization/quantization_spec
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from inference.litert.graph import Floats

# Weights are symmetric, so that -128 has no counterpart.
MAX_WEIGHT = 127
# Below this, all weights of a channel count as 0: TensorFlow's converter has the same bound, and a scale of 0 or nearly
# so overflows what interpreters compute from it.
LEAST_EXTREME = 5e-7
# A bias is added in 32 bits to a sum of products, which needs room beside it.
MAX_BIAS = 2**30


@dataclass(frozen=True, slots=True)
class Scale:
    """How the results of a layer become int8.

    Attributes:
        scale: above 0.
        zero_point: the integer that stands for 0, from -128 to 127.
    """

    scale: float
    zero_point: int


def scale_of(low: float, high: float) -> Scale:
    """The scale with which int8 covers a range, which is widened so that it holds 0: padding needs that exactly."""
    low, high = min(low, 0.0), max(high, 0.0)
    if high - low < LEAST_EXTREME:
        # A result that is always 0, or as good as that, needs some scale; interpreters abort at 0.
        return Scale(1.0, 0)
    # Interpreters compute with the float32 that the file holds.
    scale = float(np.float32((high - low) / 255))
    return Scale(scale, int(np.clip(round(-128 - low / scale), -128, 127)))


def weight_scales(weights: Floats, axis: int) -> Floats:
    """Scales with which int8 covers the weights of each output channel.

    Args:
        weights: float32 of any shape.
        axis: of the output channels.

    Returns:
        float32 (output channels,).
    """
    others = tuple(other for other in range(weights.ndim) if other != axis)
    extremes = np.maximum(weights.max(axis=others), -weights.min(axis=others))
    return np.asarray(np.maximum(extremes, LEAST_EXTREME) / MAX_WEIGHT, np.float32)


def make_room_for_bias(scales: Floats, bias: Floats, input_scale: float) -> Floats:
    """Raise the scales of channels whose bias would not fit into 32 bits.

    Channels with next to no weights are common; an overflow would be clipped without a word.

    Args:
        scales: of the weights, float32 (output channels,).
        bias: float32 (output channels,); its scale is that of the weights times that of the input.
        input_scale: of the layer's input.
    """
    return np.asarray(np.maximum(scales, np.abs(bias) / (input_scale * MAX_BIAS)), np.float32)


def quantize_weights(weights: Floats, axis: int, scales: Floats) -> npt.NDArray[np.int8]:
    """Round weights to integers from -127 to 127; arguments as those of `weight_scales`, and what it returned."""
    sides = [1] * weights.ndim
    sides[axis] = -1
    steps = weights / scales.reshape(sides)
    np.rint(steps, out=steps)
    return np.clip(steps, -MAX_WEIGHT, MAX_WEIGHT, out=steps).astype(np.int8)


def dequantize_weights(values: npt.NDArray[Any], axis: int, scales: Any, zero_points: Any) -> Floats:
    """The real numbers that integers stand for, float32 in the same shape.

    Args:
        values: integers of any shape.
        axis: along which scales differ.
        scales: one for each place on the axis, or one for all.
        zero_points: likewise.
    """
    scales, zero_points = np.asarray(scales, np.float32), np.asarray(zero_points, np.float32)
    sides = [1] * values.ndim
    if scales.size > 1:
        sides[axis] = -1
    real = (values.astype(np.float32) - zero_points.reshape(sides)) * scales.reshape(sides)
    return np.asarray(real, np.float32)


def quantize_bias(bias: Floats, input_scale: float, scales: Floats) -> npt.NDArray[np.int32]:
    """Round a bias to int32 (output channels,), as it is added to sums of products of integers."""
    return np.rint(bias / (np.float64(input_scale) * scales)).astype(np.int32)
