"""Writing of LiteRT files from networks, in float32 or quantised to int8.

"dynamic" quantises the weights of convolutions and dense layers; activations stay float32. Depthwise weights stay
float32, too, since they are few, and XNNPACK does not support int8 depthwise weights with float activations: each layer
with such weights would split the network and slow it down. "int8" quantises weights and activations of all layers up to
the last feature map. The global mean, dense layer and softmax stay float32, since a softmax in int8 rounds nearly all
scores to 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema

from inference.errors import ModelError
from inference.litert.file_format import (
    SCHEMA_VERSION,
    add_operator_code,
    new_buffer,
    new_operator,
    pack_model,
    sign,
)
from inference.litert.graph import Floats, Graph, Kind, Layer, Tensor
from inference.litert.operator_options import OPTIONS
from inference.litert.quantization import (
    Scale,
    make_room_for_bias,
    quantize_bias,
    quantize_weights,
    scale_of,
    weight_scales,
)

# Quantisation of a network; see above.
Mode = Literal["none", "dynamic", "int8"]
# Lowest and highest value of each result, by the names of tensors.
Ranges = Mapping[str, tuple[float, float]]

# Minimum number of weights for int8: a layer with fewer weights gains nothing. TensorFlow's converter has the same
# limit.
MIN_QUANTIZED_WEIGHTS = 1024
# Axis of the output channels in the weights of each kind of layer. No interpreter notices a wrong axis if the sides are
# equal.
CHANNEL_AXES = {Kind.CONVOLUTION: 0, Kind.DEPTHWISE_CONVOLUTION: 3, Kind.DENSE: 0}
# Kinds of layers that "int8" computes in integers. Poolings and concatenations are left out, since they would need the
# same scale for inputs and output.
INTEGER_KINDS = (Kind.CONVOLUTION, Kind.DEPTHWISE_CONVOLUTION, Kind.ADDITION)
FLOAT_KINDS = (Kind.MEAN, Kind.DENSE, Kind.SOFTMAX)
# For each kind of layer, the first versions of the operator that support float32, int8 weights with float32
# activations, and int8; None for an unused combination.
VERSIONS: Mapping[Kind, tuple[int, int | None, int | None]] = {
    Kind.CONVOLUTION: (1, 5, 3),
    Kind.DEPTHWISE_CONVOLUTION: (1, None, 3),
    Kind.MAX_POOLING: (1, None, None),
    Kind.AVERAGE_POOLING: (1, None, None),
    Kind.CONCATENATION: (1, None, None),
    Kind.ADDITION: (1, None, 2),
    Kind.MEAN: (1, None, None),
    Kind.DENSE: (1, 12, None),
    Kind.SOFTMAX: (1, None, None),
}
# First version of the operator DEQUANTIZE that supports int8.
DEQUANTIZE_INT8 = 2


def write_network(graph: Graph, quantization: Mode, ranges: Ranges | None = None) -> memoryview:
    """Write a network with the signature of a bundle, for batches of any size.

    Args:
        graph: network with named outputs.
        quantization: "none" for float32; for "dynamic" and "int8", see the description of this module.
        ranges: lowest and highest value of each integer result, by the names of tensors; only needed for "int8".

    Returns:
        The content of a .tflite file. The input is RGB, float32 in the network's input range; for "int8", it is int8
        with one integer per pixel value. The outputs are float32.

    Raises:
        ModelError: a range for "int8" is missing, or "int8" does not support a layer of the network.
    """
    writer = _Writer(graph, quantization, ranges or {})
    for layer in graph.layers:
        writer.write(layer)
    return pack_model(writer.finish())


class _Writer:
    def __init__(self, graph: Graph, quantization: Mode, ranges: Ranges) -> None:
        self._graph, self._quantization, self._ranges = graph, quantization, ranges
        self._file = schema.SubGraphT()
        self._file.name = "main"
        self._file.tensors, self._file.operators = [], []
        self._model = schema.ModelT()
        self._model.version = SCHEMA_VERSION
        self._model.description = "written by labelbot"
        self._model.operatorCodes, self._model.subgraphs = [], [self._file]
        # By convention, buffer 0 is empty, and tensors without a constant refer to it.
        self._model.buffers = [schema.BufferT()]
        self._scales: dict[str, Scale] = {}
        self._numbers: dict[str, int] = {}
        self._dequantized: dict[str, int] = {}
        image_scale = self._image_scale() if quantization == "int8" else None
        self._image = self._add_result(graph.image, image_scale)
        self._file.inputs = [self._image]

    def write(self, layer: Layer) -> None:
        """Add the operator of a layer, its weights and its result."""
        scale = None
        if self._quantization == "int8" and layer.kind not in FLOAT_KINDS:
            scale = self._scale(layer)
        inputs = [self._numbers[x.name] if scale else self._in_floats(x) for x in layer.inputs]
        hybrid = False
        if layer.weights is not None and layer.bias is not None:
            hybrid = scale is None and self._is_hybrid(layer.kind, layer.weights)
            inputs += self._add_weights(layer, layer.weights, layer.bias, hybrid=hybrid, integers=scale is not None)
        if layer.kind is Kind.MEAN:
            inputs.append(self._add_constant("axes", np.array([1, 2], np.int32)))
        version = VERSIONS[layer.kind][2 if scale else 1 if hybrid else 0]
        assert version is not None, f"{layer.kind} can be quantized like this"
        output = self._add_result(layer.output, scale)
        code = add_operator_code(self._model, layer.kind, version)
        self._file.operators.append(new_operator(code, inputs, [output], OPTIONS[layer.kind](layer, hybrid)))

    def finish(self) -> schema.ModelT:
        sign(self._model, self._image, {name: self._in_floats(x) for name, x in self._graph.outputs.items()})
        return self._model

    def _image_scale(self) -> Scale:
        """Return the scale that gives each pixel value an integer of its own."""
        low, high = self._graph.input_range
        return Scale(float(np.float32((high - low) / 255)), round(-128 - low * 255 / (high - low)))

    def _scale(self, layer: Layer) -> Scale:
        name = layer.output.name
        if layer.kind not in INTEGER_KINDS:
            raise ModelError(f"expected layers that int8 is known for. Received: {layer.kind}")
        if name not in self._ranges:
            raise ModelError(f"expected a range for each layer of int8. Received: none for {name}")
        return scale_of(*self._ranges[name])

    def _is_hybrid(self, kind: Kind, weights: Floats) -> bool:
        """Return True if a layer gets int8 weights with float32 results."""
        return self._quantization != "none" and VERSIONS[kind][1] is not None and weights.size >= MIN_QUANTIZED_WEIGHTS

    def _add_weights(
        self, layer: Layer, weights: Floats, bias: Floats, *, hybrid: bool, integers: bool
    ) -> tuple[int, int]:
        """Add the tensors of weights and bias; return their indices.

        Args:
            layer: layer of the weights.
            weights: weights of the layer; see `Layer`.
            bias: bias of the layer; see `Layer`.
            hybrid: True for int8 weights with float32 results.
            integers: True for int8 weights, int32 bias and int8 results.
        """
        names = f"{layer.output.name}/weights", f"{layer.output.name}/bias"
        if not (hybrid or integers):
            return self._add_constant(names[0], weights), self._add_constant(names[1], bias)
        axis = CHANNEL_AXES[layer.kind]
        scales = weight_scales(weights, axis)
        input_scale = self._scales[layer.inputs[0].name].scale if integers else None
        if input_scale is not None:
            scales = make_room_for_bias(scales, bias, input_scale)
        quantized = self._add_constant(names[0], quantize_weights(weights, axis, scales), scales, axis)
        if input_scale is None:
            return quantized, self._add_constant(names[1], bias)
        sums = np.asarray(input_scale * scales, np.float32)
        return quantized, self._add_constant(names[1], quantize_bias(bias, input_scale, scales), sums)

    def _in_floats(self, x: Tensor) -> int:
        """Return the index of a tensor's float32 version; add an operator that makes this version if it is missing."""
        if x.name not in self._scales:
            return self._numbers[x.name]
        if x.name not in self._dequantized:
            number = self._dequantized[x.name] = self._add_tensor(f"{x.name}/floats", x.shape)
            code = add_operator_code(self._model, "DEQUANTIZE", DEQUANTIZE_INT8)
            operator = new_operator(code, [self._numbers[x.name]], [number], schema.DequantizeOptionsT())
            self._file.operators.append(operator)
        return self._dequantized[x.name]

    def _add_result(self, x: Tensor, scale: Scale | None) -> int:
        number = self._numbers[x.name] = self._add_tensor(x.name, x.shape)
        if scale is not None:
            self._scales[x.name] = scale
            tensor = self._file.tensors[number]
            tensor.type = schema.TensorType.INT8
            tensor.quantization = _quantization([scale.scale], [scale.zero_point])
        return number

    def _add_tensor(self, name: str, shape: tuple[int, ...]) -> int:
        """Add a float32 tensor without a constant, for batches of any size; return its index."""
        tensor = schema.TensorT()
        tensor.name, tensor.type = name, schema.TensorType.FLOAT32
        tensor.shape, tensor.shapeSignature = [1, *shape], [-1, *shape]
        self._file.tensors.append(tensor)
        return len(self._file.tensors) - 1

    def _add_constant(self, name: str, values: npt.NDArray[Any], scales: Floats | None = None, axis: int = 0) -> int:
        self._model.buffers.append(new_buffer(values))
        tensor = schema.TensorT()
        tensor.name, tensor.buffer, tensor.shape = name, len(self._model.buffers) - 1, list(values.shape)
        tensor.type = getattr(schema.TensorType, values.dtype.name.upper())
        if scales is not None:
            tensor.quantization = _quantization(scales, np.zeros(len(scales), np.int64), axis)
        self._file.tensors.append(tensor)
        return len(self._file.tensors) - 1


def _quantization(scales: Any, zero_points: Any, axis: int = 0) -> schema.QuantizationParametersT:
    quantization = schema.QuantizationParametersT()
    quantization.scale = np.asarray(scales, np.float32)
    quantization.zeroPoint = np.asarray(zero_points, np.int64)
    quantization.quantizedDimension = axis
    return quantization
