"""A network as a list of layers with float32 weights, from which files are written."""

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
    """What lies beyond the edges of a convolution's input: zeros, or nothing."""

    SAME = "SAME"
    VALID = "VALID"


class Activation(StrEnum):
    """A function that is fused into a layer."""

    NONE = "NONE"
    RELU = "RELU"
    RELU6 = "RELU6"


class Kind(StrEnum):
    """What a layer computes, by the name of LiteRT's operator."""

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
        name: unique in the network.
        shape: sides of one image's values: (height, width, channels), or (channels,) after the global mean.
    """

    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One operator of a network.

    Attributes:
        kind: what it computes.
        inputs: what it reads, beside weights.
        output: its result.
        weights: float32; of a convolution (output channels, height, width, input channels), of a depthwise one
            (1, height, width, channels), of a dense layer (outputs, inputs); None for other kinds.
        bias: float32 (outputs,), or None.
        window: height and width of a pooling.
        strides: steps of a convolution or pooling in both directions.
        padding: of a convolution or pooling.
        activation: fused into the layer.
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
    """A network under construction: each method adds a layer and returns its result.

    Attributes:
        image: the input, RGB.
        input_range: what pixel values 0 and 255 become, as (low, high).
        layers: in the order in which they run.
        outputs: results by their names in the file's signature.
    """

    def __init__(self, *, height: int, width: int, input_range: tuple[float, float]) -> None:
        """Begin with the input.

        Args:
            height: of the input, in pixels.
            width: of the input, in pixels.
            input_range: what pixel values 0 and 255 become, as (low, high).
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
        """Add a convolution of each channel by itself; see `Layer` for the shapes.

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
        """Add a pooling, `MAX_POOLING` or `AVERAGE_POOLING`; an average leaves out what lies beyond the edges."""
        shape = (*_sides(x, window, strides, padding), x.shape[-1])
        return self._add(kind, (x,), shape, window=window, strides=strides, padding=padding)

    def concatenate(self, parts: Sequence[Tensor]) -> Tensor:
        """Put the channels of results of the same height and width behind each other.

        Raises:
            ValueError: heights or widths differ.
        """
        if len({part.shape[:-1] for part in parts}) != 1:
            raise ValueError(f"expected results of one size. Received: {[part.shape for part in parts]}")
        shape = (*parts[0].shape[:-1], sum(part.shape[-1] for part in parts))
        return self._add(Kind.CONCATENATION, tuple(parts), shape)

    def add(self, left: Tensor, right: Tensor) -> Tensor:
        """Add up two results.

        Raises:
            ValueError: their shapes differ.
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
    """Height and width of what a window of this size makes of a result.

    Raises:
        ValueError: the window is larger than the result.
    """
    height, width = x.shape[:2]
    if padding is Padding.SAME:
        return math.ceil(height / strides), math.ceil(width / strides)
    sides = (height - window[0]) // strides + 1, (width - window[1]) // strides + 1
    if min(sides) < 1:
        raise ValueError(f"expected a window within {height}x{width}. Received: {window[0]}x{window[1]}")
    return sides
