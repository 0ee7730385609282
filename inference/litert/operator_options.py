"""The options of LiteRT's operators for the layers of a network, as tables of LiteRT's schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ai_edge_litert import schema_py_generated as schema

from inference.litert.graph import Kind, Layer


def _windowed(options: Any, layer: Layer) -> Any:
    """Set the options that convolutions and poolings share."""
    options.padding = getattr(schema.Padding, layer.padding)
    options.strideH = options.strideW = layer.strides
    options.fusedActivationFunction = getattr(schema.ActivationFunctionType, layer.activation)
    return options


def _pooling(layer: Layer, _: bool) -> Any:
    options = _windowed(schema.Pool2DOptionsT(), layer)
    options.filterHeight, options.filterWidth = layer.window
    return options


def _depthwise(layer: Layer, _: bool) -> Any:
    options = _windowed(schema.DepthwiseConv2DOptionsT(), layer)
    options.depthMultiplier = 1
    return options


def _concatenation(_: Layer, __: bool) -> Any:
    options = schema.ConcatenationOptionsT()
    options.axis = 3
    return options


def _dense(_: Layer, hybrid: bool) -> Any:
    options = schema.FullyConnectedOptionsT()
    options.asymmetricQuantizeInputs = hybrid
    return options


def _softmax(_: Layer, __: bool) -> Any:
    options = schema.SoftmaxOptionsT()
    options.beta = 1.0
    return options


# For each kind of layer, a function that returns the options. Its arguments are the layer, and whether the layer has
# int8 weights with float results.
OPTIONS: Mapping[Kind, Callable[[Layer, bool], Any]] = {
    Kind.CONVOLUTION: lambda layer, _: _windowed(schema.Conv2DOptionsT(), layer),
    Kind.DEPTHWISE_CONVOLUTION: _depthwise,
    Kind.MAX_POOLING: _pooling,
    Kind.AVERAGE_POOLING: _pooling,
    Kind.CONCATENATION: _concatenation,
    Kind.ADDITION: lambda _, __: schema.AddOptionsT(),
    Kind.MEAN: lambda _, __: schema.ReducerOptionsT(),
    Kind.DENSE: _dense,
    Kind.SOFTMAX: _softmax,
}
