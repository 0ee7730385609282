"""Transfer learning: copies the weights of another network, and trains only the chosen blocks.

The name of a block is the beginning of the names of its layers, up to an underscore: "mixed3" selects "mixed3_1x1",
"mixed3_1x1_bn" and so on, but not "mixed30". "logits" selects the last layer.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras

from inference.networks.errors import NetworkError


def copy_weights(source: keras.Model, target: keras.Model, *, exclude: Sequence[str] = ()) -> None:
    """Copy the weights of all layers except the layers of excluded blocks; layers are matched by their names.

    Args:
        source: network to copy from; it may have more layers than the target.
        target: network to copy to, changed in place.
        exclude: blocks of the target that keep their weights, such as "logits" for other classes.

    Raises:
        NetworkError: an excluded block does not exist, or a layer is missing in the source or has another shape there.
    """
    excluded = {layer.name for layer in select_layers(target, exclude)}
    layers = {layer.name: layer for layer in source.layers}
    for layer in target.layers:
        if not layer.weights or layer.name in excluded:
            continue
        wanted = [tuple(weight.shape) for weight in layer.weights]
        given = [tuple(weight.shape) for weight in layers[layer.name].weights] if layer.name in layers else None
        if given != wanted:
            raise NetworkError(
                f"expected the layer {layer.name} with weights of {wanted}, unless it is excluded. "
                f"Received: {'no such layer' if given is None else given}"
            )
        layer.set_weights(layers[layer.name].get_weights())


def train_only(model: keras.Model, blocks: Sequence[str]) -> None:
    """Freeze all layers except those of the given blocks; frozen batch normalisations use their moving averages.

    Raises:
        NetworkError: a block does not exist.
    """
    chosen = {layer.name for layer in select_layers(model, blocks)}
    for layer in model.layers:
        layer.trainable = layer.name in chosen


def select_layers(model: keras.Model, blocks: Sequence[str]) -> tuple[keras.Layer, ...]:
    """Return the layers with weights in the given blocks.

    Raises:
        NetworkError: a block does not exist, or has no layer with weights.
    """
    layers = [layer for layer in model.layers if layer.weights]
    chosen: list[keras.Layer] = []
    for block in blocks:
        found = [layer for layer in layers if layer.name == block or layer.name.startswith(f"{block}_")]
        if not found:
            known = dict.fromkeys(layer.name.split("_")[0] for layer in layers)
            raise NetworkError(
                f"expected blocks of {model.name}: {', '.join(known)} or parts of them. Received: {block!r}"
            )
        chosen += found
    return tuple(chosen)
