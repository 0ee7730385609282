"""Conversion of a .tflite image classifier to TensorFlow, in float32 and with a free batch size.

Weights are dequantised. If the file computes in integers, each result is clipped to the range of its integers:
converters leave out a ReLU if that range already has the effect of the ReLU.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from ai_edge_litert import schema_py_generated as schema

from inference.compiler.tflite_operators import OPERATORS, Step
from inference.errors import ModelError
from inference.litert.file_format import operator_name, read_model
from inference.litert.quantization import dequantize_weights
from inference.litert.signature import IMAGE

DTYPES: Mapping[int, Any] = {
    schema.TensorType.FLOAT32: np.float32,
    schema.TensorType.FLOAT16: np.float16,
    schema.TensorType.UINT8: np.uint8,
    schema.TensorType.INT8: np.int8,
    schema.TensorType.INT16: np.int16,
    schema.TensorType.INT32: np.int32,
    schema.TensorType.INT64: np.int64,
    schema.TensorType.BOOL: np.bool_,
}


def tensorflow_network(content: bytes, *, rounded: bool = False) -> Callable[[tf.Tensor], dict[str, tf.Tensor]]:
    """Return the network of a .tflite file in TensorFlow's operators.

    Args:
        content: content of a file from `compile_tflite`, with one signature.
        rounded: True to round each result to the nearest integer step, if the file computes in integers. The answers
            then differ from the file's answers by a few integer steps at most. Without rounding, the answers can differ
            much if the file's own answers are unsure.

    Returns:
        A function from float32 images (batch, height, width, 3) in the file's input range to float32 outputs
        (batch, ...) by the names of the signature.

    Raises:
        ModelError: the file has an operator or a type of numbers that is not supported.
    """
    model = read_model(content)
    graph = model.subgraphs[0]
    constants = {
        index: _constant(tensor, model.buffers[tensor.buffer].data)
        for index, tensor in enumerate(graph.tensors)
        if model.buffers[tensor.buffer].data is not None and len(model.buffers[tensor.buffer].data)
    }
    operators = [(_operator_name(model, operator), operator) for operator in graph.operators]
    signature = model.signatureDefs[0]
    outputs = {output.name.decode(): int(output.tensorIndex) for output in signature.outputs}

    # The batch size is free, even if the file is fixed to one image.
    image = tf.TensorSpec([None, *graph.tensors[graph.inputs[0]].shape[1:]], tf.float32, name=IMAGE)

    @tf.function(input_signature=[image])
    def network(image: tf.Tensor) -> dict[str, tf.Tensor]:
        values: dict[int, Any] = constants | {int(graph.inputs[0]): image}
        for name, operator in operators:
            inputs = [values[int(index)] for index in operator.inputs if index >= 0]
            result = OPERATORS[name](Step(inputs, operator.builtinOptions))
            output = int(operator.outputs[0])
            values[output] = _kept_in_range(result, graph.tensors[output], rounded)
        return {name: tf.identity(values[index]) for name, index in outputs.items()}

    return network


def _operator_name(model: schema.ModelT, operator: schema.OperatorT) -> str:
    name = operator_name(model, operator)
    if name not in OPERATORS:
        if name == "CUSTOM":
            name = model.operatorCodes[operator.opcodeIndex].customCode.decode()
        raise ModelError(f"expected operators that are known in TensorFlow's terms. Received: {name}")
    return name


def _constant(tensor: schema.TensorT, data: npt.NDArray[np.uint8]) -> npt.NDArray[Any]:
    """Return the values of a tensor in the file: dequantised to float32, or plain integers."""
    if tensor.type not in DTYPES:
        types = {value: name for name, value in vars(schema.TensorType).items()}
        known = ", ".join(types[kind] for kind in DTYPES)
        raise ModelError(f"expected weights of {known}. Received: {types[tensor.type]}")
    values = np.frombuffer(data.tobytes(), DTYPES[tensor.type]).reshape(tensor.shape)
    if tensor.type == schema.TensorType.FLOAT16:
        return values.astype(np.float32)
    quantisation = _quantisation(tensor)
    if quantisation is None:
        return values
    return dequantize_weights(values, tensor.quantization.quantizedDimension, *quantisation)


def _kept_in_range(values: tf.Tensor, tensor: schema.TensorT, rounded: bool) -> tf.Tensor:
    quantisation = _quantisation(tensor)
    if quantisation is None:
        return values
    scale, zero_point = quantisation
    limits = np.iinfo(DTYPES[tensor.type])
    low, high = ((limit - zero_point[0]) * scale[0] for limit in (limits.min, limits.max))
    values = tf.clip_by_value(values, low, high)
    return tf.round(values / scale[0]) * scale[0] if rounded else values


def _quantisation(
    tensor: schema.TensorT,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]] | None:
    """Return the scales and zero points of a quantised tensor; None for any other tensor."""
    how = tensor.quantization
    if how is None or how.scale is None or len(how.scale) == 0:
        return None
    return np.asarray(how.scale, np.float32), np.asarray(how.zeroPoint, np.float32)
