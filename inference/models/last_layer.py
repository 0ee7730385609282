"""The weights of a network's own last layer, read from its LiteRT file."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from inference.errors import ModelError, describe_os_error
from inference.models.bundle import Bundle

# Types of weights in a LiteRT file: the numbers of the format's TensorType.
DTYPES: dict[int, np.dtype[np.generic]] = {0: np.dtype("<f4"), 1: np.dtype("<f2"), 9: np.dtype("i1")}


def last_layer(bundle: Bundle) -> npt.NDArray[np.float32] | None:
    """Return the weights from the embedding to the scores, float32 (outputs, channels).

    Args:
        bundle: model; of a head, the weights of the network below it are returned.

    Returns:
        The weights; None if the network runs in TensorFlow, exposes no embedding, or does not end in one dense layer
        that reads its embedding.

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
        tensor
        for tensor in graph.tensors
        if model.buffers[tensor.buffer].data is not None
        and tensor.type in DTYPES
        and (int(tensor.shape[0]), math.prod(map(int, tensor.shape[1:]))) == shape
    ]
    if len(fit) != 1:
        return None
    tensor = fit[0]
    stored = np.asarray(model.buffers[tensor.buffer].data, np.uint8).tobytes()
    numbers: npt.NDArray[np.generic] = np.frombuffer(stored, dtype=DTYPES[tensor.type])
    weights: npt.NDArray[np.float32] = numbers.reshape(shape).astype(np.float32)
    scales = None if tensor.quantization is None else tensor.quantization.scale
    if scales is not None and len(scales):
        weights = weights * np.asarray(scales, np.float32).reshape(-1, 1)
    return weights
