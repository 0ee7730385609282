"""Reading of Inception-v3's weights from the files (.h5) published by Keras, without Keras.

Such a file has a group with the weights of each layer. The layers are numbered in the order of their creation, and the
first number is arbitrary: `conv2d_189` may be the first convolution.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np

from inference.litert.batch_norm import BatchNorm
from inference.litert.graph import Floats, Graph
from inference.litert.inception_v3 import CHANNELS, CONVOLUTIONS, EPSILON, Normalized, inception_v3

NUMBERED = re.compile(r"(conv2d|batch_normalization)(?:_(\d+))?")
# Last parts of the names of weights. Keras 2 appends ":0".
KERNEL, BIAS = "kernel", "bias"
MEAN, VARIANCE, OFFSET = "moving_mean", "moving_variance", "beta"
# Maximum number of values in a dataset: the size of a last layer for 30,000 classes. Without a limit, a hostile file
# could announce more values than fit into memory.
MAX_NUMBERS = 2**26
# Exceptions of h5py for damaged files, and of NumPy for shapes that do not fit.
DAMAGE = (OSError, ValueError, TypeError, LookupError, AttributeError, RuntimeError)

Weights = dict[str, h5py.Dataset]


def read_inception_v3(path: Path) -> Graph | None:
    """Build Inception-v3 from a file of its weights, one convolution at a time.

    Args:
        path: HDF5 file.

    Returns:
        The network; None if the file is damaged, has other weights, or contains a whole model.
    """
    try:
        return _read_file(path)
    except DAMAGE:
        return None


def _read_file(path: Path) -> Graph | None:
    with h5py.File(path) as file:
        layers = _layers(file)
        convolutions = _numbered(layers, "conv2d", (KERNEL,))
        norms = _numbered(layers, "batch_normalization", (OFFSET, MEAN, VARIANCE))
        dense = [group for group in layers.values() if group.keys() == {KERNEL, BIAS} and group[KERNEL].ndim == 2]
        if not (len(convolutions) == len(norms) == CONVOLUTIONS and len(dense) == 1):
            return None
        if len(dense[0][KERNEL]) != CHANNELS:
            return None
        return inception_v3(_read(convolutions, norms), _floats(dense[0][KERNEL]), _floats(dense[0][BIAS]))


def _layers(file: h5py.File) -> dict[str, Weights]:
    """Return the weights of each layer, by the last part of a weight's name; {} if the file has more than weights."""
    names = file.attrs.get("layer_names")
    if names is None or "model_config" in file.attrs:
        return {}
    layers: dict[str, Weights] = {}
    for name in (_text(name) for name in names):
        group = file.get(name)
        if not isinstance(group, h5py.Group):
            return {}
        weights = [_text(weight) for weight in group.attrs.get("weight_names", ())]
        found = {weight.rpartition("/")[2].removesuffix(":0"): group.get(weight) for weight in weights}
        if weights and all(isinstance(dataset, h5py.Dataset) for dataset in found.values()):
            layers[name] = found
    return layers


def _numbered(layers: dict[str, Weights], kind: str, weights: tuple[str, ...]) -> list[Weights]:
    """Return the layers of a kind that have exactly these weights, in the order of their numbers."""
    found = {}
    for name, group in layers.items():
        match = NUMBERED.fullmatch(name)
        if match is not None and match[1] == kind and group.keys() == set(weights):
            found[int(match[2] or 0)] = group
    return [group for _, group in sorted(found.items())]


def _read(convolutions: list[Weights], norms: list[Weights]) -> Iterator[Normalized]:
    for convolution, norm in zip(convolutions, norms, strict=True):
        mean, variance, offset = (_floats(norm[name]) for name in (MEAN, VARIANCE, OFFSET))
        yield Normalized(_floats(convolution[KERNEL]), BatchNorm(mean, variance, offset, None, EPSILON))


def _floats(dataset: h5py.Dataset) -> Floats:
    """Return the numbers of a dataset as float32.

    Raises:
        ValueError: the dataset has more than `MAX_NUMBERS` numbers, or contains NaN or infinity.
    """
    if dataset.size > MAX_NUMBERS:
        raise ValueError(f"expected at most {MAX_NUMBERS:,} numbers. Received: {dataset.size:,}")
    values = np.asarray(dataset[()], np.float32)
    if not np.isfinite(values).all():
        raise ValueError("expected weights. Received: values that are no numbers")
    return values


def _text(name: bytes | str) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)
