"""EfficientNet-Lite 0, 1 and 2, built from Google's weights; the weights have the names of a PyTorch port.

Tan and Le, "EfficientNet", arXiv:1905.11946. The Lite networks have no squeeze-and-excitation, have ReLU6 instead of
swish, and do not scale the stem and the head:
https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from inference.errors import ModelError
from inference.litert.batch_norm import BatchNorm
from inference.litert.graph import Activation, Floats, Graph, Tensor

# All three networks were trained on (x - 127) / 128 for pixel values x from 0 to 255.
INPUT_RANGE = (-127 / 128, 1.0)
EPSILON = 1e-3
STEM_CHANNELS = 32
HEAD_CHANNELS = 1280
# All numbers of channels are multiples of this number.
WIDTH_STEP = 8

Weights = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Scaling:
    """The scaling of one of the networks.

    Attributes:
        side: side of the input, in pixels.
        width: factor on the channels of EfficientNet-B0.
        depth: factor on the number of blocks of EfficientNet-B0.
    """

    side: int
    width: float
    depth: float


# Scalings of the networks; the index is the number in the network's name.
SCALINGS = (Scaling(224, 1.0, 1.0), Scaling(240, 1.0, 1.1), Scaling(260, 1.1, 1.2))

# Temperature and threshold were measured for EfficientNet-Lite 0; see its model card. They were not measured for the
# networks 1 and 2. These networks have lower scores, so both values are cautious for them.
# Divisor of the logits, since label smoothing in training keeps the scores low.
TEMPERATURE = 0.8
# At or above this score, the best guess counts as sure: nine of ten answers that claim to be sure should be right.
THRESHOLD = 0.75


@dataclass(frozen=True, slots=True)
class Stage:
    """Blocks with the same number of output channels; only the first block has the strides and changes that number.

    Attributes:
        blocks: number of blocks.
        kernel: side of the depthwise kernels, in pixels.
        strides: stride of the first block, in both directions.
        expansion: number of channels within a block, as a multiple of its input channels.
        channels: output channels of each block.
    """

    blocks: int
    kernel: int
    strides: int
    expansion: int
    channels: int


# Stages of EfficientNet-B0, table 1 of the paper; the depth of the first and last stage is not scaled.
STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)


def network_number(weights: Weights) -> int:
    """Return the number of the EfficientNet-Lite with these weights, 0 to 2.

    Raises:
        ModelError: the weights belong to another network.
    """
    for number, scaling in enumerate(SCALINGS):
        blocks = list(_blocks(scaling))
        last = weights.get(f"_blocks.{len(blocks) - 1}._project_conv.weight")
        if f"_blocks.{len(blocks)}._project_conv.weight" in weights or last is None:
            continue
        if last.ndim and last.shape[0] == blocks[-1].channels:
            return number
    raise ModelError("expected the weights of EfficientNet-Lite 0, 1 or 2. Received: other weights")


def efficientnet_lite(weights: Weights, scaling: Scaling, *, side: int | None = None) -> Graph:
    """Build an EfficientNet-Lite with folded batch normalisations.

    Args:
        weights: float32 arrays by their PyTorch names, such as "_blocks.3._bn1.running_mean".
        scaling: scaling of the network.
        side: side of the input, in pixels; None for the side used in training.

    Returns:
        A network with the outputs `probabilities` (classes,), `embedding` (1280,) and `features`, the last feature
        map, (7, 7, 1280) for 224x224 pixels.

    Raises:
        ModelError: an array is missing, does not fit the network, or contains NaN or infinity.
    """
    side = side or scaling.side
    builder = _Builder(weights, Graph(height=side, width=side, input_range=INPUT_RANGE))
    try:
        builder.build(scaling)
    except ValueError as error:
        raise ModelError(f"expected weights that fit the network: {error}") from error
    return builder.graph


@dataclass(frozen=True, slots=True)
class _Builder:
    weights: Weights
    graph: Graph

    def build(self, scaling: Scaling) -> None:
        graph = self.graph
        x = self.convolve(graph.image, "_conv_stem", "_bn0", 3, STEM_CHANNELS, strides=2)
        for number, block in enumerate(_blocks(scaling)):
            x = self.block(x, f"_blocks.{number}", block)
        features = self.convolve(x, "_conv_head", "_bn1", 1, HEAD_CHANNELS)
        embedding = graph.mean(features)
        classes = self.named("_fc.bias").size
        weights = self.named("_fc.weight", (classes, HEAD_CHANNELS))
        logits = graph.connect(embedding, weights, self.named("_fc.bias", (classes,)))
        graph.outputs = {"probabilities": graph.softmax(logits), "embedding": embedding, "features": features}

    def block(self, x: Tensor, name: str, block: Stage) -> Tensor:
        """Add an inverted residual: expansion, depthwise convolution, projection, and a shortcut if shapes match."""
        start = x
        channels = x.shape[-1] * block.expansion
        if block.expansion > 1:
            x = self.convolve(x, f"{name}._expand_conv", f"{name}._bn0", 1, channels)
        weights = self.named(f"{name}._depthwise_conv.weight", (channels, 1, block.kernel, block.kernel))
        folded, bias = self.norm(f"{name}._bn1", channels).fold(weights.transpose(1, 2, 3, 0), 3)
        x = self.graph.convolve_depthwise(x, folded, bias, strides=block.strides, activation=Activation.RELU6)
        x = self.convolve(x, f"{name}._project_conv", f"{name}._bn2", 1, block.channels, activation=Activation.NONE)
        return self.graph.add(x, start) if x.shape == start.shape else x

    def convolve(
        self,
        x: Tensor,
        name: str,
        norm: str,
        kernel: int,
        channels: int,
        *,
        strides: int = 1,
        activation: Activation = Activation.RELU6,
    ) -> Tensor:
        weights = self.named(f"{name}.weight", (channels, x.shape[-1], kernel, kernel))
        folded, bias = self.norm(norm, channels).fold(weights.transpose(0, 2, 3, 1), 0)
        return self.graph.convolve(x, folded, bias, strides=strides, activation=activation)

    def norm(self, name: str, channels: int) -> BatchNorm:
        learnt = ("running_mean", "running_var", "bias", "weight")
        mean, variance, offset, factor = (self.named(f"{name}.{part}", (channels,)) for part in learnt)
        if (variance < 0).any():
            raise ModelError(f"{name}: expected variances of at least 0. Received: others")
        return BatchNorm(mean, variance, offset, factor, EPSILON)

    def named(self, name: str, shape: tuple[int, ...] | None = None) -> Floats:
        if name not in self.weights:
            raise ModelError(f"expected the weights of an EfficientNet-Lite. Received: none named {name}")
        values = self.weights[name]
        if values.dtype != np.float32 or (shape is not None and values.shape != shape):
            raise ModelError(f"{name}: expected float32 {shape}. Received: {values.dtype} {values.shape}")
        if not np.isfinite(values).all():
            raise ModelError(f"{name}: expected weights. Received: values that are no numbers")
        return values


def _blocks(scaling: Scaling) -> Iterator[Stage]:
    """Yield all blocks of a network, each as a stage of one block."""
    for number, stage in enumerate(STAGES):
        scaled = number not in (0, len(STAGES) - 1)
        count = math.ceil(stage.blocks * scaling.depth) if scaled else stage.blocks
        channels = _rounded_width(stage.channels * scaling.width)
        for block in range(count):
            yield Stage(1, stage.kernel, stage.strides if block == 0 else 1, stage.expansion, channels)


def _rounded_width(width: float) -> int:
    """Return the nearest multiple of 8, or the next multiple if the nearest is more than a tenth below the width."""
    nearest = max(WIDTH_STEP, int(width + WIDTH_STEP / 2) // WIDTH_STEP * WIDTH_STEP)
    return nearest + WIDTH_STEP if nearest < 0.9 * width else nearest
