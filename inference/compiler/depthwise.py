"""Conversion of the depthwise weights of a dynamic-range file to floats; it halves the time of many networks.

XNNPACK, LiteRT's code for CPUs, does not support int8 depthwise weights with float results: slower code runs each such
layer, and the network is split at each such layer. These weights are few, so the file hardly grows.
"""

from __future__ import annotations

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from inference.litert.file_format import add_operator_code, new_buffer, operator_name, pack_model, read_model
from inference.litert.quantization import dequantize_weights

# Version of the operator DEPTHWISE_CONV_2D that supports only floats.
FLOAT_VERSION = 1


def float_depthwise(content: bytes) -> bytes:
    """Convert the int8 weights of depthwise convolutions with float results to float32.

    Args:
        content: content of a .tflite file.

    Returns:
        The content of the new .tflite file, or `content` itself if there is no such layer.
    """
    model = read_model(content)
    graph = model.subgraphs[0]
    found = [operator for operator in graph.operators if _is_hybrid(model, operator)]
    if not found:
        return content
    for operator in found:
        operator.opcodeIndex = add_operator_code(model, "DEPTHWISE_CONV_2D", FLOAT_VERSION)
        # Layers can share weights; shared weights are converted only once.
        if graph.tensors[operator.inputs[1]].type == schema.TensorType.INT8:
            _dequantize(model, graph.tensors[operator.inputs[1]])
    read = {tensor.buffer for tensor in graph.tensors} | {entry.buffer for entry in model.metadata or ()}
    for number, buffer in enumerate(model.buffers):
        if number not in read:
            buffer.data = None
    return bytes(pack_model(model))


def _is_hybrid(model: schema.ModelT, operator: schema.OperatorT) -> bool:
    if operator_name(model, operator) != "DEPTHWISE_CONV_2D":
        return False
    image, weights = (model.subgraphs[0].tensors[number] for number in operator.inputs[:2])
    return image.type == schema.TensorType.FLOAT32 and weights.type == schema.TensorType.INT8


def _dequantize(model: schema.ModelT, tensor: schema.TensorT) -> None:
    """Replace the int8 values of a tensor by float32 values in a new buffer."""
    values = np.frombuffer(model.buffers[tensor.buffer].data.tobytes(), np.int8).reshape(tensor.shape)
    how = tensor.quantization
    model.buffers.append(new_buffer(dequantize_weights(values, how.quantizedDimension, how.scale, how.zeroPoint)))
    tensor.buffer, tensor.type, tensor.quantization = len(model.buffers) - 1, schema.TensorType.FLOAT32, None
