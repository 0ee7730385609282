"""The weights of a network's own last layer, read from its LiteRT file."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from inference.errors import ModelError, describe_os_error
from inference.models.bundle import Bundle

# Types of weights in a LiteRT file: the numbers of the format's TensorType.
DTYPES: dict[int, np.dtype[np.generic]] = {
    0: np.dtype("<f4"),
    1: np.dtype("<f2"),
    2: np.dtype("<i4"),
    9: np.dtype("i1"),
}


class LastLayer(NamedTuple):
    """A dense layer from the embedding to the logits.

    Attributes:
        weights: float32 (outputs, channels).
        bias: float32 (outputs,).
    """

    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]


def last_layer(bundle: Bundle) -> LastLayer | None:
    """Read the last layer of a model's network; of a model with a head, that of the network below it.

    Args:
        bundle: model.

    Returns:
        The layer; None if the network runs in TensorFlow, exposes no embedding, or does not end in one dense layer that
        reads its embedding.

    Raises:
        ModelError: the file is absent or damaged.
    """
    if bundle.spec.engine != "litert" or "embedding" not in bundle.spec.outputs:
        return None
    # Imported here, since labelling does not need the schema of the files.
    from inference.litert.file_format import read_model

    try:
        model = read_model(bundle.network.read_bytes())
    except OSError as error:
        raise ModelError(describe_os_error(error)) from error
    graph, outputs = model.subgraphs[0], model.signatureDefs[0].outputs
    sides = {
        output.name.decode(): math.prod(map(int, graph.tensors[output.tensorIndex].shape[1:])) for output in outputs
    }
    shape = (sides["probabilities"], sides["embedding"])
    fit = [
        operator.inputs
        for operator in graph.operators
        if operator.inputs is not None and len(operator.inputs) in (2, 3) and _sides(graph, operator.inputs[1]) == shape
    ]
    if len(fit) != 1:
        return None
    weights = _read(model, int(fit[0][1]))
    bias = _read(model, int(fit[0][2])) if len(fit[0]) == 3 and fit[0][2] >= 0 else np.zeros(shape[0], np.float32)
    return None if weights is None or bias is None else LastLayer(weights.reshape(shape), bias.reshape(shape[0]))


def _sides(graph: Any, tensor: int) -> tuple[int, int] | None:
    shape = graph.tensors[tensor].shape
    return None if shape is None or not len(shape) else (int(shape[0]), math.prod(map(int, shape[1:])))


def _read(model: Any, index: int) -> npt.NDArray[np.float32] | None:
    """Return the numbers of a constant tensor, dequantised; None for a tensor of another type."""
    tensor = model.subgraphs[0].tensors[index]
    data = model.buffers[tensor.buffer].data
    if data is None or tensor.type not in DTYPES:
        return None
    stored: npt.NDArray[np.generic] = np.frombuffer(np.asarray(data, np.uint8).tobytes(), dtype=DTYPES[tensor.type])
    numbers: npt.NDArray[np.float32] = stored.reshape(int(tensor.shape[0]), -1).astype(np.float32)
    scales = None if tensor.quantization is None else tensor.quantization.scale
    if scales is not None and len(scales):
        numbers = numbers * np.asarray(scales, np.float32).reshape(-1, 1)
    return numbers
