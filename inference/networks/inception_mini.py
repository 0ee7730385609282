"""The network of the built-in starter model, for images of 64x64 pixels.

Its blocks are those of Inception-v2/v3: Szegedy et al., "Rethinking the Inception Architecture for Computer Vision",
arXiv:1512.00567. An Inception block has four parallel branches: a 1x1, a 3x3, a double 3x3 and a pooled branch (figure
5). A grid reduction has parallel strided branches (figure 10). Batch normalisation and ReLU follow each convolution.
"""

from __future__ import annotations

from dataclasses import dataclass

import keras
from keras import layers

from inference.networks.blocks import classifier, conv_bn_relu


@dataclass(frozen=True, slots=True)
class BlockWidths:
    """Output channels of the branches of one Inception block; a pair is (bottleneck, output)."""

    conv1x1: int
    conv3x3: tuple[int, int]
    double3x3: tuple[int, int]
    pooled: int


@dataclass(frozen=True, slots=True)
class ReductionWidths:
    """Output channels of the strided branches of a grid reduction; a pair is (bottleneck, output).

    The third branch, a max-pooling, keeps the number of its input channels.
    """

    conv3x3: tuple[int, int]
    double3x3: tuple[int, int]


# Stages of 16x16, 8x8 and 4x4 pixels for an input of 64x64: a grid reduction, then two, three and one Inception blocks.
# All widths are multiples of 16: for any other width, oneDNN falls back to unvectorised batch normalisation.
STAGES: tuple[tuple[ReductionWidths, tuple[BlockWidths, ...]], ...] = (
    (
        ReductionWidths(conv3x3=(48, 64), double3x3=(32, 48)),
        (BlockWidths(48, (48, 64), (32, 48), 32), BlockWidths(48, (48, 80), (32, 48), 32)),
    ),
    (
        ReductionWidths(conv3x3=(64, 112), double3x3=(48, 80)),
        (BlockWidths(112, (80, 128), (64, 80), 64),) * 3,
    ),
    (
        ReductionWidths(conv3x3=(96, 160), double3x3=(80, 112)),
        (BlockWidths(192, (128, 256), (96, 160), 96),),
    ),
)


def inception_mini(classes: int) -> keras.Model:
    """Build the network of the starter model: 2.97 million parameters for 200 classes, 0.19 G multiply-adds at 64x64.

    Args:
        classes: number of classes, at least 2.

    Returns:
        A model from images, float32 (batch, height, width, 3), RGB in [-1, 1], at least 16x16 pixels, to logits,
        float32 (batch, classes). Its layers named "features" and "embedding" hold the last feature map
        (batch, height/16, width/16, channels) and its global average (batch, channels).

    Raises:
        ValueError: fewer than two classes.
    """
    image = keras.Input((None, None, 3), name="image")
    x = conv_bn_relu(image, 32, 3, strides=2, name="stem_conv1")
    x = conv_bn_relu(x, 48, 3, name="stem_conv2")
    for stage, (reduction, inceptions) in enumerate(STAGES, start=1):
        x = reduction_block(x, reduction, name=f"reduction{stage}")
        for number, widths in enumerate(inceptions, start=1):
            x = inception_block(x, widths, name=f"mixed{stage}_{number}")
    return classifier(image, x, classes, name="inception_mini")


def inception_block(x: keras.KerasTensor, widths: BlockWidths, *, name: str) -> keras.KerasTensor:
    """Apply four parallel branches that keep the size of the grid, and concatenate them."""
    conv1x1 = conv_bn_relu(x, widths.conv1x1, 1, name=f"{name}_1x1")
    conv3x3 = conv_bn_relu(x, widths.conv3x3[0], 1, name=f"{name}_3x3_reduce")
    conv3x3 = conv_bn_relu(conv3x3, widths.conv3x3[1], 3, name=f"{name}_3x3")
    double = conv_bn_relu(x, widths.double3x3[0], 1, name=f"{name}_double3x3_reduce")
    double = conv_bn_relu(double, widths.double3x3[1], 3, name=f"{name}_double3x3_1")
    double = conv_bn_relu(double, widths.double3x3[1], 3, name=f"{name}_double3x3_2")
    pooled = layers.AveragePooling2D(3, strides=1, padding="same", name=f"{name}_pool")(x)
    pooled = conv_bn_relu(pooled, widths.pooled, 1, name=f"{name}_pool_project")
    return layers.Concatenate(name=name)([conv1x1, conv3x3, double, pooled])


def reduction_block(x: keras.KerasTensor, widths: ReductionWidths, *, name: str) -> keras.KerasTensor:
    """Halve the grid with a strided 3x3 branch, a strided double 3x3 branch and a max-pooling, and concatenate them."""
    conv3x3 = conv_bn_relu(x, widths.conv3x3[0], 1, name=f"{name}_3x3_reduce")
    conv3x3 = conv_bn_relu(conv3x3, widths.conv3x3[1], 3, strides=2, name=f"{name}_3x3")
    double = conv_bn_relu(x, widths.double3x3[0], 1, name=f"{name}_double3x3_reduce")
    double = conv_bn_relu(double, widths.double3x3[1], 3, name=f"{name}_double3x3_1")
    double = conv_bn_relu(double, widths.double3x3[1], 3, strides=2, name=f"{name}_double3x3_2")
    pooled = layers.MaxPooling2D(3, strides=2, padding="same", name=f"{name}_pool")(x)
    return layers.Concatenate(name=name)([conv3x3, double, pooled])
