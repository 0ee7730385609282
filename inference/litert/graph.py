"""A network as a list of layers with float32 weights; `writer` writes it to a file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from inference.litert.signature import IMAGE

Floats = npt.NDArray[np.float32]


class Padding(StrEnum):
    """The padding of a convolution or pooling: SAME extends the input beyond its edges, VALID does not."""

    SAME = "SAME"
    VALID = "VALID"


class Activation(StrEnum):
    """An activation function that is part of a layer."""

    NONE = "NONE"
    RELU = "RELU"
    RELU6 = "RELU6"


class Kind(StrEnum):
    """The kind of a layer; each value is the name of an operator in LiteRT."""

    CONVOLUTION = "CONV_2D"
    DEPTHWISE_CONVOLUTION = "DEPTHWISE_CONV_2D"
    MAX_POOLING = "MAX_POOL_2D"
    AVERAGE_POOLING = "AVERAGE_POOL_2D"
    CONCATENATION = "CONCATENATION"
    ADDITION = "ADD"
    MEAN = "MEAN"
    DENSE = "FULLY_CONNECTED"
    SOFTMAX = "SOFTMAX"


@dataclass(frozen=True, slots=True)
class Tensor:
    """The input of a network, or the result of a layer.

    Attributes:
        name: name of the tensor, unique in the network.
        shape: shape for one image: (height, width, channels), or (channels,) after the global mean.
    """

    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One operator of a network.

    Attributes:
        kind: kind of the layer.
        inputs: input tensors, without weights and bias.
        output: result of the layer.
        weights: float32, of the shape (output channels, height, width, input channels) for a convolution,
            (1, height, width, channels) for a depthwise convolution, (outputs, inputs) for a dense layer; None for
            other kinds.
        bias: float32 (outputs,), or None.
        window: height and width of a pooling's window, in pixels.
        strides: strides of a convolution or pooling in both directions, in pixels.
        padding: padding of a convolution or pooling.
        activation: activation function of the layer.
    """

    kind: Kind
    inputs: tuple[Tensor, ...]
    output: Tensor
    weights: Floats | None = None
    bias: Floats | None = None
    window: tuple[int, int] = (1, 1)
    strides: int = 1
    padding: Padding = Padding.SAME
    activation: Activation = Activation.NONE


