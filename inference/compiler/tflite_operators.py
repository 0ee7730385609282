"""The operators of .tflite classifiers, implemented with TensorFlow in float32."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf
from ai_edge_litert import schema_py_generated as schema

from inference.errors import ModelError

PADDINGS = {schema.Padding.SAME: "SAME", schema.Padding.VALID: "VALID"}
ACTIVATIONS: Mapping[int, Callable[[tf.Tensor], tf.Tensor]] = {
    schema.ActivationFunctionType.NONE: lambda x: x,
    schema.ActivationFunctionType.RELU: tf.nn.relu,
    schema.ActivationFunctionType.RELU_N1_TO_1: lambda x: tf.clip_by_value(x, -1.0, 1.0),
    schema.ActivationFunctionType.RELU6: tf.nn.relu6,
    schema.ActivationFunctionType.TANH: tf.tanh,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One operator of a network.

    Attributes:
        inputs: tensors or constants that the operator reads.
        options: options from the file.
    """

    inputs: Sequence[Any]
    options: Any

    def activated(self, x: tf.Tensor) -> tf.Tensor:
        """Apply the activation that is fused into the operator."""
        function = self.options.fusedActivationFunction
        if function not in ACTIVATIONS:
            raise ModelError(f"expected a fused activation that is known in TensorFlow's terms. Received: {function}")
        return ACTIVATIONS[function](x)


def convolve(step: Step) -> tf.Tensor:
    x, weights, *bias = step.inputs
    if x.shape[-1] != weights.shape[3]:
        raise ModelError(f"expected convolutions over all channels. Received: groups of {weights.shape[3]}")
    how = step.options
    x = tf.nn.conv2d(
        x,
        tf.transpose(weights, [1, 2, 3, 0]),
        strides=[how.strideH, how.strideW],
        padding=PADDINGS[how.padding],
        dilations=[how.dilationHFactor, how.dilationWFactor],
    )
    return step.activated(_biased(x, bias))


def convolve_depthwise(step: Step) -> tf.Tensor:
    x, weights, *bias = step.inputs
    how = step.options
    _, height, width, _ = weights.shape
    x = tf.nn.depthwise_conv2d(
        x,
        tf.reshape(weights, [height, width, x.shape[-1], how.depthMultiplier]),
        strides=[1, how.strideH, how.strideW, 1],
        padding=PADDINGS[how.padding],
        dilations=[how.dilationHFactor, how.dilationWFactor],
    )
    return step.activated(_biased(x, bias))


def connect_fully(step: Step) -> tf.Tensor:
    x, weights, *bias = step.inputs
    if not step.options.keepNumDims:
        x = tf.reshape(x, [-1, weights.shape[1]])
    return step.activated(_biased(tf.matmul(x, weights, transpose_b=True), bias))


def multiply_matrices(step: Step) -> tf.Tensor:
    left, right = step.inputs
    return tf.matmul(left, right, adjoint_a=step.options.adjX, adjoint_b=step.options.adjY)


def pooling(pool: Callable[..., tf.Tensor]) -> Callable[[Step], tf.Tensor]:
    def run(step: Step) -> tf.Tensor:
        how = step.options
        return step.activated(
            pool(
                step.inputs[0],
                ksize=[how.filterHeight, how.filterWidth],
                strides=[how.strideH, how.strideW],
                padding=PADDINGS[how.padding],
            )
        )

    return run


def reducing(reduce: Callable[..., tf.Tensor]) -> Callable[[Step], tf.Tensor]:
    return lambda step: reduce(step.inputs[0], axis=step.inputs[1].tolist(), keepdims=step.options.keepDims)


def combining(combine: Callable[[Any, Any], tf.Tensor]) -> Callable[[Step], tf.Tensor]:
    """Return an operator on two tensors with a fused activation."""
    return lambda step: step.activated(combine(*step.inputs))


def plain(function: Callable[..., tf.Tensor]) -> Callable[[Step], tf.Tensor]:
    """Return an operator on its inputs, without options."""
    return lambda step: function(*step.inputs)


