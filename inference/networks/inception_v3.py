"""Inception-v3 as in `keras.applications`, so that the public weights fit.

Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", arXiv:1512.00567. The figures and tables
mentioned below are those of this paper. As in Keras, there is no auxiliary classifier.
"""

from __future__ import annotations

from functools import partial

import keras
from keras import layers

from inference.networks.blocks import classifier, conv_bn_relu

# The public weights have no learnt factor in their batch normalisations.
conv = partial(conv_bn_relu, scale=False, momentum=0.99)


def inception_v3(classes: int) -> keras.Model:
    """Build Inception-v3: 23.85 million parameters for 1,000 classes, 5.7 G multiply-adds at 299x299.

    Args:
        classes: number of classes, at least 2.

    Returns:
        A model from images, float32 (batch, height, width, 3), RGB in [-1, 1], at least 75x75 pixels, to logits,
        float32 (batch, classes). Its layers named "features" and "embedding" hold the last feature map, (batch, 8, 8,
        2048) for 299x299 pixels, and its global average (batch, 2048). Its weights are in the order of Keras's
        InceptionV3.

    Raises:
        ValueError: fewer than two classes.
    """
    image = keras.Input((None, None, 3), name="image")
    x = stem(image)
    for number, pooled in enumerate((32, 64, 64)):
        x = grid35_block(x, pooled, name=f"mixed{number}")
    x = reduction_to_17(x, name="mixed3")
    for number, width in enumerate((128, 160, 160, 192), start=4):
        x = grid17_block(x, width, name=f"mixed{number}")
    x = reduction_to_8(x, name="mixed8")
    for number in (9, 10):
        x = grid8_block(x, name=f"mixed{number}")
    return classifier(image, x, classes, name="inception_v3")


def stem(image: keras.KerasTensor) -> keras.KerasTensor:
    """Reduce an image of 299x299 pixels to a feature map of 35x35 pixels and 192 channels (table 1)."""
    x = conv(image, 32, 3, strides=2, padding="valid", name="stem_conv1")
    x = conv(x, 32, 3, padding="valid", name="stem_conv2")
    x = conv(x, 64, 3, name="stem_conv3")
    x = layers.MaxPooling2D(3, strides=2, name="stem_pool1")(x)
    x = conv(x, 80, 1, padding="valid", name="stem_conv4")
    x = conv(x, 192, 3, padding="valid", name="stem_conv5")
    return layers.MaxPooling2D(3, strides=2, name="stem_pool2")(x)


def grid35_block(x: keras.KerasTensor, pooled: int, *, name: str) -> keras.KerasTensor:
    """Concatenate a 1x1, a 5x5, a double 3x3 and a pooled branch (figure 5, but with an unsplit 5x5 convolution).

    Args:
        x: feature map (batch, height, width, channels).
        pooled: number of output channels of the pooled branch.
        name: name of the block, and prefix of the names of its layers.
    """
    conv1x1 = conv(x, 64, 1, name=f"{name}_1x1")
    conv5x5 = conv(x, 48, 1, name=f"{name}_5x5_reduce")
    conv5x5 = conv(conv5x5, 64, 5, name=f"{name}_5x5")
    double = conv(x, 64, 1, name=f"{name}_double3x3_reduce")
    double = conv(double, 96, 3, name=f"{name}_double3x3_1")
    double = conv(double, 96, 3, name=f"{name}_double3x3_2")
    pool = layers.AveragePooling2D(3, strides=1, padding="same", name=f"{name}_pool")(x)
    pool = conv(pool, pooled, 1, name=f"{name}_pool_project")
    return layers.Concatenate(name=name)([conv1x1, conv5x5, double, pool])


def reduction_to_17(x: keras.KerasTensor, *, name: str) -> keras.KerasTensor:
    """Halve the grid with a strided 3x3 branch, a strided double 3x3 branch and a max-pooling (figure 10)."""
    conv3x3 = conv(x, 384, 3, strides=2, padding="valid", name=f"{name}_3x3")
    double = conv(x, 64, 1, name=f"{name}_double3x3_reduce")
    double = conv(double, 96, 3, name=f"{name}_double3x3_1")
    double = conv(double, 96, 3, strides=2, padding="valid", name=f"{name}_double3x3_2")
    pool = layers.MaxPooling2D(3, strides=2, name=f"{name}_pool")(x)
    return layers.Concatenate(name=name)([conv3x3, double, pool])


