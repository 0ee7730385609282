"""Quantisation to int8 by LiteRT's specification: value = scale * (integer - zero point).

https://ai.google.dev/edge/litert/conversion/tensorflow/quantization/quantization_spec
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from inference.litert.graph import Floats

# Largest integer of a weight. Weights are quantised symmetrically, so -128 is not used.
MAX_WEIGHT = 127
# If all weights of a channel are smaller than this number, they count as 0, as in TensorFlow's converter. A scale near
# 0 would overflow in interpreters.
LEAST_EXTREME = 5e-7
# Largest integer of a bias. Interpreters add a bias to a sum of products in 32 bits, so this limit leaves room for the
# sum.
MAX_BIAS = 2**30


@dataclass(frozen=True, slots=True)
class Scale:
    """The quantisation of a layer's results to int8.

    Attributes:
        scale: difference of the real numbers for two neighbouring integers, above 0.
        zero_point: integer for the real number 0, from -128 to 127.
    """

    scale: float
    zero_point: int


def scale_of(low: float, high: float) -> Scale:
    """Return the scale for a range of values; the range is widened to include 0, since padding needs an exact 0."""
    low, high = min(low, 0.0), max(high, 0.0)
    if high - low < LEAST_EXTREME:
        # A result that is always near 0 gets an arbitrary scale, since interpreters abort at a scale of 0.
        return Scale(1.0, 0)
    # Files store the scale as float32, and interpreters compute with the stored value.
    scale = float(np.float32((high - low) / 255))
    return Scale(scale, int(np.clip(round(-128 - low / scale), -128, 127)))


def weight_scales(weights: Floats, axis: int) -> Floats:
    """Return the scale of the weights of each output channel.

    Args:
        weights: float32 weights of any shape.
        axis: axis of the output channels.

    Returns:
        Scales: float32 (output channels,).
    """
    others = tuple(other for other in range(weights.ndim) if other != axis)
    extremes = np.maximum(weights.max(axis=others), -weights.min(axis=others))
    return np.asarray(np.maximum(extremes, LEAST_EXTREME) / MAX_WEIGHT, np.float32)


def make_room_for_bias(scales: Floats, bias: Floats, input_scale: float) -> Floats:
    """Raise the scales of channels whose bias would not fit into 32 bits.

    Channels with very small weights are common, and an overflow would be clipped silently.

    Args:
        scales: scales of the weights, float32 (output channels,).
        bias: float32 (output channels,); the scale of the bias is the scale of the weights times `input_scale`.
        input_scale: scale of the layer's input.
    """
    return np.asarray(np.maximum(scales, np.abs(bias) / (input_scale * MAX_BIAS)), np.float32)


def quantize_weights(weights: Floats, axis: int, scales: Floats) -> npt.NDArray[np.int8]:
    """Round weights to integers from -127 to 127.

    Args:
        weights: float32 weights of any shape.
        axis: axis of the output channels.
        scales: scales of the weights, float32 (output channels,).
    """
    sides = [1] * weights.ndim
    sides[axis] = -1
    steps = weights / scales.reshape(sides)
    np.rint(steps, out=steps)
    return np.clip(steps, -MAX_WEIGHT, MAX_WEIGHT, out=steps).astype(np.int8)


def dequantize_weights(values: npt.NDArray[Any], axis: int, scales: Any, zero_points: Any) -> Floats:
    """Convert quantised integers to real numbers, float32 of the same shape.

    Args:
        values: integers of any shape.
        axis: axis along which the scales differ.
        scales: one scale for each position on the axis, or one scale for all positions.
        zero_points: one zero point for each position on the axis, or one zero point for all positions.
    """
    scales, zero_points = np.asarray(scales, np.float32), np.asarray(zero_points, np.float32)
    sides = [1] * values.ndim
    if scales.size > 1:
        sides[axis] = -1
    real = (values.astype(np.float32) - zero_points.reshape(sides)) * scales.reshape(sides)
    return np.asarray(real, np.float32)


def quantize_bias(bias: Floats, input_scale: float, scales: Floats) -> npt.NDArray[np.int32]:
    """Round a bias to int32 (output channels,), with the scale of the sums of products: `input_scale * scales`."""
    return np.rint(bias / (np.float64(input_scale) * scales)).astype(np.int32)
