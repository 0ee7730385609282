"""Models of Keras 2, as TensorFlow wrote them up to version 2.15."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from inference.compiler import keras_files
from inference.compiler.compile import compile_model
from inference.compiler.model import CompileOptions
from inference.errors import MissingExtra, ModelError
from inference.models.bundle import write_bundle
from inference.models.engine import load_engine

GRAPH = CompileOptions(engine="tensorflow", input_range=(-1, 1))


def colours(count: int) -> np.ndarray:
    """Images of red, green, blue, red, ..."""
    pixels = np.zeros((count, 8, 6, 3), np.uint8)
    for number in range(count):
        pixels[number, :, :, number % 3] = 255
    return pixels


def teachable(keras_2: Any) -> Any:
    """A network of networks, as Teachable Machine makes them: one of embeddings, and one of two dense layers."""
    layers = keras_2.layers
    same = {"kernel_initializer": "identity", "use_bias": False}
    embed = keras_2.Sequential(
        [
            layers.InputLayer((8, 6, 3)),
            layers.DepthwiseConv2D(1, depthwise_initializer="ones"),
            layers.GlobalAveragePooling2D(),
        ]
    )
    classify = keras_2.Sequential(
        [layers.InputLayer((3,)), layers.Dense(3, "relu", **same), layers.Dense(3, "softmax", **same)]
    )
    return keras_2.Sequential([layers.InputLayer((8, 6, 3)), embed, classify])


# Keras 2 warns of HDF5 files.
pytestmark = pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file:UserWarning")


@pytest.fixture
def keras_2() -> Any:
    return pytest.importorskip("tf_keras")


@pytest.mark.parametrize("name", ["network.h5", "network.keras", "hdf5.keras"])
def test_a_model_of_keras_2_is_read(tmp_path: Path, keras_2: Any, name: str) -> None:
    network = teachable(keras_2)
    network.save(tmp_path / name.replace("hdf5.keras", "hdf5.h5"))
    if name == "hdf5.keras":
        (tmp_path / "hdf5.h5").rename(tmp_path / name)
    compiled = compile_model(tmp_path / name, options=GRAPH)
    assert compiled.outputs == ("probabilities", "embedding", "features")
    (tmp_path / "bundle").mkdir()
    bundle = write_bundle(tmp_path / "bundle", compiled.spec("x"), network=compiled.content, labels=("r", "g", "b"))
    probabilities = load_engine(bundle).run(colours(3)).probabilities
    np.testing.assert_allclose(probabilities, network(colours(3) / 127.5 - 1).numpy(), atol=1e-6)


@pytest.mark.parametrize("name", ["network.h5", "network.keras"])
def test_functions_of_tensorflow_between_layers_are_read(tmp_path: Path, keras_2: Any, name: str) -> None:
    image = keras_2.Input((8, 6, 3))
    x = keras_2.layers.Conv2D(3, 1)(keras_2.applications.mobilenet_v2.preprocess_input(image))
    x = keras_2.layers.Dense(1, "sigmoid")(keras_2.layers.GlobalAveragePooling2D()(x))
    keras_2.Model(image, x).save(tmp_path / name)
    compiled = compile_model(tmp_path / name, options=CompileOptions(engine="tensorflow"))
    assert (compiled.input_range, compiled.classes) == ((0, 255), 2)


def test_functions_of_tensorflow_that_write_files_are_refused(tmp_path: Path, keras_2: Any) -> None:
    image = keras_2.Input((8, 6, 3))
    x = keras_2.layers.Dense(2)(keras_2.layers.GlobalAveragePooling2D()(image / 255.0))
    keras_2.Model(image, x).save(path := tmp_path / "network.h5")
    with h5py.File(path, "r+") as file:
        config = str(file.attrs["model_config"])
        file.attrs["model_config"] = config.replace('"math.truediv"', '"io.write_file"')
    with pytest.raises(ModelError, match=r"the Keras object TFOpLambda of io\.write_file is not among"):
        compile_model(path, options=GRAPH)


@pytest.mark.parametrize("name", ["network.h5", "network.keras"])
def test_lambda_layers_of_keras_2_are_refused(tmp_path: Path, keras_2: Any, name: str) -> None:
    image = keras_2.Input((8, 6, 3))
    x = keras_2.layers.Lambda(lambda x: x / 255)(image)
    keras_2.Model(image, keras_2.layers.Dense(2)(keras_2.layers.GlobalAveragePooling2D()(x))).save(tmp_path / name)
    with pytest.raises(ModelError, match=r"Keras object .*Lambda is not among"):
        compile_model(tmp_path / name, options=GRAPH)


def written_by(version: str, path: Path) -> Path:
    """Save a model in an HDF5 file that says another version of Keras wrote it."""
    image = keras.Input((8, 6, 3))
    keras.Model(image, keras.layers.Dense(3)(keras.layers.GlobalAveragePooling2D()(image))).save(path)
    with h5py.File(path, "r+") as file:
        file.attrs["keras_version"] = version
    return path


def test_what_is_missing_to_read_keras_2_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras_files, "find_spec", lambda _: None)
    path = written_by("2.15.0", tmp_path / "network.h5")
    with pytest.raises(
        MissingExtra, match=r"^reading network\.h5, which was written by Keras 2\.15\.0, needs the extra"
    ):
        compile_model(path, options=GRAPH)


def test_a_model_of_keras_2_that_cannot_be_read_is_told_what_to_do(tmp_path: Path, keras_2: Any) -> None:
    path = written_by("2.15.0", tmp_path / "network.h5")
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        config["config"]["layers"][-1]["config"]["units"] = -1
        file.attrs["model_config"] = json.dumps(config)
    with pytest.raises(
        ModelError, match=r"written by Keras 2\.15\.0, and cannot be read here: .*model\.export"
    ) as told:
        compile_model(path, options=GRAPH)
    assert len(str(told.value)) < 700