def reshape(step: Step) -> tf.Tensor:
    x = step.inputs[0]
    shape = step.inputs[1] if len(step.inputs) > 1 else step.options.newShape
    if not tf.is_tensor(shape):
        shape = [int(side) for side in shape]
        # The file reshapes to a batch of one; here the batch size is free.
        if x.shape[0] is None and shape[0] == 1:
            shape = [tf.shape(x)[0], *shape[1:]]
    return tf.reshape(x, shape)


def squeeze(step: Step) -> tf.Tensor:
    x, axes = step.inputs[0], step.options.squeezeDims
    if axes is None or len(axes) == 0:
        axes = [axis for axis, side in enumerate(x.shape) if side == 1]
    return tf.squeeze(x, [int(axis) for axis in axes])


def slice_with_strides(step: Step) -> tf.Tensor:
    how = step.options
    return tf.strided_slice(
        *step.inputs,
        begin_mask=how.beginMask,
        end_mask=how.endMask,
        ellipsis_mask=how.ellipsisMask,
        new_axis_mask=how.newAxisMask,
        shrink_axis_mask=how.shrinkAxisMask,
    )


def prelu(step: Step) -> tf.Tensor:
    x, slope = step.inputs
    return tf.nn.relu(x) + slope * tf.minimum(x, 0.0)


def _biased(x: tf.Tensor, bias: Sequence[Any]) -> tf.Tensor:
    return x + bias[0] if bias else x


# Operators by their names in LiteRT's schema. QUANTIZE and DEQUANTIZE do nothing in float32.
OPERATORS: Mapping[str, Callable[[Step], tf.Tensor]] = {
    "ABS": plain(tf.abs),
    "ADD": combining(tf.add),
    "AVERAGE_POOL_2D": pooling(tf.nn.avg_pool2d),
    "BATCH_MATMUL": multiply_matrices,
    "CONCATENATION": lambda step: step.activated(tf.concat(step.inputs, step.options.axis)),
    "CONV_2D": convolve,
    "DEPTHWISE_CONV_2D": convolve_depthwise,
    "DEQUANTIZE": plain(tf.identity),
    "DIV": combining(tf.divide),
    "ELU": plain(tf.nn.elu),
    "EXP": plain(tf.exp),
    "EXPAND_DIMS": plain(tf.expand_dims),
    "FULLY_CONNECTED": connect_fully,
    "HARD_SWISH": lambda step: step.inputs[0] * tf.nn.relu6(step.inputs[0] + 3.0) / 6.0,
    "LEAKY_RELU": lambda step: tf.nn.leaky_relu(step.inputs[0], step.options.alpha),
    "LOG": plain(tf.math.log),
    "LOGISTIC": plain(tf.sigmoid),
    "LOG_SOFTMAX": plain(tf.nn.log_softmax),
    "MAXIMUM": plain(tf.maximum),
    "MAX_POOL_2D": pooling(tf.nn.max_pool2d),
    "MEAN": reducing(tf.reduce_mean),
    "MINIMUM": plain(tf.minimum),
    "MUL": combining(tf.multiply),
    "NEG": plain(tf.negative),
    "PACK": lambda step: tf.stack(step.inputs, step.options.axis),
    "PAD": plain(tf.pad),
    "PADV2": lambda step: tf.pad(*step.inputs[:2], constant_values=step.inputs[2].reshape(())),
    "PRELU": prelu,
    "QUANTIZE": plain(tf.identity),
    "REDUCE_MAX": reducing(tf.reduce_max),
    "RELU": plain(tf.nn.relu),
    "RELU6": plain(tf.nn.relu6),
    "RELU_N1_TO_1": lambda step: tf.clip_by_value(step.inputs[0], -1.0, 1.0),
    "RESHAPE": reshape,
    "RSQRT": plain(tf.math.rsqrt),
    "SHAPE": plain(tf.shape),
    "SOFTMAX": lambda step: tf.nn.softmax(step.inputs[0] * step.options.beta),
    "SQRT": plain(tf.sqrt),
    "SQUARE": plain(tf.square),
    "SQUARED_DIFFERENCE": plain(tf.math.squared_difference),
    "SQUEEZE": squeeze,
    "STRIDED_SLICE": slice_with_strides,
    "SUB": combining(tf.subtract),
    "SUM": reducing(tf.reduce_sum),
    "TANH": plain(tf.tanh),
    "TRANSPOSE": plain(tf.transpose),
}
