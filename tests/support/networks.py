"""Tiny .tflite networks that tell red, green and blue images apart, built without TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import flatbuffers
import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema

COLOURS = ("red", "green", "blue")
# The logit of a colour is this many times the channel's mean.
SHARPNESS = 2.0

Dtype = Literal["float32", "uint8", "int8"]
End = Literal["SOFTMAX", "LOGISTIC", "LOG_SOFTMAX"]
Pooling = Literal["MEAN", "AVERAGE_POOL_2D"]


def colour_network(
    *,
    dtype: Dtype = "float32",
    height: int = 8,
    width: int = 6,
    batch: int = 1,
    end: End | None = "SOFTMAX",
    pooling: Pooling = "AVERAGE_POOL_2D",
    sharpness: float = SHARPNESS,
    classes: int = 3,
    hidden: int = 0,
    channels_first: bool = False,
    first_steps: Sequence[tuple[Literal["MUL", "ADD", "SUB", "DIV"], float]] = (),
) -> bytes:
    """Build input -> 1x1 convolution that changes nothing -> global average -> fully connected -> softmax.

    So the features are the normalised pixels, the embedding is their mean, and the scores are a softmax of
    `sharpness` times the mean of each channel.

    Args:
        dtype: of the input and of all activations; integers stand for [-1, 0.992].
        height: of the input.
        width: of the input.
        batch: -1 for a free one.
        end: the last operator; None for logits.
        pooling: how the global average is spelt.
        sharpness: a logit for a channel's mean of 1.
        classes: number of scores; those after the third have logits of 0.
        hidden: number of dense layers between the average and the classifier, which change nothing.
        channels_first: whether the input is (batch, 3, height, width), as PyTorch has it.
        first_steps: arithmetic with constants at the beginning, of floats.
    """
    net = _Builder(dtype)
    unit = 1 / 128
    if channels_first:
        given = net.activation("image", (batch, 3, height, width), unit)
        image = net.activation("channels_last", (batch, height, width, 3), unit)
        axes = net.constant("axes_last", np.array([0, 2, 3, 1], np.int32))
        net.operator("TRANSPOSE", [given, axes], image, schema.TransposeOptionsT())
    else:
        given = image = net.activation("image", (batch, height, width, 3), unit)
    for number, (name, value) in enumerate(first_steps):
        result = net.activation(f"step{number}", (batch, height, width, 3), unit)
        constant = net.constant(f"value{number}", np.array(value, np.float32))
        net.operator(name, [image, constant], result, getattr(schema, f"{name.capitalize()}OptionsT")())
        image = result
    features = net.activation("pixels", (batch, height, width, 3), unit)
    weights = net.weights("identity", np.eye(3).reshape(3, 1, 1, 3), 1.0)
    net.operator("CONV_2D", [image, weights, net.bias(3, unit / 127)], features, net.conv_options())
    if pooling == "MEAN":
        pooled = net.activation("mean", (batch, 3), unit)
        net.operator(
            "MEAN", [features, net.constant("axes", np.array([1, 2], np.int32))], pooled, schema.ReducerOptionsT()
        )
    else:
        mean = net.activation("mean", (batch, 1, 1, 3), unit)
        net.operator("AVERAGE_POOL_2D", [features], mean, net.pool_options(height, width))
        pooled = net.activation("flat", (batch, 3), unit)
        # Converters write a fixed batch size, too: such a graph cannot be resized.
        sides = net.constant("sides", np.array([batch, 3], np.int32))
        net.operator("RESHAPE", [mean, sides], pooled, schema.ReshapeOptionsT())
    for number in range(hidden):
        dense = net.activation(f"dense{number}", (batch, 3), unit)
        same = net.weights(f"same{number}", np.eye(3), 1.0)
        fully = schema.FullyConnectedOptionsT()
        net.operator("FULLY_CONNECTED", [pooled, same, net.bias(3, unit / 127)], dense, fully)
        pooled = dense
    scores = net.activation("logits", (batch, classes), 2 * sharpness / 256)
    classifier = net.weights("classifier", np.eye(classes, 3) * sharpness, sharpness)
    net.operator(
        "FULLY_CONNECTED",
        [pooled, classifier, net.bias(classes, unit * sharpness / 127)],
        scores,
        schema.FullyConnectedOptionsT(),
    )
    if end is not None:
        logits, scores = scores, net.scores((batch, classes))
        options = schema.SoftmaxOptionsT() if end == "SOFTMAX" else None
        if options is not None:
            options.beta = 1.0
        net.operator(end, [logits], scores, options)
    return net.finish(given, scores)


def edited(content: bytes, change: Callable[[schema.ModelT], None]) -> bytes:
    """Change a .tflite file as an object."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    change(model)
    return _pack(model)


