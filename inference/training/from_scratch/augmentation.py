"""Augmentation of training images, as a function of a seed."""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Strength of the augmentation; horizontal flips and changes of sharpness are always on.

    Attributes:
        crop: side of the random squares cut from an image, as a share of the image's side, in (0, 1].
        scaled: share of images, in [0, 1], with a square of a random size, which is resized to the usual one.
        smallest: minimum side of such a square, as a share of the image's side; the maximum is 1.
        brightness: maximum shift, up or down, of an image's pixel values, which are in [-1, 1].
        contrast: maximum relative change of an image's pixel values; the factor is 1 - contrast to 1 + contrast.
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
    """Resize images (batch, height, width, 3) to a square of this side, bilinearly with antialiasing."""
    if images.shape[1] == image_size and images.shape[2] == image_size:
        return images
    return tf.image.resize(images, [image_size, image_size], antialias=True)


def augment(images: tf.Tensor, image_size: int, seed: tf.Tensor, augmentation: Augmentation) -> tf.Tensor:
    """Resize a batch; give each image a random square, flip, sharpness, brightness and contrast.

    Most squares are cut at whole pixels. If training always interpolated, the network would expect a blur that photos
    lack later. Sharpness varies, since data sets differ from photos that are reduced with antialiasing: the images of
    Tiny ImageNet are aliased, with gradients twice as large.

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
    """Apply the binomial filter (1 2 1) / 4 in both directions of (batch, height, width, 3)."""
    line = tf.constant([1.0, 2.0, 1.0]) / 4.0
    kernel = tf.tile((line[:, None] * line[None, :])[:, :, None, None], [1, 1, 3, 1])
    padded = tf.pad(images, [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC")
    return tf.nn.depthwise_conv2d(padded, kernel, [1, 1, 1, 1], "VALID")
