from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from inference.networks.blocks import EMBEDDING, FEATURES
from inference.networks.inception_v3 import inception_v3

pytestmark = pytest.mark.slow  # each of the two networks takes seconds to build

# Settings that distinguish layers, apart from their names.
SETTINGS = (
    "filters",
    "units",
    "kernel_size",
    "pool_size",
    "strides",
    "padding",
    "use_bias",
    "scale",
    "epsilon",
    "axis",
)


def topology(model: keras.Model) -> list[tuple[str, dict[str, Any], list[int]]]:
    """Each layer with weights or with a shape of its own: its kind, its settings, and the numbers of those it reads."""
    kept: list[tuple[str, dict[str, Any], list[int]]] = []
    number: dict[int, list[int]] = {}
    for layer in model.layers:
        inputs = [number[id(node.operation)] for node in layer._inbound_nodes[0].parent_nodes]
        read = [index for indices in inputs for index in indices]
        if isinstance(layer, layers.Identity | layers.Dropout):
            number[id(layer)] = read
            continue
        kind = next(base for base in type(layer).__mro__ if base.__module__.startswith("keras.")).__name__
        kind = {"Activation": "ReLU"}.get(kind, kind)
        config = layer.get_config()
        settings = {name: config[name] for name in SETTINGS if name in config}
        if "axis" in settings:
            settings["axis"] %= 4  # -1 means the last of four axes
        number[id(layer)] = [len(kept)]
        kept.append((kind, settings, read))
    return kept


@pytest.fixture(scope="module")
def ours() -> keras.Model:
    return inception_v3(1000)


@pytest.fixture(scope="module")
def reference() -> keras.Model:
    return keras.applications.InceptionV3(weights=None, input_shape=(139, 139, 3), classifier_activation=None)


def test_each_layer_is_that_of_keras_and_reads_the_same(ours: keras.Model, reference: keras.Model) -> None:
    mine, theirs = topology(ours), topology(reference)
    assert len(mine) == len(theirs)
    for layer, expected in zip(mine, theirs, strict=True):
        assert layer == expected
    assert ours.count_params() == reference.count_params() == 23_851_784


def test_the_same_weights_give_the_same_answers(ours: keras.Model, reference: keras.Model) -> None:
    rng = np.random.default_rng(0)
    # Weights that keep activations in range over 48 layers, and random moving averages.
    weights = [
        rng.normal(0, np.sqrt(2 / np.prod(weight.shape[:-1])), weight.shape)
        if weight.path.endswith("kernel")
        else rng.uniform(0.5, 1.5, weight.shape)
        for weight in reference.weights
    ]
    ours.set_weights(weights)
    reference.set_weights(weights)
    image = rng.uniform(-1, 1, (1, 139, 139, 3)).astype(np.float32)
    expected = reference(image, training=False).numpy()
    np.testing.assert_allclose(ours(image, training=False), expected, atol=1e-4 * np.abs(expected).max())
    assert np.std(expected) > 0


def test_the_documented_shapes(ours: keras.Model) -> None:
    assert ours.get_layer(FEATURES).output.shape[-1] == 2048
    assert ours.get_layer(EMBEDDING).output.shape == (None, 2048)
    until_features = keras.Model(ours.input, ours.get_layer(FEATURES).output)
    assert until_features.compute_output_shape((1, 299, 299, 3)) == (1, 8, 8, 2048)
    assert until_features.compute_output_shape((1, 75, 75, 3)) == (1, 1, 1, 2048)
    with pytest.raises(ValueError, match="size"):
        until_features.compute_output_shape((1, 74, 74, 3))