class Graph:
    """A network under construction: each method adds a layer and returns the layer's result.

    Attributes:
        image: input tensor, RGB.
        input_range: input values for the pixel values 0 and 255, (low, high).
        layers: layers in the order of execution.
        outputs: output tensors by their names in the file's signature.
    """

    def __init__(self, *, height: int, width: int, input_range: tuple[float, float]) -> None:
        """Create a network without layers.

        Args:
            height: height of the input, in pixels.
            width: width of the input, in pixels.
            input_range: input values for the pixel values 0 and 255, (low, high).
        """
        self.image = Tensor(IMAGE, (height, width, 3))
        self.input_range = input_range
        self.layers: list[Layer] = []
        self.outputs: dict[str, Tensor] = {}

    def convolve(
        self,
        x: Tensor,
        weights: Floats,
        bias: Floats,
        *,
        strides: int = 1,
        padding: Padding = Padding.SAME,
        activation: Activation = Activation.NONE,
    ) -> Tensor:
        """Add a convolution; see `Layer` for the shapes.

        Raises:
            ValueError: weights, bias and input do not fit together.
        """
        outputs, height, width, inputs = weights.shape
        if inputs != x.shape[-1] or bias.shape != (outputs,):
            raise ValueError(f"expected weights for {x.shape}. Received: {weights.shape} with bias {bias.shape}")
        shape = (*_sides(x, (height, width), strides, padding), outputs)
        return self._add(
            Kind.CONVOLUTION, (x,), shape, weights, bias, strides=strides, padding=padding, activation=activation
        )

    def convolve_depthwise(
        self,
        x: Tensor,
        weights: Floats,
        bias: Floats,
        *,
        strides: int = 1,
        padding: Padding = Padding.SAME,
        activation: Activation = Activation.NONE,
    ) -> Tensor:
        """Add a depthwise convolution; see `Layer` for the shapes.

        Raises:
            ValueError: weights, bias and input do not fit together.
        """
        one, height, width, channels = weights.shape
        if one != 1 or channels != x.shape[-1] or bias.shape != (channels,):
            raise ValueError(f"expected weights for {x.shape}. Received: {weights.shape} with bias {bias.shape}")
        shape = (*_sides(x, (height, width), strides, padding), channels)
        kind = Kind.DEPTHWISE_CONVOLUTION
        return self._add(kind, (x,), shape, weights, bias, strides=strides, padding=padding, activation=activation)

    def pool(self, kind: Kind, x: Tensor, window: tuple[int, int], *, strides: int, padding: Padding) -> Tensor:
        """Add a pooling of kind `MAX_POOLING` or `AVERAGE_POOLING`; averages do not include the padding."""
        shape = (*_sides(x, window, strides, padding), x.shape[-1])
        return self._add(kind, (x,), shape, window=window, strides=strides, padding=padding)

    def concatenate(self, parts: Sequence[Tensor]) -> Tensor:
        """Concatenate the channels of tensors of the same height and width.

        Raises:
            ValueError: the heights or widths differ.
        """
        if len({part.shape[:-1] for part in parts}) != 1:
            raise ValueError(f"expected results of one size. Received: {[part.shape for part in parts]}")
        shape = (*parts[0].shape[:-1], sum(part.shape[-1] for part in parts))
        return self._add(Kind.CONCATENATION, tuple(parts), shape)

    def add(self, left: Tensor, right: Tensor) -> Tensor:
        """Add two tensors.

        Raises:
            ValueError: the shapes differ.
        """
        if left.shape != right.shape:
            raise ValueError(f"expected results of one shape. Received: {left.shape} and {right.shape}")
        return self._add(Kind.ADDITION, (left, right), left.shape)

    def mean(self, x: Tensor) -> Tensor:
        """Average over height and width: (height, width, channels) -> (channels,)."""
        return self._add(Kind.MEAN, (x,), x.shape[-1:])

    def connect(self, x: Tensor, weights: Floats, bias: Floats) -> Tensor:
        """Add a dense layer; see `Layer` for the shapes.

        Raises:
            ValueError: weights, bias and input do not fit together.
        """
        if weights.shape[1:] != x.shape or bias.shape != weights.shape[:1]:
            raise ValueError(f"expected weights for {x.shape}. Received: {weights.shape} with bias {bias.shape}")
        return self._add(Kind.DENSE, (x,), bias.shape, weights, bias)

    def softmax(self, x: Tensor) -> Tensor:
        """Turn logits into probabilities."""
        return self._add(Kind.SOFTMAX, (x,), x.shape)

    def _add(
        self,
        kind: Kind,
        inputs: tuple[Tensor, ...],
        shape: tuple[int, ...],
        weights: Floats | None = None,
        bias: Floats | None = None,
        *,
        window: tuple[int, int] = (1, 1),
        strides: int = 1,
        padding: Padding = Padding.SAME,
        activation: Activation = Activation.NONE,
    ) -> Tensor:
        output = Tensor(f"{kind.lower()}_{len(self.layers)}", shape)
        layer = Layer(kind, inputs, output, weights, bias, window, strides, padding, activation)
        self.layers.append(layer)
        return output


def _sides(x: Tensor, window: tuple[int, int], strides: int, padding: Padding) -> tuple[int, int]:
    """Return the height and width of the result of a convolution or pooling.

    Raises:
        ValueError: the window is larger than the input.
    """
    height, width = x.shape[:2]
    if padding is Padding.SAME:
        return math.ceil(height / strides), math.ceil(width / strides)
    sides = (height - window[0]) // strides + 1, (width - window[1]) // strides + 1
    if min(sides) < 1:
        raise ValueError(f"expected a window within {height}x{width}. Received: {window[0]}x{window[1]}")
    return sides
