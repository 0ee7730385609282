"""A foreign .tflite file -> the form that the LiteRT engine runs: one signature with the outputs of a bundle.

Converters name tensors as they like, and most files end in the scores alone. The graph tells where the rest is: the
classifier is the last fully connected layer (or 1x1 convolution), the embedding is what it reads, where a global average
pooling made it, and the features are what was pooled. Those tensors become outputs by adding their numbers to the
flatbuffer's outputs, and a signature gives all of them their names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from inference.bundle import OUTPUTS
from inference.errors import ModelError

IDENTIFIER = b"TFL3"
SIGNATURE = "serving_default"
IMAGE = "image"

INPUT_TYPES = {schema.TensorType.FLOAT32: None, schema.TensorType.UINT8: np.uint8, schema.TensorType.INT8: np.int8}
# Operators that move or rescale numbers without mixing them.
RESHAPING = ("RESHAPE", "SQUEEZE", "EXPAND_DIMS", "QUANTIZE", "DEQUANTIZE", "CAST")
CLASSIFIERS = ("FULLY_CONNECTED", "CONV_2D", "BATCH_MATMUL")
# Operators after which scores are logits; softmax is then ours. LOG_SOFTMAX's softmax is the softmax itself.
LOGITS = (*CLASSIFIERS, "ADD", "MEAN", "AVERAGE_POOL_2D", "LOG_SOFTMAX")


@dataclass(frozen=True, slots=True)
class CompiledNetwork:
    """A network that the LiteRT engine runs, and what its file says of it; the fields are those of `ModelSpec`.

    Attributes:
        content: of the .tflite file.
        height, width: of the input, in pixels.
        input_range: what pixel values 0 and 255 stand for, where the input's quantisation says so, else None.
        classes: number of scores.
        activation: what the scores still need, "none" or "softmax".
        outputs: which of a bundle's outputs the file exposes.
    """

    content: bytes
    height: int
    width: int
    input_range: tuple[float, float] | None
    classes: int
    activation: str
    outputs: tuple[str, ...]


def compile_tflite(content: bytes) -> CompiledNetwork:
    """Find out what a .tflite image classifier takes and gives, and give its outputs their names.

    Args:
        content: of a .tflite file with one image input, (1 or free, height, width, 3) of uint8, int8 or float32.

    Raises:
        ModelError: this is no such file.
    """
    model = _parse(content)
    graph = _Graph(model)
    height, width = graph.input_size()
    scores = graph.scores()
    activation = graph.activation(scores)
    tensors = {"probabilities": scores, **graph.pooling(scores)}
    outputs = tuple(name for name in OUTPUTS if name in tensors)
    _name_outputs(model, graph.image, {name: tensors[name] for name in outputs})
    return CompiledNetwork(
        content=_pack(model),
        height=height,
        width=width,
        input_range=graph.input_range(),
        classes=graph.size(scores),
        activation=activation,
        outputs=outputs,
    )


class _Graph:
    """The main subgraph of a parsed file, walked from its end."""

    def __init__(self, model: schema.ModelT) -> None:
        self._model = model
        self._subgraph = model.subgraphs[0]
        if len(self._subgraph.inputs) != 1:
            raise ModelError(
                f"expected a network with one input, an image. Received: {len(self._subgraph.inputs)} inputs"
            )
        self.image = int(self._subgraph.inputs[0])
        self._makers = {int(tensor): op for op in self._subgraph.operators for tensor in op.outputs}
        self._names = {value: name for name, value in vars(schema.BuiltinOperator).items() if not name.startswith("_")}

    def input_size(self) -> tuple[int, int]:
        tensor = self._tensor(self.image)
        shape = self._shape(self.image)
        if (
            len(shape) != 4
            or shape[0] not in (-1, 1)
            or min(shape[1:3]) < 1
            or shape[3] != 3
            or tensor.type not in INPUT_TYPES
        ):
            raise ModelError(
                "expected an input of (1, height, width, 3) and uint8, int8 or float32. "
                f"Received: {tuple(shape)} and {_type_name(tensor.type)}"
            )
        return shape[1], shape[2]

    def input_range(self) -> tuple[float, float] | None:
        tensor = self._tensor(self.image)
        dtype = INPUT_TYPES[tensor.type]
        if dtype is None:
            return None
        quantisation = tensor.quantization
        scale, zero_point = 1.0, 0
        if quantisation is not None and quantisation.scale is not None and len(quantisation.scale):
            scale, zero_point = float(quantisation.scale[0]), int(quantisation.zeroPoint[0])
        limits = np.iinfo(dtype)
        return (int(limits.min) - zero_point) * scale, (int(limits.max) - zero_point) * scale

    def scores(self) -> int:
        """The tensor of scores: the only output, the one of that name, or the only one that a softmax made."""
        outputs = [int(tensor) for tensor in self._subgraph.outputs]
        for signature in self._model.signatureDefs or []:
            for output in signature.outputs:
                if output.name == b"probabilities":
                    return int(output.tensorIndex)
        if len(outputs) > 1:
            outputs = [tensor for tensor in outputs if self._name(self._producer(tensor)[0]) == "SOFTMAX"]
        if len(outputs) != 1:
            raise ModelError(f"expected one output of scores. Received: {len(self._subgraph.outputs)} outputs")
        return outputs[0]

    def activation(self, scores: int) -> str:
        name = self._name(self._producer(scores)[0])
        if name == "SOFTMAX":
            return "none"
        if name in LOGITS:
            return "softmax"
        raise ModelError(f"expected a network that ends in a softmax or in logits. Received: one that ends in {name}")

    def pooling(self, scores: int) -> dict[str, int]:
        """The embedding and the features, where the graph shows them: classifier of global average of features."""
        op, _ = self._producer(scores)
        while op is not None and self._name(op) in ("SOFTMAX", "LOG_SOFTMAX", "ADD"):
            op, _ = self._producer(int(op.inputs[0]))
        if op is None or self._name(op) not in CLASSIFIERS:
            return {}
        pool, embedding = self._producer(int(op.inputs[0]))
        if pool is None or self._name(pool) not in ("MEAN", "AVERAGE_POOL_2D"):
            return {}
        features = int(pool.inputs[0])
        shape = self._shape(features)
        if len(shape) != 4 or self.size(embedding) != shape[3]:
            return {}
        return {"embedding": embedding, "features": features}

    def size(self, tensor: int) -> int:
        """Number of values of one image."""
        return int(np.prod(self._shape(tensor)[1:]))

    def _producer(self, tensor: int) -> tuple[schema.OperatorT | None, int]:
        """The operator that made a tensor and that operator's output, seen through reshaping; None at an input."""
        op = self._makers.get(tensor)
        while op is not None and self._name(op) in RESHAPING:
            tensor = int(op.inputs[0])
            op = self._makers.get(tensor)
        return op, tensor

    def _name(self, op: schema.OperatorT | None) -> str:
        if op is None:
            return "its input"
        code = self._model.operatorCodes[op.opcodeIndex]
        return str(self._names.get(max(code.builtinCode, code.deprecatedBuiltinCode), "CUSTOM"))

    def _tensor(self, index: int) -> schema.TensorT:
        return self._subgraph.tensors[index]

    def _shape(self, index: int) -> list[int]:
        tensor = self._tensor(index)
        signature = tensor.shapeSignature
        return [int(side) for side in (tensor.shape if signature is None or not len(signature) else signature)]