def grid17_block(x: keras.KerasTensor, width: int, *, name: str) -> keras.KerasTensor:
    """Concatenate branches with 7x7 convolutions, each split into a 1x7 and a 7x1 convolution (figure 6).

    Args:
        x: feature map (batch, height, width, channels).
        width: number of channels of the bottlenecks.
        name: name of the block, and prefix of the names of its layers.
    """
    conv1x1 = conv(x, 192, 1, name=f"{name}_1x1")
    conv7x7 = conv(x, width, 1, name=f"{name}_7x7_reduce")
    conv7x7 = conv(conv7x7, width, (1, 7), name=f"{name}_7x7_1")
    conv7x7 = conv(conv7x7, 192, (7, 1), name=f"{name}_7x7_2")
    double = conv(x, width, 1, name=f"{name}_double7x7_reduce")
    double = conv(double, width, (7, 1), name=f"{name}_double7x7_1")
    double = conv(double, width, (1, 7), name=f"{name}_double7x7_2")
    double = conv(double, width, (7, 1), name=f"{name}_double7x7_3")
    double = conv(double, 192, (1, 7), name=f"{name}_double7x7_4")
    pool = layers.AveragePooling2D(3, strides=1, padding="same", name=f"{name}_pool")(x)
    pool = conv(pool, 192, 1, name=f"{name}_pool_project")
    return layers.Concatenate(name=name)([conv1x1, conv7x7, double, pool])


def reduction_to_8(x: keras.KerasTensor, *, name: str) -> keras.KerasTensor:
    """Halve the grid with a strided 3x3 branch, a 7x7 branch with a strided 3x3, and a max-pooling (figure 10)."""
    conv3x3 = conv(x, 192, 1, name=f"{name}_3x3_reduce")
    conv3x3 = conv(conv3x3, 320, 3, strides=2, padding="valid", name=f"{name}_3x3")
    conv7x7 = conv(x, 192, 1, name=f"{name}_7x7_reduce")
    conv7x7 = conv(conv7x7, 192, (1, 7), name=f"{name}_7x7_1")
    conv7x7 = conv(conv7x7, 192, (7, 1), name=f"{name}_7x7_2")
    conv7x7 = conv(conv7x7, 192, 3, strides=2, padding="valid", name=f"{name}_7x7_3")
    pool = layers.MaxPooling2D(3, strides=2, name=f"{name}_pool")(x)
    return layers.Concatenate(name=name)([conv3x3, conv7x7, pool])


def grid8_block(x: keras.KerasTensor, *, name: str) -> keras.KerasTensor:
    """Concatenate branches that end in a 1x3 and a 3x1 convolution side by side (figure 7)."""
    conv1x1 = conv(x, 320, 1, name=f"{name}_1x1")
    conv3x3 = conv(x, 384, 1, name=f"{name}_3x3_reduce")
    conv3x3 = fan_out(conv3x3, name=f"{name}_3x3")
    double = conv(x, 448, 1, name=f"{name}_double3x3_reduce")
    double = conv(double, 384, 3, name=f"{name}_double3x3_1")
    double = fan_out(double, name=f"{name}_double3x3_2")
    pool = layers.AveragePooling2D(3, strides=1, padding="same", name=f"{name}_pool")(x)
    pool = conv(pool, 192, 1, name=f"{name}_pool_project")
    return layers.Concatenate(name=name)([conv1x1, conv3x3, double, pool])


def fan_out(x: keras.KerasTensor, *, name: str) -> keras.KerasTensor:
    """Apply a 1x3 and a 3x1 convolution side by side, and concatenate them."""
    across = conv(x, 384, (1, 3), name=f"{name}_across")
    down = conv(x, 384, (3, 1), name=f"{name}_down")
    return layers.Concatenate(name=name)([across, down])
