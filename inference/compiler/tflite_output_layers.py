"""Output layers that are appended to a .tflite file: a head, a temperature and a softmax."""

from __future__ import annotations

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from inference.compiler.tflite_layers import Layers
from inference.litert.file_format import pack_model, read_model
from inference.models.head import Head


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
    layers = Layers(model)
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
