"""What training images go through, so that no two epochs see the same ones; all of it a function of a seed."""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How much training images vary; horizontal flips and sharpness always do.

    Attributes:
        crop: side of the random squares that training sees, as a share of the image's side, in (0, 1].
        scaled: share of the images, in [0, 1], whose square is of another size, and resized to that of the others.
        smallest: side of the smallest such square, as a share of the image's side; the largest is the whole.
        brightness: added to all pixels of an image: at most this much of the range [-1, 1], or its negative.
        contrast: all pixels of an image are multiplied by 1 and at most this much more or less.
    """

    crop: float = 0.875
    scaled: float = 0.5
    smallest: float = 0.65
    brightness: float = 0.15
    contrast: float = 0.25


def to_unit_range(images: tf.Tensor) -> tf.Tensor:
    """uint8 [0, 255] -> float32 [-1, 1]."""
    return tf.cast(images, tf.float32) / 127.5 - 1.0


def resize(images: tf.Tensor, image_size: int) -> tf.Tensor:
    """Antialiased bilinear resize of (batch, height, width, 3) to a square."""
    if images.shape[1] == image_size and images.shape[2] == image_size:
        return images
    return tf.image.resize(images, [image_size, image_size], antialias=True)


def augment(images: tf.Tensor, image_size: int, seed: tf.Tensor, augmentation: Augmentation) -> tf.Tensor:
    """Resize a float32 batch, and give each image its own square out of it, its own sharpness and light, and a flip.

    Most squares' pixels are those of the resized images: what always interpolates in training but not afterwards
    teaches the network a blur that it then misses. Sharpness varies because data sets differ in it from photos that
    were reduced with antialiasing: Tiny ImageNet's images are aliased, with twice their gradients.

    Args:
        images: float32 (batch, height, width, 3) in [-1, 1].
        image_size: side in pixels that the images are resized to before the squares are cut.
        seed: int32 (2,); the same seed gives the same result.
        augmentation: how much.

    Returns:
        float32 (batch, side, side, 3) with side = crop * image_size.
    """
    side = round(augmentation.crop * image_size)
    count = tf.shape(images)[0]
    draws = tf.unstack(tf.random.stateless_uniform([8, count], seed))
    extent = tf.where(
        draws[0] < augmentation.scaled,
        tf.round(image_size * (augmentation.smallest + draws[1] * (1.0 - augmentation.smallest))),
        float(side),
    )
    # Whole pixels, so that squares of the usual size need no interpolation.
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
