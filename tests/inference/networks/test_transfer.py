from __future__ import annotations

import keras
import numpy as np
import pytest

from inference.networks.errors import NetworkError
from inference.networks.transfer import copy_weights, select_layers, train_only


def network(classes: int = 3) -> keras.Model:
    """Blocks "mixed1" of two layers, "mixed10" of one whose name begins alike, and "logits"; all weights random."""
    image = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(4, 1, name="mixed1_1x1")(image)
    x = keras.layers.BatchNormalization(gamma_initializer="random_normal", name="mixed1_1x1_bn")(x)
    x = keras.layers.Conv2D(4, 1, name="mixed10_1x1")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, keras.layers.Dense(classes, name="logits")(x), name="net")


def same(one: keras.Model, other: keras.Model) -> list[str]:
    """Names of the layers whose weights are equal in both."""
    return [
        layer.name
        for layer in one.layers
        if layer.weights and all(map(np.array_equal, layer.get_weights(), other.get_layer(layer.name).get_weights()))
    ]


def test_weights_are_copied_but_for_those_of_excluded_blocks() -> None:
    source, target = network(classes=5), network(classes=3)
    assert same(target, network(classes=3)) == []
    copy_weights(source, target, exclude=["logits", "mixed10"])
    assert same(target, source) == ["mixed1_1x1", "mixed1_1x1_bn"]


def test_another_shape_or_an_absent_layer_is_refused_by_its_name() -> None:
    with pytest.raises(
        NetworkError, match=r"layer logits with weights of \[\(4, 3\).*, unless it is excluded\. Received: \[\(4, 5\)"
    ):
        copy_weights(network(classes=5), network(classes=3))
    other = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(4, 1, name="else")])
    with pytest.raises(NetworkError, match=r"layer mixed1_1x1 with .*Received: no such layer"):
        copy_weights(other, network())


def test_only_the_blocks_asked_for_are_trained() -> None:
    model = network()
    train_only(model, ["mixed1", "logits"])
    assert {variable.path.split("/")[0] for variable in model.trainable_variables} == {
        "mixed1_1x1",
        "mixed1_1x1_bn",
        "logits",
    }


def test_a_block_is_a_whole_part_of_names() -> None:
    assert [layer.name for layer in select_layers(network(), ["mixed1_1x1"])] == ["mixed1_1x1", "mixed1_1x1_bn"]
    assert [layer.name for layer in select_layers(network(), ["mixed10"])] == ["mixed10_1x1"]
    with pytest.raises(NetworkError, match=r"blocks of net: mixed1, mixed10, logits.* Received: 'mixed'"):
        select_layers(network(), ["mixed"])
