from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from inference.litert.quantization import (
    LEAST_EXTREME,
    MAX_BIAS,
    dequantize_weights,
    make_room_for_bias,
    quantize_bias,
    quantize_weights,
    scale_of,
    weight_scales,
)

FLOATS = st.floats(-1e6, 1e6, width=32)
WEIGHTS = arrays.arrays(np.float32, arrays.array_shapes(min_dims=2, max_dims=4, max_side=5), elements=FLOATS)


@given(WEIGHTS, st.data())
def test_weights_are_kept_to_half_a_step(weights: np.ndarray, data: st.DataObject) -> None:
    axis = data.draw(st.integers(0, weights.ndim - 1))
    scales = weight_scales(weights, axis)
    values = quantize_weights(weights, axis, scales)
    assert values.dtype == np.int8
    assert values.min() >= -127
    assert scales.shape == (weights.shape[axis],)
    sides = [1] * weights.ndim
    sides[axis] = -1
    error = np.abs(dequantize_weights(values, axis, scales, np.zeros_like(scales)) - weights)
    assert (error <= 0.5001 * scales.reshape(sides)).all()


def test_channels_without_weights_have_a_scale_of_their_own() -> None:
    weights = np.array([[0, 0], [1e-30, 0], [1, -2]], np.float32)
    scales = weight_scales(weights, 0)
    np.testing.assert_allclose(scales, [LEAST_EXTREME / 127, LEAST_EXTREME / 127, 2 / 127])
    assert quantize_weights(weights, 0, scales).tolist() == [[0, 0], [0, 0], [64, -127]]


@given(st.floats(-1e4, 1e4), st.floats(0, 1e4))
def test_a_range_of_results_covers_zero_exactly(low: float, width: float) -> None:
    scale = scale_of(low, low + width)
    assert scale.scale > 0
    assert -128 <= scale.zero_point <= 127
    if max(low + width, 0) - min(low, 0) < LEAST_EXTREME:
        return
    for edge in (min(low, 0), max(low + width, 0)):
        assert (
            abs(edge / scale.scale + scale.zero_point - np.clip(edge / scale.scale + scale.zero_point, -128, 127))
            < 0.51
        )


def test_a_result_that_is_always_zero_has_a_scale() -> None:
    assert scale_of(0, 0).scale > 0


@given(arrays.arrays(np.float32, 4, elements=FLOATS), st.floats(2.0**-20, 1e3))
def test_a_bias_fits_into_32_bits_and_is_kept(bias: np.ndarray, input_scale: float) -> None:
    scales = make_room_for_bias(weight_scales(np.zeros((4, 3), np.float32), 0), bias, input_scale)
    integers = quantize_bias(bias, input_scale, scales)
    assert integers.dtype == np.int32
    assert np.abs(integers.astype(np.int64)).max() <= MAX_BIAS * 1.001
    np.testing.assert_allclose(integers * (np.float64(input_scale) * scales), bias, rtol=1e-5, atol=input_scale * 1e-8)
