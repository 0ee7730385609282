"""Blocks of Inception networks: a convolution with its batch normalisation, and the classifier at the end."""

from __future__ import annotations

import keras
import tensorflow as tf
from keras import layers

FEATURES = "features"
EMBEDDING = "embedding"
LOGITS = "logits"


@keras.saving.register_keras_serializable(package="labelbot")
class FusedBatchNormalization(layers.BatchNormalization):
    """Keras's batch normalisation over channels, with TensorFlow's fused kernel in training.

    Keras 3 computes the statistics with separate operations. The fused kernel makes a training step of
    `inception_mini` in bfloat16 1.6 times as fast on two cores with AMX (238 instead of 147 images/s at 64x64, batch
    128).
    """

    def call(self, inputs: tf.Tensor, training: bool | None = None, mask: tf.Tensor | None = None) -> tf.Tensor:
        if not (training and self.trainable):
            return super().call(inputs, training=training, mask=mask)
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=self.gamma if self.scale else tf.ones_like(self.beta),
            offset=self.beta,
            mean=tf.zeros([0]),
            variance=tf.zeros([0]),
            epsilon=self.epsilon,
            is_training=True,
        )
        self.moving_mean.assign(self.moving_mean * self.momentum + mean * (1.0 - self.momentum))
        self.moving_variance.assign(self.moving_variance * self.momentum + variance * (1.0 - self.momentum))
        return outputs


def conv_bn_relu(
    x: keras.KerasTensor,
    channels: int,
    size: int | tuple[int, int],
    *,
    strides: int = 1,
    padding: str = "same",
    scale: bool = True,
    momentum: float = 0.9,
    name: str,
) -> keras.KerasTensor:
    """Apply a convolution without bias, batch normalisation and ReLU.

    Args:
        x: feature map (batch, height, width, channels).
        channels: number of output channels.
        size: size of the kernel, in pixels; a pair is (height, width).
        strides: stride in both directions, in pixels.
        padding: "same" or "valid".
        scale: True to multiply the normalised values by a learnt factor per channel.
        momentum: share of the moving averages that a training step keeps.
        name: name of the convolution, and prefix of the names of the other layers.
    """
    x = layers.Conv2D(
        channels,
        size,
        strides=strides,
        padding=padding,
        use_bias=False,
        kernel_initializer="he_normal",
        name=name,
    )(x)
    x = FusedBatchNormalization(momentum=momentum, epsilon=1e-3, scale=scale, name=f"{name}_bn")(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def classifier(image: keras.KerasTensor, x: keras.KerasTensor, classes: int, *, name: str) -> keras.Model:
    """End a network with global average pooling, dropout and a dense layer for the logits.

    Args:
        image: input of the network.
        x: last feature map (batch, height, width, channels).
        classes: number of classes, at least 2.
        name: name of the model.

    Returns:
        A model from images to float32 logits (batch, classes). Its layers named "features" and "embedding" hold the
        feature map and its global average (batch, channels).

    Raises:
        ValueError: fewer than two classes.
    """
    if classes < 2:
        raise ValueError(f"expected at least 2 classes. Received: classes={classes}")
    x = layers.Identity(name=FEATURES)(x)
    x = layers.GlobalAveragePooling2D(name=EMBEDDING)(x)
    x = layers.Dropout(0.2, name="dropout")(x)
    x = layers.Dense(classes, dtype="float32", name=LOGITS)(x)
    return keras.Model(image, x, name=name)


def with_outputs(model: keras.Model) -> keras.Model:
    """Return a model with the outputs of a bundle, float32 each.

    They are `probabilities` (batch, classes), `embedding` (batch, channels) and `features` (batch, height, width,
    channels).
    """
    probabilities = layers.Softmax(name="probabilities", dtype="float32")(model.output)
    return keras.Model(
        model.input,
        {
            "probabilities": probabilities,
            EMBEDDING: model.get_layer(EMBEDDING).output,
            FEATURES: model.get_layer(FEATURES).output,
        },
        name=model.name,
    )
