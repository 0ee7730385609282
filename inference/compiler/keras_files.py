"""Reading of Keras models from their files."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import keras
import tensorflow as tf

from inference.compiler.saved_model import encode_graph
from inference.errors import ModelError
from inference.models.bundle import OUTPUTS
from inference.safety.keras_check import checked_copy
from inference.safety.refusal import reason_of

# Number of inputs of the last layer of Inception-v3.
INCEPTION_V3_CHANNELS = 2048
# Exceptions of Keras for files that are damaged, of another version or with unknown layers. TensorFlow raises its
# own errors if a size exceeds the memory.
DAMAGE = (
    *(ValueError, TypeError, KeyError, AttributeError, OSError, RuntimeError),
    *(zipfile.BadZipFile, tf.errors.OpError),
)


def read_keras(path: Path, *, trusted: bool = False) -> keras.Model:
    """Read a model, or Inception-v3 from a file of its weights.

    Args:
        path: archive (.keras) or HDF5 file (.h5) of a model, or HDF5 file of weights (.h5, .weights.h5).
        trusted: True if the model may run code of its own; see `checked_copy`.

    Raises:
        ModelError: the file is none of these, is damaged, or names layers that image networks do not use.
    """
    # This import registers the custom layers of networks from `labelbot train`.
    import inference.networks.blocks  # noqa: F401

    if path.suffix not in (".keras", ".h5", ".hdf5"):
        raise ModelError(f"{path}: expected a Keras model to be named .keras or .h5. Received: {path.suffix!r}")
    try:
        with checked_copy(path, trusted=trusted) as copy:
            if path.suffix == ".keras" or _has_model(copy):
                return keras.models.load_model(copy, compile=False, safe_mode=not trusted)
            network = keras.applications.InceptionV3(weights=None, classes=_inception_classes(copy, path))
            network.load_weights(copy)
    except DAMAGE as error:
        raise ModelError(f"{path}: the Keras model cannot be read: {reason_of(error)}") from error
    return network


def freeze_keras(model: keras.Model, input_size: tuple[int, int] | None) -> bytes:
    """Freeze a model; return the content of a GraphDef.

    The graph leads from the node `image` to the node `probabilities`, or to one node per named output.

    Args:
        model: model from float32 (batch, height, width, 3) to scores, or to a dictionary of outputs by name.
        input_size: (height, width) in pixels, if the model leaves them free; else None.

    Raises:
        ModelError: the model has inputs other than one image, or does not take images of this size.
    """
    shape = tuple(model.inputs[0].shape) if len(model.inputs) == 1 else ()
    if len(shape) != 4 or shape[3] != 3:
        raise ModelError(f"expected a model of one input (batch, height, width, 3). Received: {model.input_shape}")
    height, width = (side or given for side, given in zip(shape[1:3], input_size or (None, None), strict=True))
    if height is None or width is None:
        raise ModelError("expected the size of the input, which the model leaves free (see --input-size)")

    def network(image: tf.Tensor) -> dict[str, tf.Tensor]:
        outputs: Any = model(image, training=False)
        return dict(outputs) if isinstance(outputs, Mapping) else {OUTPUTS[0]: outputs}

    try:
        return encode_graph(network, height=height, width=width)
    except ValueError as error:
        raise ModelError(
            f"expected a model that takes {height}x{width} pixels. Received: {reason_of(error)}"
        ) from error


def _has_model(path: Path) -> bool:
    with h5py.File(path) as file:
        return "model_config" in file.attrs


def _inception_classes(path: Path, source: Path) -> int:
    """Return the number of classes of Inception-v3, from its weights.

    Args:
        path: file of the weights, perhaps a checked copy.
        source: file that the user gave, for error messages.

    Raises:
        ModelError: the weights are from another network, or lack the last layer.
    """
    classes: list[int] = []

    def collect(_: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.ndim == 2 and item.shape[0] == INCEPTION_V3_CHANNELS:
            classes.append(int(item.shape[1]))

    with h5py.File(path) as file:
        file.visititems(collect)
    if len(classes) != 1:
        raise ModelError(
            f"{source}: expected a model, or the weights of Inception-v3 with its last layer. Received: other weights"
        )
    return classes[0]