class _Builder:
    def __init__(self, dtype: Dtype) -> None:
        self._dtype = dtype
        self._model = schema.ModelT()
        self._model.version = 3
        self._model.buffers = [schema.BufferT()]
        self._model.operatorCodes = []
        self._graph = schema.SubGraphT()
        self._graph.tensors = []
        self._graph.operators = []
        self._model.subgraphs = [self._graph]

    def activation(self, name: str, shape: tuple[int, ...], scale: float) -> int:
        return self._tensor(name, shape, self._dtype, scale=scale, zero_point=128 if self._dtype == "uint8" else 0)

    def scores(self, shape: tuple[int, ...]) -> int:
        return self._tensor(
            "scores", shape, self._dtype, scale=1 / 256, zero_point=-128 if self._dtype == "int8" else 0
        )

    def weights(self, name: str, values: npt.NDArray[np.float64], largest: float) -> int:
        if self._dtype == "float32":
            return self.constant(name, values.astype(np.float32))
        zero_point = 128 if self._dtype == "uint8" else 0
        integers = np.round(values / largest * 127) + zero_point
        return self._tensor(name, values.shape, self._dtype, integers, scale=largest / 127, zero_point=zero_point)

    def bias(self, size: int, scale: float) -> int:
        if self._dtype == "float32":
            return self.constant("bias", np.zeros(size, np.float32))
        return self._tensor("bias", (size,), "int32", np.zeros(size), scale=scale)

    def constant(self, name: str, values: npt.NDArray[np.float32] | npt.NDArray[np.int32]) -> int:
        return self._tensor(name, values.shape, str(values.dtype), values)

    def operator(self, name: str, inputs: list[int], output: int, options: object) -> None:
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, name)
        code.deprecatedBuiltinCode = code.builtinCode
        code.version = 1
        self._model.operatorCodes.append(code)
        operator = schema.OperatorT()
        operator.opcodeIndex = len(self._model.operatorCodes) - 1
        operator.inputs = inputs
        operator.outputs = [output]
        if options is not None:
            kind = type(options).__name__.removesuffix("T")
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, kind)
            operator.builtinOptions = options
        self._graph.operators.append(operator)

    def conv_options(self) -> schema.Conv2DOptionsT:
        options = schema.Conv2DOptionsT()
        options.strideH = options.strideW = 1
        return options

    def pool_options(self, height: int, width: int) -> schema.Pool2DOptionsT:
        options = schema.Pool2DOptionsT()
        options.padding = schema.Padding.VALID
        options.strideH = options.strideW = 1
        options.filterHeight, options.filterWidth = height, width
        return options

    def finish(self, image: int, scores: int) -> bytes:
        self._graph.inputs = [image]
        self._graph.outputs = [scores]
        return _pack(self._model)

    def _tensor(
        self,
        name: str,
        shape: tuple[int, ...],
        dtype: str,
        values: npt.NDArray[np.generic] | None = None,
        *,
        scale: float = 0.0,
        zero_point: int = 0,
    ) -> int:
        tensor = schema.TensorT()
        tensor.name = name
        tensor.shape = [abs(side) for side in shape]
        if -1 in shape:
            tensor.shapeSignature = list(shape)
        tensor.type = getattr(schema.TensorType, dtype.upper())
        if values is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(values.astype(dtype).tobytes(), np.uint8)
            self._model.buffers.append(buffer)
            tensor.buffer = len(self._model.buffers) - 1
        if dtype != "float32" and scale:
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale = [scale]
            tensor.quantization.zeroPoint = [zero_point]
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1


def _pack(model: schema.ModelT) -> bytes:
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())
