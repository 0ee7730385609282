"""Augmentation of training images, as a function of a seed."""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Strength of the augmentation; horizontal flips and changes of sharpness are always on.

    Attributes:
        crop: side of the random squares cut from an image, as a share of the image's side, in (0, 1].
        scaled: share of images, in [0, 1], from which a square of a random size is cut, and resized to the usual size.
        smallest: minimum side of a square of a random size, as a share of the image's side; the maximum is 1.
        brightness: maximum shift, up or down, of an image's pixel values, which are in [-1, 1].
        contrast: maximum relative change of an image's pixel values, which are multiplied by a factor from 1 - contrast
            to 1 + contrast.
    """

    crop: float = 0.875
    scaled: float = 0.5
    smallest: float = 0.65
    brightness: float = 0.15
    contrast: float = 0.25


def to_unit_range(images: tf.Tensor) -> tf.Tensor:
    """Convert uint8 images in [0, 255] to float32 in [-1, 1]."""
    return tf.cast(images, tf.float32) / 127.5 - 1.0


def resize(images: tf.Tensor, image_size: int) -> tf.Tensor:
    """Resize images (batch, height, width, 3) to squares of side `image_size`, bilinearly with antialiasing."""
    if images.shape[1] == image_size and images.shape[2] == image_size:
        return images
    return tf.image.resize(images, [image_size, image_size], antialias=True)


def augment(images: tf.Tensor, image_size: int, seed: tf.Tensor, augmentation: Augmentation) -> tf.Tensor:
    """Resize a batch, cut out random squares, flip about half, and vary their sharpness, brightness and contrast.

    Squares of the usual size are cut at whole pixels. If training always interpolated, the network would expect a blur
    that real photos do not have. The sharpness varies, since the images of a data set can be sharper than photos, which
    are reduced with antialiasing. For example, the images of Tiny ImageNet are aliased, and their gradients are twice
    as large.

    Args:
        images: float32 (batch, height, width, 3) in [-1, 1].
        image_size: side of the images after resizing and before cutting, in pixels.
        seed: random seed, int32 (2,).
        augmentation: strength of the augmentation.

    Returns:
        float32 (batch, side, side, 3), with side = crop * image_size.
    """
    side = round(augmentation.crop * image_size)
    count = tf.shape(images)[0]
    draws = tf.unstack(tf.random.stateless_uniform([8, count], seed))
    extent = tf.where(
        draws[0] < augmentation.scaled,
        tf.round(image_size * (augmentation.smallest + draws[1] * (1.0 - augmentation.smallest))),
        float(side),
    )
    # At whole pixels, a square of the usual size needs no interpolation.
    top, left = (tf.floor(draw * (image_size - extent + 1.0)) for draw in draws[2:4])
    bottom, right = top + extent - 1.0, left + extent - 1.0
    flipped = draws[4] < 0.5
    boxes = tf.stack([top, tf.where(flipped, right, left), bottom, tf.where(flipped, left, right)], axis=1)
    squares = tf.image.crop_and_resize(
        resize(images, image_size), boxes / (image_size - 1), tf.range(count), [side, side]
    )
    sharpness, light, contrast = (draw[:, None, None, None] for draw in draws[5:])
    squares = sharpness * squares + (1.0 - sharpness) * blur(squares)
    factor = 1.0 + augmentation.contrast * (2.0 * contrast - 1.0)
    return squares * factor + augmentation.brightness * (2.0 * light - 1.0)


def blur(images: tf.Tensor) -> tf.Tensor:
    """Blur images (batch, height, width, 3) along height and width with the binomial filter (1 2 1) / 4."""
    line = tf.constant([1.0, 2.0, 1.0]) / 4.0
    kernel = tf.tile((line[:, None] * line[None, :])[:, :, None, None], [1, 1, 3, 1])
    padded = tf.pad(images, [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC")
    return tf.nn.depthwise_conv2d(padded, kernel, [1, 1, 1, 1], "VALID")
