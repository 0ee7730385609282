"""Output layers that are appended to a .tflite file: a head, a temperature and a softmax."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema

from inference.litert.file_format import add_operator_code, new_buffer, new_operator, pack_model, read_model
from inference.models.head import Head

# For each operator, its first version that supports every integer type; 1 if the operator is not listed.
VERSIONS = {"DEQUANTIZE": 2}


def append_output_layers(content: bytes, *, head: Head | None, activation: str, temperature: float) -> bytes:
    """Append layers so that the output `probabilities` contains a model's calibrated probabilities.

    Args:
        content: content of a .tflite file with the signature of a bundle.
        head: layer on the output `embedding` that replaces the network's own scores; the operators for those scores are
            removed. None to keep the network's own scores.
        activation: activation that the network's own scores still need: "none" or "softmax".
        temperature: divisor of the logits, above 0.

    Returns:
        The content of the new .tflite file; the added operators compute in float32.
    """
    if head is None and activation == "none" and temperature == 1:
        return content
    model = read_model(content)
    outputs = {output.name.decode(): output for output in model.signatureDefs[0].outputs}
    layers = _OutputLayers(model)
    if head is not None:
        x = layers.dequantised(int(outputs["embedding"].tensorIndex))
        weights = np.ascontiguousarray(head.weights.T / np.float32(temperature))
        x = layers.fully_connected(x, weights, head.bias / np.float32(temperature))
    else:
        x = layers.dequantised(int(outputs["probabilities"].tensorIndex))
        if activation == "none":
            x = layers.apply("LOG", [x], like=x)
        if temperature != 1:
            x = layers.multiply(x, 1 / temperature)
    outputs["probabilities"].tensorIndex = layers.softmax(x)
    model.subgraphs[0].outputs = [output.tensorIndex for output in outputs.values()]
    _drop_unreached(model)
    return bytes(pack_model(model))


class _OutputLayers:
    """Appends operators to a network; each method returns the index of the resulting tensor."""

    def __init__(self, model: schema.ModelT) -> None:
        self._model = model
        self._graph = model.subgraphs[0]

    def dequantised(self, tensor: int) -> int:
        if self._graph.tensors[tensor].type == schema.TensorType.FLOAT32:
            return tensor
        return self.apply("DEQUANTIZE", [tensor], schema.DequantizeOptionsT(), like=tensor)

    def fully_connected(self, x: int, weights: npt.NDArray[np.float32], bias: npt.NDArray[np.float32]) -> int:
        inputs = [x, self._constant(weights), self._constant(bias)]
        result = self.apply("FULLY_CONNECTED", inputs, schema.FullyConnectedOptionsT(), like=x)
        tensor = self._graph.tensors[result]
        tensor.shape = [int(tensor.shape[0]), len(bias)]
        if tensor.shapeSignature is not None:
            tensor.shapeSignature = [int(tensor.shapeSignature[0]), len(bias)]
        return result

    def multiply(self, x: int, factor: float) -> int:
        return self.apply("MUL", [x, self._constant(np.array([factor], np.float32))], schema.MulOptionsT(), like=x)

    def softmax(self, x: int) -> int:
        options = schema.SoftmaxOptionsT()
        options.beta = 1.0
        return self.apply("SOFTMAX", [x], options, like=x)

    def apply(self, name: str, inputs: Sequence[int], options: Any = None, *, like: int) -> int:
        """Append an operator; its result is float32 and has the shape of the tensor `like`."""
        code = add_operator_code(self._model, name, VERSIONS.get(name, 1))
        result = self._result(self._graph.tensors[like])
        self._graph.operators.append(new_operator(code, inputs, [result], options))
        return result

    def _result(self, like: schema.TensorT) -> int:
        tensor = schema.TensorT()
        tensor.shape, tensor.shapeSignature = like.shape, like.shapeSignature
        return self._add(tensor)

    def _constant(self, values: npt.NDArray[np.float32]) -> int:
        self._model.buffers.append(new_buffer(values))
        tensor = schema.TensorT()
        tensor.shape, tensor.buffer = list(values.shape), len(self._model.buffers) - 1
        return self._add(tensor)

    def _add(self, tensor: schema.TensorT) -> int:
        tensor.type = schema.TensorType.FLOAT32
        tensor.name = f"layers/{len(self._graph.tensors)}"
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1


def _drop_unreached(model: schema.ModelT) -> None:
    """Remove operators that no output needs, and the weights that only those operators read."""
    graph = model.subgraphs[0]
    needed = set(map(int, graph.outputs))
    kept = []
    for operator in reversed(graph.operators):
        if needed & set(map(int, operator.outputs)):
            kept.append(operator)
            needed |= set(map(int, operator.inputs))
    graph.operators = kept[::-1]
    read = {tensor.buffer for index, tensor in enumerate(graph.tensors) if index in needed}
    read |= {entry.buffer for entry in model.metadata or ()}
    for number, buffer in enumerate(model.buffers):
        if number not in read:
            buffer.data = None
