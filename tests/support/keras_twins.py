"""Keras versions of the networks that are written without TensorFlow, with the same weights."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers

from inference.litert.efficientnet_lite import EPSILON, STAGES
from tests.support.efficientnet_weights import CHANNELS, Weights
from tests.support.inception_weights import Layers


def keras_efficientnet_lite(weights: Weights, number: int, side: int) -> keras.Model:
    """EfficientNet-Lite with its batch normalisations as layers of their own."""
    settings: list[tuple[Any, list[Any]]] = []

    def normalised(x: Any, layer: Any, kernel: Any, norm: str, *, relu6: bool = True) -> Any:
        settings.append((layer, [kernel]))
        batch_norm = layers.BatchNormalization(epsilon=EPSILON)
        names = ("weight", "bias", "running_mean", "running_var")
        settings.append((batch_norm, [weights[f"{norm}.{name}"] for name in names]))
        x = batch_norm(layer(x))
        return layers.ReLU(6.0)(x) if relu6 else x

    def convolution(x: Any, name: str, norm: str, *, strides: int = 1, relu6: bool = True) -> Any:
        kernel = weights[f"{name}.weight"].transpose(2, 3, 1, 0)
        layer = layers.Conv2D(kernel.shape[3], kernel.shape[0], strides, padding="same", use_bias=False)
        return normalised(x, layer, kernel, norm, relu6=relu6)

    image = keras.Input((side, side, 3))
    x = convolution(image, "_conv_stem", "_bn0", strides=2)
    blocks = CHANNELS[number]
    first_of_stage = iter([stage.strides for stage in STAGES])
    # StageObserver differ in their channels, but for the two of 5x5 and 3x3 that do not.
    for block, channels in enumerate(blocks):
        name, start = f"_blocks.{block}", x
        strides = next(first_of_stage) if block == 0 or channels != blocks[block - 1] else 1
        if block:
            x = convolution(x, f"{name}._expand_conv", f"{name}._bn0")
        kernel = weights[f"{name}._depthwise_conv.weight"].transpose(2, 3, 0, 1)
        layer = layers.DepthwiseConv2D(kernel.shape[0], strides, padding="same", use_bias=False)
        x = normalised(x, layer, kernel, f"{name}._bn1")
        x = convolution(x, f"{name}._project_conv", f"{name}._bn2", relu6=False)
        if x.shape == start.shape:
            x = x + start
    features = convolution(x, "_conv_head", "_bn1")
    embedding = layers.GlobalAveragePooling2D()(features)
    dense = layers.Dense(len(weights["_fc.bias"]), activation="softmax")
    settings.append((dense, [weights["_fc.weight"].T, weights["_fc.bias"]]))
    outputs = {"probabilities": dense(embedding), "embedding": embedding, "features": features}
    model = keras.Model(image, outputs)
    for layer, values in settings:
        layer.set_weights(values)
    return model


def keras_inception_v3(weights: Layers) -> keras.Model:
    """Keras's own Inception-v3."""
    classes = weights["predictions"]["bias"].size
    model = keras.applications.InceptionV3(weights=None, classes=classes)
    for kind in ("conv2d", "batch_normalization"):
        found = sorted((_number(layer.name), layer) for layer in model.layers if layer.name.startswith(kind))
        named = sorted((_number(name), values) for name, values in weights.items() if name.startswith(kind))
        for (_, layer), (_, values) in zip(found, named, strict=True):
            layer.set_weights([*values.values()])
    model.get_layer("predictions").set_weights([*weights["predictions"].values()])
    outputs = {
        "probabilities": model.output,
        "embedding": model.get_layer("avg_pool").output,
        "features": model.get_layer("mixed10").output,
    }
    return keras.Model(model.input, outputs)


def run_keras(model: keras.Model, images: np.ndarray) -> dict[str, np.ndarray]:
    outputs: Any = model(images, training=False)
    return {name: np.asarray(values) for name, values in outputs.items()}


def _number(name: str) -> int:
    number = name.rpartition("_")[2]
    return int(number) if number.isdigit() else 0
