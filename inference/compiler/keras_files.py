"""Reading of Keras models from their files."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import h5py
import keras
import tensorflow as tf

from inference.compiler.saved_model import encode_graph
from inference.errors import MissingExtra, ModelError
from inference.litert.signature import OUTPUTS
from inference.safety.keras_check import checked_copy
from inference.safety.refusal import reason_of
from inference.system.extras import install_command

METADATA = "metadata.json"
# Versions of Keras, such as "2.2.4-tf" and "2.15.0"; Keras 3 cannot read models of the older ones.
VERSION = re.compile(r"\d+\.[\w.+-]{1,40}")
KERAS_2 = ("1.", "2.")
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
            version = _version(copy)
            if version is not None and version.startswith(KERAS_2):
                return _read_keras_2(copy, version, path, trusted)
            if copy.suffix == ".keras" or _has_model(copy):
                return keras.models.load_model(copy, compile=False, safe_mode=not trusted)
            network = keras.applications.InceptionV3(weights=None, classes=_inception_classes(copy, path))
            network.load_weights(copy)
    except DAMAGE as error:
        raise ModelError(f"{path}: the Keras model cannot be read: {reason_of(error)}") from error
    return network


def _read_keras_2(copy: Path, version: str, source: Path, trusted: bool) -> Any:
    """Read a model of Keras 2, which TensorFlow had up to version 2.15, by the package `tf_keras`.

    Args:
        copy: checked copy of the file.
        version: version of Keras in the file.
        source: file that the user gave, for error messages.
        trusted: see `read_keras`.

    Raises:
        ModelError: the file cannot be read.
        MissingExtra: the package is not installed.
    """
    if find_spec("tf_keras") is None:
        subject = f"reading {source.name}, which was written by Keras {version},"
        raise MissingExtra(subject, "tensorflow", install_command("tensorflow"))
    import tf_keras

    try:
        return tf_keras.models.load_model(copy, compile=False, safe_mode=not trusted)
    except DAMAGE as error:
        raise ModelError(
            f"{source}: the model was written by Keras {version}, and cannot be read here: {reason_of(error)}. Load it "
            "in the program that wrote it, save it there by model.export(FOLDER), and install the folder"
        ) from error


def _version(path: Path) -> str | None:
    """Return the version of Keras that wrote a whole model; None for weights, and if the file has no version."""
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            version = (
                json.loads(archive.read(METADATA)).get("keras_version") if METADATA in archive.namelist() else None
            )
    else:
        with h5py.File(path) as file:
            version = file.attrs.get("keras_version") if "model_config" in file.attrs else None
    version = version.decode() if isinstance(version, bytes) else version
    return version if isinstance(version, str) and VERSION.fullmatch(version) else None


def freeze_keras(model: keras.Model, input_size: tuple[int, int] | None) -> bytes:
    """Freeze a model; return the content of a GraphDef.

    The graph leads from the node `image` to the node `probabilities`, or to one node per named output.

    Args:
        model: model from float32 (batch, height, width, 3) to scores, or to a dictionary of outputs by name.
        input_size: (height, width) in pixels, if the model leaves them free; else None.

    Raises:
        ModelError: the model has inputs other than one image, or does not take images of this size.
    """
    shapes = [tuple(tensor.shape) for tensor in model.inputs or ()]
    shape = shapes[0] if len(shapes) == 1 else ()
    if len(shape) != 4 or shape[3] != 3:
        received = ", ".join(map(str, shapes)) or "none"
        raise ModelError(f"expected a model of one input (batch, height, width, 3). Received: {received}")
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
