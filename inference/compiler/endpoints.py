"""The endpoints of a graph: the tensors of image, scores, embedding and features.

A tensor is found by its name from the user, else by its name in a known public graph, else by shape and operator. The
image is a placeholder of (batch, height, width, 3). If the graph decodes files itself, the image is the input of the
first convolution. The scores are a softmax or the last linear layer. If the input of that layer is the result of a
global average pooling, perhaps with further dense layers between, this result is the embedding, and the input of the
pooling is the feature map ("features").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from inference.compiler.input_ranges import Range, range_of_first_steps
from inference.compiler.network_kinds import refuse_other_kinds
from inference.compiler.network_kinds import score_count as count_scores
from inference.errors import ModelError

# Operators that move, round or clip numbers without combining them.
QUANTIZING = ("Minimum", "Maximum", "ClipByValue", "FakeQuantWithMinMaxVars", "FakeQuantWithMinMaxArgs")
IDENTITIES = ("Identity", "IdentityN", "StopGradient", "PreventGradient", "CheckNumerics", "Cast")
RESHAPING = (*IDENTITIES, *QUANTIZING, "Reshape", "Squeeze", "ExpandDims")
ADDITIONS = ("BiasAdd", "Add", "AddV2")
CONVOLUTIONS = ("Conv2D", "DepthwiseConv2dNative", "FusedConv2D", "_FusedConv2D")
CLASSIFIERS = ("MatMul", "Conv2D", "BatchMatMulV2")
POOLINGS = ("AvgPool", "Mean")
# Operators whose results are logits; softmax(LogSoftmax(x)) equals softmax(x).
LOGITS = (*CLASSIFIERS, *POOLINGS, *ADDITIONS, "LogSoftmax")
# Operators whose results are probabilities; Sigmoid only of one class against another.
PROBABILITIES = ("Softmax", "Sigmoid")
# Operators between two dense layers, which change each number by itself.
ACTIVATIONS = (
    *(*ADDITIONS, "Sub", "Mul", "RealDiv", "Relu", "Relu6", "LeakyRelu", "Elu", "Selu", "Tanh", "Sigmoid", "Softplus"),
    *("Maximum", "Minimum", "FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"),
)
# Operators with a constant with which networks normalise their input.
COMMUTATIVE = ("Mul", *ADDITIONS)
ARITHMETIC = (*COMMUTATIVE, "RealDiv", "Div", "Sub")
# Operators that networks apply to the constants of a normalisation.
CONSTANTS: Mapping[str, Callable[..., Any]] = {"Sqrt": np.sqrt, "Maximum": np.maximum, "Identity": lambda x: x}
RESIZING = ("ResizeBilinear", "ResizeBicubic", "ResizeNearestNeighbor", "ResizeArea")
DECODERS = ("DecodeJpeg", "DecodePng", "DecodeImage", "DecodeBmp", "DecodeGif", "DecodeWebP")


@dataclass(frozen=True, slots=True)
class PublicGraph:
    """Facts about a public graph that its file does not contain.

    Attributes:
        name: name to show to people.
        marks: names of nodes that only this graph has.
        image, scores: names of the nodes for the image and the scores.
        side: side of the input, in pixels.
        input_range: input values for the pixel values 0 and 255, as (low, high).
    """

    name: str
    marks: tuple[str, ...]
    image: str
    scores: str
    side: int
    input_range: tuple[float, float]


PUBLIC_GRAPHS = (
    PublicGraph("inception5h", ("avgpool0", "mixed5b"), "input", "output", 224, (-117.0, 138.0)),
    PublicGraph(
        "Inception-v3 of 2016",
        ("InceptionV3/Predictions/Reshape_1",),
        "input",
        "InceptionV3/Predictions/Reshape_1",
        299,
        (-1.0, 1.0),
    ),
)


def find_public_graph(graph: tf.Graph) -> PublicGraph | None:
    names = {op.name for op in graph.get_operations()}
    return next((known for known in PUBLIC_GRAPHS if names.issuperset((*known.marks, known.image, known.scores))), None)


def find_tensor(graph: tf.Graph, name: str, option: str, *, scope: str = "") -> tf.Tensor:
    """Return the output of a node.

    Args:
        graph: graph with the node.
        name: name from the user, such as "Mul" or "Mul:0".
        option: option of the command line that gave the name, for the error message.
        scope: prefix of the node's name in the graph.

    Raises:
        ModelError: the graph has no such node or output.
    """
    try:
        return graph.get_tensor_by_name(f"{scope}{name}" if ":" in name else f"{scope}{name}:0")
    except (KeyError, ValueError) as error:
        raise ModelError(f"{option}: expected the name of a node. Received: {name!r}, which is none here") from error


def find_image(graph: tf.Graph) -> tf.Tensor:
    """Return the tensor that takes the image.

    Raises:
        ModelError: there is no such tensor, or there are several.
    """
    placeholders = [op.outputs[0] for op in graph.get_operations() if op.type == "Placeholder"]
    images = [tensor for tensor in placeholders if _is_image(tensor)] or [
        tensor for tensor in placeholders if tensor.shape.rank is None and tensor.dtype.is_floating
    ]
    decoders = [op for op in graph.get_operations() if op.type in DECODERS]
    if not images and decoders:
        readers = (op for op in downstream(decoders[0].outputs[0]) if op.type in CONVOLUTIONS)
        images = [op.inputs[0] for op in readers][:1]
    if len(images) != 1:
        received = ", ".join(f"{tensor.op.name} {tensor.shape}" for tensor in placeholders) or "no placeholder"
        raise ModelError(
            "expected a graph with one input of (batch, height, width, 3), or the name of its input (see --input). "
            f"Received: {received}"
        )
    return images[0]


def find_input_range(image: tf.Tensor) -> tuple[float, float] | None:
    """Return the input values for the pixel values 0 and 255 in a graph that decodes and normalises images itself.

    Args:
        image: tensor of the normalised image.

    Returns:
        (low, high), or None if the graph does not decode images or its normalisation is not understood.
    """
    factor, term = 1.0, 0.0
    while image.op.type not in (*DECODERS, "Placeholder"):
        op = image.op
        static = tf.get_static_value(op.inputs[1]) if len(op.inputs) == 2 else None
        number = float(static) if static is not None and static.size == 1 else None
        if number and op.type in ("Mul", "RealDiv", "Div"):
            factor *= number if op.type == "Mul" else 1 / number
        elif number is not None and op.type in ("Sub", *ADDITIONS):
            term += factor * (-number if op.type == "Sub" else number)
        elif op.type not in (*RESHAPING, *RESIZING) or len(op.inputs) == 0:
            return None
        image = op.inputs[0]
    return (term, 255 * factor + term) if image.op.type in DECODERS and factor > 0 else None


def find_first_steps_range(image: tf.Tensor) -> Range | None:
    """Return the input range that the arithmetic at the beginning of a network tells, such as a division by 255.

    Args:
        image: tensor that takes the image.

    Returns:
        (low, high), or None if the network begins otherwise or several ranges are plausible.
    """
    scale, offset, found = np.ones(1), np.zeros(1), False
    while True:
        readers = [op for op in image.consumers() if op.type not in ("Shape", "ShapeN")]
        if len(readers) != 1:
            break
        [op] = readers
        if op.type in ARITHMETIC:
            at_left = op.inputs[0] is image
            constant = _constant(op.inputs[1 if at_left else 0])
            if constant is None or constant.size not in (1, 3) or not (at_left or op.type in COMMUTATIVE):
                break
            number = constant.reshape(-1).astype(np.float64)
            factor = number if op.type == "Mul" else 1 / number if op.type in ("RealDiv", "Div") else np.ones(1)
            term = -number if op.type == "Sub" else number if op.type in ADDITIONS else np.zeros(1)
            scale, offset, found = scale * factor, offset * factor + term, True
        elif op.type not in (*RESHAPING, *RESIZING, "StridedSlice", "Transpose"):
            break
        image = op.outputs[0]
    return range_of_first_steps(scale, offset) if found else None


def find_scores(image: tf.Tensor) -> tf.Tensor:
    """Return the tensor of scores: the only softmax, else the only final tensor of the graph with the shape of scores.

    Raises:
        ModelError: there is no such tensor, or there are several.
    """
    reached = list(downstream(image))
    softmaxes = [op.outputs[0] for op in reached if op.type == "Softmax" and score_count(op.outputs[0]) > 1]
    ends = [tensor for op in reached for tensor in op.outputs if not tensor.consumers() and tensor.dtype.is_floating]
    # One score is enough only if nothing else ends in several: it is that of the second of two classes.
    found = (
        softmaxes
        or [tensor for tensor in ends if score_count(tensor) > 1]
        or [tensor for tensor in ends if score_count(tensor) == 1]
    )
    if len(found) != 1:
        refuse_other_kinds(map(_shape, ends))
        received = ", ".join(f"{plain_name(tensor)} ({score_count(tensor)})" for tensor in found) or "none"
        raise ModelError(
            "expected a graph with one softmax of (batch, classes), or the name of its output (see --output). "
            f"Received: {received}"
        )
    return found[0]


def find_activation(scores: tf.Tensor) -> str:
    """Return the activation that the scores still need: "none" or "softmax".

    Raises:
        ModelError: the scores are neither a softmax nor logits.
    """
    op = _skip_operators(scores, RESHAPING).op
    if op.type == "Softmax" or (op.type == "Sigmoid" and score_count(scores) == 1):
        return "none"
    if op.type in LOGITS:
        return "softmax"
    raise ModelError(f"expected a network that ends in a softmax or in logits. Received: one that ends in {op.type}")


def find_pooling(scores: tf.Tensor) -> dict[str, tf.Tensor]:
    """Return the embedding and the features, found by their names in graphs exported by Labelbot, else by operators."""
    names = {op.name for op in scores.graph.get_operations()}
    if {f"{SCOPE}/embedding", f"{SCOPE}/features"} <= names:
        named = {name: find_tensor(scores.graph, name, name, scope=f"{SCOPE}/") for name in ("embedding", "features")}
        if score_count(named["embedding"]) and named["features"].shape.rank == 4:
            return named
    return _find_pooling(scores)


def _find_pooling(scores: tf.Tensor) -> dict[str, tf.Tensor]:
    """Return the embedding and the features if the scores are a linear layer of a global average; else {}."""
    tensor = _skip_operators(scores, (*RESHAPING, *ADDITIONS, *PROBABILITIES, "LogSoftmax"))
    if tensor.op.type not in CLASSIFIERS:
        return {}
    embedding = _skip_operators(tensor.op.inputs[0], RESHAPING)
    while embedding.op.type in (*CLASSIFIERS, *ACTIVATIONS) and score_count(embedding):
        inputs = [tensor for tensor in embedding.op.inputs if tf.get_static_value(tensor) is None]
        if not inputs:
            return {}
        embedding = _skip_operators(inputs[0], RESHAPING)
    if embedding.op.type not in POOLINGS:
        return {}
    features = embedding.op.inputs[0]
    if features.shape.rank != 4 or score_count(embedding) != features.shape[3]:
        return {}
    return {"embedding": embedding, "features": features}


def score_count(tensor: tf.Tensor) -> int:
    """Return the number of values per image in a tensor (batch, values) or (batch, 1, 1, values).

    The number is 0 for a tensor of any other shape.
    """
    return count_scores(_shape(tensor))


def downstream(tensor: tf.Tensor) -> Iterator[tf.Operation]:
    """Yield the operators that depend on a tensor, the nearest first."""
    seen, queue = set(), list(tensor.consumers())
    while queue:
        op = queue.pop(0)
        if op not in seen:
            seen.add(op)
            yield op
            queue += [reader for output in op.outputs for reader in output.consumers()]


def plain_name(tensor: tf.Tensor) -> str:
    """Return a tensor's name as users write it, without the scope that `surgery.cut` adds."""
    return str(tensor.name).removeprefix(f"{SCOPE}/").removesuffix(":0")


# Scope of the nodes of a cut graph, so that their names differ from those of a bundle's outputs.
SCOPE = "network"


def _shape(tensor: tf.Tensor) -> Sequence[int | None]:
    return [] if tensor.shape.rank is None else tensor.shape.as_list()


def _constant(tensor: tf.Tensor) -> Any:
    """Return the value of a tensor that does not depend on the image, such as the root of a variance; else None."""
    value = tf.get_static_value(tensor)
    if value is not None or tensor.op.type not in CONSTANTS:
        return value
    inputs = [_constant(each) for each in tensor.op.inputs]
    return None if any(each is None for each in inputs) else CONSTANTS[tensor.op.type](*inputs)


def _is_image(tensor: tf.Tensor) -> bool:
    shape: Sequence[Any] = tensor.shape.as_list() if tensor.shape.rank == 4 else []
    return tensor.dtype != tf.string and tuple(shape[3:]) == (3,)


def _skip_operators(tensor: tf.Tensor, types: Sequence[str]) -> tf.Tensor:
    """Follow the first inputs of operators of the given types; return the first tensor that another operator makes."""
    while tensor.op.type in types and len(tensor.op.inputs) > 0:
        tensor = tensor.op.inputs[0]
    return tensor
