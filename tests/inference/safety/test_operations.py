"""Usual networks: none of their operations is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf
from keras import layers

from inference.compiler.formats import read_network
from inference.safety.graph_check import nodes_of
from inference.safety.operations import ALLOWED

# One network per family of `keras.applications`, and its minimum side in pixels.
APPLICATIONS = {
    "ConvNeXtTiny": 32,
    "DenseNet121": 32,
    "EfficientNetB0": 32,
    "EfficientNetV2B0": 32,
    "InceptionResNetV2": 75,
    "InceptionV3": 75,
    "MobileNet": 32,
    "MobileNetV2": 32,
    "MobileNetV3Small": 32,
    "NASNetMobile": 32,
    "ResNet50": 32,
    "ResNet50V2": 32,
    "VGG16": 32,
    "Xception": 71,
}
FORMATS = ("exported", "saved", ".keras", ".h5")
# A family takes a minute or more in all formats, whose operations are those of these: a graph of TensorFlow, and one
# that is made of an archive.
FORMATS_OF_FAMILIES = ("saved", ".keras")
ACTIVATIONS = (
    *("celu", "elu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_tanh", "leaky_relu"),
    *("linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink"),
    *("softmax", "softplus", "softsign", "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "tanh"),
    "tanh_shrink",
)


def pixels(x: Any) -> Any:
    """Layers before a network, among them those that change images in training."""
    x = layers.Rescaling(1 / 127.5, -1)(x)
    x = layers.Normalization(mean=[0.1, 0.2, 0.3], variance=[1, 2, 3])(x)
    x = layers.Resizing(20, 20, interpolation="bicubic")(layers.Resizing(24, 24)(x))
    x = layers.Resizing(18, 18, interpolation="nearest", crop_to_aspect_ratio=True)(x)
    x = layers.CenterCrop(16, 16)(x)
    for random in (layers.RandomFlip(), layers.RandomRotation(0.1), layers.RandomZoom(0.1), layers.RandomContrast(0.1)):
        x = random(x)
    x = layers.RandomTranslation(0.1, 0.1)(layers.RandomBrightness(0.1)(x))
    return layers.RandomCrop(16, 16)(x)


def convolutions(x: Any) -> Any:
    x = layers.Conv2D(6, 3, padding="same", kernel_regularizer="l2", kernel_constraint="max_norm")(x)
    x = layers.Conv2D(6, 3, groups=3, dilation_rate=2, padding="same")(x)
    x = layers.SeparableConv2D(6, 3, dilation_rate=2, padding="same")(layers.DepthwiseConv2D(3)(x))
    x = layers.Conv2DTranspose(6, 3, strides=2)(layers.ZeroPadding2D()(layers.Cropping2D()(x)))
    x = layers.SpectralNormalization(layers.Conv2D(6, 3))(x)
    x = layers.UpSampling2D(interpolation="bilinear")(layers.UpSampling2D()(x))
    x = layers.MaxPooling2D()(layers.AveragePooling2D((2, 2))(x))
    return layers.TimeDistributed(layers.Dense(6))(layers.Permute((2, 1, 3))(x))


def normalisations(x: Any) -> Any:
    for layer in (layers.BatchNormalization, layers.LayerNormalization, layers.UnitNormalization):
        x = layer()(x)
    x = layers.RMSNormalization()(layers.GroupNormalization(3)(x))
    for dropout in (layers.Dropout, layers.SpatialDropout2D, layers.GaussianDropout, layers.GaussianNoise):
        x = dropout(0.5)(x)
    return layers.ActivityRegularization(l1=0.1)(layers.AlphaDropout(0.5)(x))


def activations(x: Any) -> Any:
    parts = [layers.Activation(name)(x) for name in ACTIVATIONS]
    parts += [layers.PReLU()(x), layers.LeakyReLU()(x), layers.ELU()(x), layers.Softmax()(x)]
    parts += [layers.ReLU(6.0, negative_slope=0.1, threshold=0.2)(x)]
    return layers.Concatenate()(parts)


def merging(x: Any) -> Any:
    pairs = [layer()([x, x]) for layer in (layers.Add, layers.Subtract, layers.Multiply, layers.Maximum)]
    x = layers.Concatenate()([*pairs, layers.Minimum()([x, x]), layers.Average()([x, x])])
    flat = layers.Flatten()(x)
    return layers.Concatenate()([layers.Dot(axes=(1, 1))([flat, flat]), layers.GlobalMaxPooling2D()(x)])


def attention(x: Any) -> Any:
    x = layers.Reshape((-1, 3))(x)
    x = layers.MultiHeadAttention(2, 4)(x, x)
    x = layers.Attention()([x, layers.GroupQueryAttention(4, 2, 1)(x, x)])
    return layers.EinsumDense("abc,cd->abd", output_shape=(None, 4))(x)


def arithmetic(x: Any) -> Any:
    ops = keras.ops
    x = ops.clip((x + 1) * 2 - ops.abs(x) / 3, 0, 6) ** 2
    x = ops.where(x > 0.5, ops.sqrt(x), ops.exp(-x))
    x = ops.maximum(ops.log(x + 1), ops.rsqrt(ops.square(x) + 1))
    x = ops.concatenate([ops.sigmoid(x), ops.tanh(x), ops.erf(x), ops.round(x), ops.sin(x), ops.cos(x)], axis=3)
    x = ops.pad(ops.transpose(ops.reshape(x, (-1, 16 * 16, 18)), (0, 2, 1)), ((0, 0), (1, 1), (1, 1)))
    x = ops.softmax(ops.matmul(x, ops.transpose(x, (0, 2, 1))))
    x = ops.squeeze(ops.split(ops.stack([x, x], -1), 2, -1)[0], -1)[:, 1:-1, ::2]
    return ops.sum(x, 2) - ops.mean(ops.expand_dims(ops.max(x, 2), 2), 2)


@pytest.mark.slow
@pytest.mark.parametrize("part", [pixels, convolutions, normalisations, activations, merging, attention, arithmetic])
def test_keras_layers_for_images_are_taken(tmp_path: Path, part: Callable[[Any], Any]) -> None:
    image = keras.Input((16, 16, 3))
    # Keras and TensorFlow cannot read their own files of these in the other formats.
    only: dict[Callable[[Any], Any], Sequence[str]] = {
        pixels: (".keras",),
        attention: FORMATS[:3],
        arithmetic: FORMATS[:3],
    }
    how = only.get(part, FORMATS)
    assert_taken(keras.Model(image, part(image)), tmp_path, how)


@pytest.mark.slow
@pytest.mark.parametrize("name", APPLICATIONS)
def test_the_families_of_keras_applications_are_taken(tmp_path: Path, name: str) -> None:
    side = APPLICATIONS[name]
    model = getattr(keras.applications, name)(weights=None, input_shape=(side, side, 3), classes=3)
    assert_taken(model, tmp_path, FORMATS_OF_FAMILIES)


def assert_taken(model: keras.Model, folder: Path, formats: Sequence[str]) -> None:
    for form in formats:
        path = folder / f"network{form}"
        match form:
            case "exported":
                model.export(path, verbose=False)
            case "saved":
                tf.saved_model.save(model, str(path))
            case _:
                model.save(path)
        assert {node.op for node in nodes_of(read_network(path, None).graph)} <= ALLOWED