def _parse(content: bytes) -> schema.ModelT:
    if content[4:8] != IDENTIFIER:
        raise ModelError(f"expected a .tflite file, with {IDENTIFIER!r} at byte 4. Received: {content[4:8]!r}")
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    if not model.subgraphs:
        raise ModelError("expected a .tflite file with a network. Received: no subgraph")
    return model


def _name_outputs(model: schema.ModelT, image: int, tensors: dict[str, int]) -> None:
    subgraph = model.subgraphs[0]
    subgraph.outputs = list(tensors.values())
    signature = schema.SignatureDefT()
    signature.signatureKey = SIGNATURE
    signature.subgraphIndex = 0
    signature.inputs = [_tensor_map(IMAGE, image)]
    signature.outputs = [_tensor_map(name, tensor) for name, tensor in tensors.items()]
    model.signatureDefs = [signature]


def _tensor_map(name: str, tensor: int) -> schema.TensorMapT:
    entry = schema.TensorMapT()
    entry.name = name
    entry.tensorIndex = tensor
    return entry


def _pack(model: schema.ModelT) -> bytes:
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=IDENTIFIER)
    return bytes(builder.Output())


def _type_name(value: Any) -> str:
    return next((name for name, number in vars(schema.TensorType).items() if number == value), str(value))
