"""Files of random Inception-v3 weights in Keras's format, written without Keras."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np

from inference.litert.graph import Floats
from inference.litert.inception_v3 import CONVOLUTIONS

Layers = dict[str, dict[str, Floats]]
CLASSES = 10


def random_layers(*, first: int = 1) -> Layers:
    """Weights of all layers by their names, with random statistics of all batch normalisations.

    Args:
        first: the number of the first convolution, which in published files depends on what Keras made before.
    """
    rng = np.random.default_rng(0)
    layers: Layers = {}
    shapes = inception_shapes()
    assert len(shapes) == CONVOLUTIONS
    for number, shape in enumerate(shapes, start=first):
        kernel = rng.normal(0, np.sqrt(2 / np.prod(shape[:3])), shape)
        layers[f"conv2d_{number}"] = {"kernel": kernel.astype(np.float32)}
        layers[f"batch_normalization_{number}"] = {
            "beta": rng.normal(0, 0.3, shape[3]).astype(np.float32),
            "moving_mean": rng.normal(0, 0.2, shape[3]).astype(np.float32),
            "moving_variance": rng.uniform(0.3, 2, shape[3]).astype(np.float32),
        }
    layers["predictions"] = {
        "kernel": rng.normal(0, 0.05, (2048, CLASSES)).astype(np.float32),
        "bias": rng.normal(0, 0.05, CLASSES).astype(np.float32),
    }
    return layers


def inception_shapes() -> list[tuple[int, int, int, int]]:
    """Shapes of all convolutions' weights in the order in which Keras makes them."""
    shapes: list[tuple[int, int, int, int]] = []

    def chain(channels: int, *steps: tuple[int, int, int]) -> None:
        """Convolutions one after another, each as output channels, height and width."""
        for outputs, height, width in steps:
            shapes.append((height, width, channels, outputs))
            channels = outputs

    chain(3, (32, 3, 3), (32, 3, 3), (64, 3, 3), (80, 1, 1), (192, 3, 3))
    for channels, pooled in ((192, 32), (256, 64), (288, 64)):
        chain(channels, (64, 1, 1))
        chain(channels, (48, 1, 1), (64, 5, 5))
        chain(channels, (64, 1, 1), (96, 3, 3), (96, 3, 3))
        chain(channels, (pooled, 1, 1))
    chain(288, (384, 3, 3))
    chain(288, (64, 1, 1), (96, 3, 3), (96, 3, 3))
    for width in (128, 160, 160, 192):
        chain(768, (192, 1, 1))
        chain(768, (width, 1, 1), (width, 1, 7), (192, 7, 1))
        chain(768, (width, 1, 1), (width, 7, 1), (width, 1, 7), (width, 7, 1), (192, 1, 7))
        chain(768, (192, 1, 1))
    chain(768, (192, 1, 1), (320, 3, 3))
    chain(768, (192, 1, 1), (192, 1, 7), (192, 7, 1), (192, 3, 3))
    for channels in (1280, 2048):
        chain(channels, (320, 1, 1))
        chain(channels, (384, 1, 1), (384, 1, 3))
        chain(384, (384, 3, 1))
        chain(channels, (448, 1, 1), (384, 3, 3), (384, 1, 3))
        chain(384, (384, 3, 1))
        chain(channels, (192, 1, 1))
    return shapes


def write_weights(path: Path, layers: Mapping[str, Mapping[str, Floats]], *, suffix: str = ":0") -> None:
    """Write weights as `keras.Model.save_weights` did for years.

    Args:
        path: of the file.
        layers: weights of each layer by their names.
        suffix: of the names of weights; Keras 3 leaves it out.
    """
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [name.encode() for name in layers]
        file.attrs["backend"] = b"tensorflow"
        for name, weights in layers.items():
            group = file.create_group(name)
            group.attrs["weight_names"] = [f"{name}/{weight}{suffix}".encode() for weight in weights]
            for weight, values in weights.items():
                group.create_dataset(f"{name}/{weight}{suffix}", data=values)
