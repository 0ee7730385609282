"""Inception-v3 as in `keras.applications`.

Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", arXiv:1512.00567. The figures and tables
mentioned below are those of this paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from inference.litert.batch_norm import BatchNorm
from inference.litert.graph import Activation, Floats, Graph, Kind, Padding, Tensor

SIDE = 299
INPUT_RANGE = (-1.0, 1.0)
# Epsilon of all batch normalisations.
EPSILON = 1e-3
CONVOLUTIONS = 94
CHANNELS = 2048


@dataclass(frozen=True, slots=True)
class Normalized:
    """A convolution without a bias, and the batch normalisation after it.

    Attributes:
        weights: float32 (height, width, input channels, output channels), in Keras's order.
        norm: the batch normalisation.
    """

    weights: Floats
    norm: BatchNorm


def inception_v3(convolutions: Iterable[Normalized], weights: Floats, bias: Floats) -> Graph:
    """Build the network with folded batch normalisations.

    Args:
        convolutions: all convolutions in Keras's order; they are read one at a time.
        weights: weights of the last layer, float32 (2048, classes).
        bias: bias of the last layer, float32 (classes,).

    Returns:
        A network with the outputs `probabilities` (classes,), `embedding` (2048,) and `features` (8, 8, 2048).

    Raises:
        ValueError: the weights do not fit the network.
    """
    builder = _Builder(Graph(height=SIDE, width=SIDE, input_range=INPUT_RANGE), iter(convolutions))
    graph = builder.graph
    x = builder.stem(graph.image)
    for pooled in (32, 64, 64):
        x = builder.grid35_block(x, pooled)
    x = builder.reduction_to_17(x)
    for width in (128, 160, 160, 192):
        x = builder.grid17_block(x, width)
    x = builder.reduction_to_8(x)
    for _ in range(2):
        x = builder.grid8_block(x)
    embedding = graph.mean(x)
    probabilities = graph.softmax(graph.connect(embedding, weights.T, bias))
    graph.outputs = {"probabilities": probabilities, "embedding": embedding, "features": x}
    return graph


@dataclass(frozen=True, slots=True)
class _Builder:
    graph: Graph
    remaining: Iterator[Normalized]

    def conv(
        self,
        x: Tensor,
        channels: int,
        kernel: tuple[int, int] | int,
        *,
        strides: int = 1,
        padding: Padding = Padding.SAME,
    ) -> Tensor:
        height, width = (kernel, kernel) if isinstance(kernel, int) else kernel
        shape = (height, width, x.shape[-1], channels)
        given = next(self.remaining, None)
        if given is None or given.weights.shape != shape:
            received = "no more" if given is None else given.weights.shape
            raise ValueError(f"expected a convolution of {shape}. Received: {received}")
        weights, bias = given.norm.fold(given.weights.transpose(3, 0, 1, 2), 0)
        return self.graph.convolve(x, weights, bias, strides=strides, padding=padding, activation=Activation.RELU)

    def max_pool(self, x: Tensor) -> Tensor:
        return self.graph.pool(Kind.MAX_POOLING, x, (3, 3), strides=2, padding=Padding.VALID)

    def pooled(self, x: Tensor, channels: int) -> Tensor:
        """Add the last branch of most blocks: average pooling and a 1x1 convolution."""
        pooled = self.graph.pool(Kind.AVERAGE_POOLING, x, (3, 3), strides=1, padding=Padding.SAME)
        return self.conv(pooled, channels, 1)

    def stem(self, x: Tensor) -> Tensor:
        """Reduce an image of 299x299 pixels to a feature map of 35x35 pixels and 192 channels (table 1)."""
        x = self.conv(x, 32, 3, strides=2, padding=Padding.VALID)
        x = self.conv(x, 32, 3, padding=Padding.VALID)
        x = self.max_pool(self.conv(x, 64, 3))
        x = self.conv(x, 80, 1, padding=Padding.VALID)
        return self.max_pool(self.conv(x, 192, 3, padding=Padding.VALID))

    def grid35_block(self, x: Tensor, pooled: int) -> Tensor:
        """Add a 1x1, a 5x5, a double 3x3 and a pooled branch (figure 5, but with an unsplit 5x5 convolution)."""
        branches = [self.conv(x, 64, 1)]
        branches.append(self.conv(self.conv(x, 48, 1), 64, 5))
        branches.append(self.conv(self.conv(self.conv(x, 64, 1), 96, 3), 96, 3))
        branches.append(self.pooled(x, pooled))
        return self.graph.concatenate(branches)

    def reduction_to_17(self, x: Tensor) -> Tensor:
        """Halve the grid with a strided 3x3 branch, a strided double 3x3 branch and a max-pooling (figure 10)."""
        branches = [self.conv(x, 384, 3, strides=2, padding=Padding.VALID)]
        double = self.conv(self.conv(x, 64, 1), 96, 3)
        branches.append(self.conv(double, 96, 3, strides=2, padding=Padding.VALID))
        branches.append(self.max_pool(x))
        return self.graph.concatenate(branches)

    def grid17_block(self, x: Tensor, width: int) -> Tensor:
        """Add branches with 7x7 convolutions, each split into 1x7 and 7x1 (figure 6).

        The bottlenecks before these convolutions have `width` channels.
        """
        branches = [self.conv(x, 192, 1)]
        single = self.conv(self.conv(x, width, 1), width, (1, 7))
        branches.append(self.conv(single, 192, (7, 1)))
        double = self.conv(self.conv(x, width, 1), width, (7, 1))
        double = self.conv(self.conv(double, width, (1, 7)), width, (7, 1))
        branches.append(self.conv(double, 192, (1, 7)))
        branches.append(self.pooled(x, 192))
        return self.graph.concatenate(branches)

    def reduction_to_8(self, x: Tensor) -> Tensor:
        """Halve the grid with a strided 3x3 branch, a 7x7 branch with a strided 3x3, and a max-pooling (figure 10)."""
        branches = [self.conv(self.conv(x, 192, 1), 320, 3, strides=2, padding=Padding.VALID)]
        long = self.conv(self.conv(self.conv(x, 192, 1), 192, (1, 7)), 192, (7, 1))
        branches.append(self.conv(long, 192, 3, strides=2, padding=Padding.VALID))
        branches.append(self.max_pool(x))
        return self.graph.concatenate(branches)

    def grid8_block(self, x: Tensor) -> Tensor:
        """Add branches that end in a 1x3 and a 3x1 convolution side by side (figure 7)."""
        branches = [self.conv(x, 320, 1)]
        branches.append(self.fan_out(self.conv(x, 384, 1)))
        branches.append(self.fan_out(self.conv(self.conv(x, 448, 1), 384, 3)))
        branches.append(self.pooled(x, 192))
        return self.graph.concatenate(branches)

    def fan_out(self, x: Tensor) -> Tensor:
        return self.graph.concatenate([self.conv(x, 384, (1, 3)), self.conv(x, 384, (3, 1))])
