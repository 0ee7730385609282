"""Keras files that name code, refer to other files, or unpack to far more than their size."""

from __future__ import annotations

import json
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from inference.compiler.compile import compile_model
from inference.compiler.keras_files import read_keras
from inference.compiler.model import CompileOptions
from inference.errors import ModelError
from inference.networks.archive import load_network
from inference.networks.errors import NetworkError
from inference.safety.keras_check import check_config, checked_copy
from tests.support.hostile import colour_keras, edit_config

OPTIONS = CompileOptions(input_range=(-1, 1), engine="tensorflow")


@contextmanager
def unwarned() -> Iterator[None]:
    """Without Keras's warning that what it saves is code."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*lambda", category=UserWarning)
        yield


def assert_refused(path: Path, reason: str) -> None:
    """Both ways on which such files are read refuse it."""
    with pytest.raises(ModelError, match=reason):
        compile_model(path, options=OPTIONS)
    if path.suffix == ".keras":
        with pytest.raises(NetworkError, match=f"expected a Keras archive in .*{reason}"):
            load_network(path)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("inner", [False, True])
def test_a_lambda_layer_is_refused_and_trusted(tmp_path: Path, suffix: str, inner: bool) -> None:
    path, written = tmp_path / f"network{suffix}", tmp_path / "written"
    image = keras.Input((8, 6, 3))

    place = str(written)
    # A file can contain bytecode and its closure.
    code = lambda x: (open(place, "w").close(), x)[1]  # type: ignore[func-returns-value]  # noqa: E731, PTH123
    layer = keras.layers.Lambda(code, output_shape=(8, 6, 3))
    x = keras.Sequential([keras.Input((8, 6, 3)), layer])(image) if inner else layer(image)
    x = keras.layers.GlobalAveragePooling2D()(x)
    with unwarned():
        keras.Model(image, keras.layers.Dense(3, "softmax")(x)).save(path)
    assert not written.exists(), "to save it is not to run it"
    assert_refused(path, r"Lambda.* among those that image networks use")
    assert not written.exists()
    trusting = CompileOptions(input_range=(-1, 1), engine="tensorflow", trust=True)
    assert compile_model(path, options=trusting).classes == 3
    assert written.exists(), "else the test would show nothing"


def test_an_activation_in_bytecode_is_refused(tmp_path: Path) -> None:
    def with_code(config: Any) -> None:
        layer = config["config"]["layers"][1]["config"]
        layer["activation"] = {"class_name": "__lambda__", "config": {"value": {"code": "", "defaults": None}}}

    colour_keras().save(tmp_path / "network.keras")
    assert_refused(edit_config(tmp_path / "network.keras", with_code), "the Keras object __lambda__ is not among")


@pytest.mark.parametrize("where", ["saved", "../outside"])
def test_a_layer_that_loads_a_saved_model_is_refused(tmp_path: Path, where: str) -> None:
    folder = (tmp_path / where).resolve()
    colour_keras().export(folder, verbose=False)
    image = keras.Input((8, 6, 3))
    path = tmp_path / "network.keras"
    keras.Model(image, keras.layers.TFSMLayer(str(folder))(image)).save(path)
    assert_refused(path, r"keras\.layers\.TFSMLayer is not among")


def test_a_layer_that_reads_a_vocabulary_is_refused(tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("secret\n")

    def with_lookup(config: Any) -> None:
        layer = config["config"]["layers"][1]
        layer["class_name"], layer["config"] = "StringLookup", {"vocabulary": str(words), "name": "lookup"}

    colour_keras().save(tmp_path / "network.keras")
    assert_refused(edit_config(tmp_path / "network.keras", with_lookup), "StringLookup is not among")


@pytest.mark.parametrize(
    "item",
    [
        {"module": "os", "class_name": "system", "config": "touch written"},
        {"module": "os", "class_name": "Dense", "config": {}},
        {"module": "builtins", "class_name": "function", "config": "exec"},
        {"module": "os", "class_name": "function", "config": "relu"},
        {"module": "keras.utils", "class_name": "function", "config": "get_file"},
        {"module": "keras.saving", "class_name": "load_model", "config": {}},
        {"module": "keras.layers", "class_name": "Lambda", "config": {}},
        {"module": "keras_hub.layers", "class_name": "Dense", "config": {}},
        {"module": "keras.layers", "class_name": "TextVectorization", "config": {}},
        {"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {}},
        {"class_name": "__lambda__", "config": {"value": "eyJ4IjogMX0="}},
        {"class_name": "__typespec__", "config": []},
        {"module": None, "class_name": "Residual", "config": {}, "registered_name": "Custom>Residual"},
        {"module": "keras.layers", "class_name": "Dense", "config": {}, "registered_name": "Custom>Dense"},
        {"module": "x", "class_name": "Other", "config": {}, "registered_name": "labelbot>FusedBatchNormalization"},
        {"class_name": "Custom>Residual", "config": {}},
        {"class_name": "TFOpLambda", "config": {"function": "io.write_file"}},
        {"class_name": "TFOpLambda", "config": {"function": ["math.add"]}},
        {"class_name": "TFOpLambda", "config": "math.add"},
        {"class_name": "TFOpLambda", "config": {"function": "math.add"}, "module": "os"},
        {"class_name": "SlicingOpLambda", "config": {"function": "py_function"}},
        {"class_name": "TensorFlowOpLayer", "config": {"node_def": "WriteFile"}},
        {"class_name": ["Dense"], "config": {}},
        {"class_name": None, "config": {}},
    ],
)
def test_what_a_configuration_may_not_name(item: dict[str, Any]) -> None:
    deep = {"class_name": "Functional", "config": {"layers": [{"config": {"kernel_initializer": [{"any": item}]}}]}}
    with pytest.raises(ModelError, match=r"^evil\.keras: the Keras object .* is not among those that image networks"):
        check_config(json.dumps(deep), "evil.keras")


@pytest.mark.parametrize("function", ["math.truediv", "math.subtract", "__operators__.getitem", "nn.bias_add"])
def test_functions_that_only_compute_are_taken(function: str) -> None:
    layer = {"class_name": "TFOpLambda", "config": {"name": "tf.op", "function": function}}
    check_config(json.dumps({"class_name": "Functional", "config": {"layers": [layer]}}), "good.h5")


@pytest.mark.parametrize("content", ["", "{", b"\xff", "[" * 100_000])
def test_a_configuration_that_is_no_json_is_told(content: str | bytes) -> None:
    with pytest.raises(ModelError, match="expected the configuration of a Keras network"):
        check_config(content, "evil.keras")


# --- HDF5 ---


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret.h5"
    with h5py.File(path, "w") as file:
        file["weights"] = np.zeros((3, 3), np.float32)
    return path


def external_link(group: h5py.Group, name: str, secret: Path) -> None:
    group[name] = h5py.ExternalLink(str(secret), "/weights")


def soft_link(group: h5py.Group, name: str, secret: Path) -> None:
    group[name] = h5py.SoftLink("/elsewhere")


def external_storage(group: h5py.Group, name: str, secret: Path) -> None:
    group.create_dataset(name, (3, 3), np.float32, external=[(str(secret), 0, 36)])


def virtual(group: h5py.Group, name: str, secret: Path) -> None:
    layout = h5py.VirtualLayout((3, 3), np.float32)
    layout[...] = h5py.VirtualSource(str(secret), "weights", (3, 3))
    group.create_virtual_dataset(name, layout)


def text(group: h5py.Group, name: str, secret: Path) -> None:
    group.create_dataset(name, (3, 3), h5py.string_dtype())


@pytest.mark.parametrize("suffix", [".keras", ".h5", ".weights.h5"])
@pytest.mark.parametrize("change", [external_link, soft_link, external_storage, virtual, text])
def test_weights_come_from_the_file_itself(
    tmp_path: Path, secret: Path, suffix: str, change: Callable[[h5py.Group, str, Path], None]
) -> None:
    path, weights = tmp_path / f"network{suffix}", tmp_path / "model.weights.h5"
    model = colour_keras()
    model.save_weights(path) if suffix == ".weights.h5" else model.save(path)
    if suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            weights.write_bytes(archive.read(weights.name))
    with h5py.File(weights if suffix == ".keras" else path, "r+") as file:
        found: list[h5py.Dataset] = []
        file.visititems(lambda _, item: found.append(item) if getattr(item, "shape", None) == (3, 3) else None)
        [dense] = found
        group, name = dense.parent, dense.name.rpartition("/")[2]
        del group[name]
        change(group, name, secret)
    if suffix == ".keras":
        with zipfile.ZipFile(path) as archive:
            config = archive.read("config.json")
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("metadata.json", "{}")
            archive.writestr("config.json", config)
            archive.write(weights, weights.name)
    assert_refused(path, "expected weights (in the file itself|that are numbers)")


def test_groups_that_lead_back_to_themselves_end(tmp_path: Path) -> None:
    path = tmp_path / "network.h5"
    colour_keras().save(path)
    with h5py.File(path, "r+") as file:
        file["model_weights/again"] = file["model_weights"]
        file["again"] = file["/"]
    with checked_copy(path) as copy:
        assert copy.read_bytes() == path.read_bytes()


def test_weights_that_are_not_there_fill_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "network.h5"
    colour_keras().save(path)
    with h5py.File(path, "r+") as file:
        file.create_dataset("huge", (10**12,), np.float32)  # a sparse dataset without any data
    assert_refused(
        path, r"expected weights of at most 10\d,\d+,\d+ bytes in a file of [\d,]+. Received: 4,000,000,000,\d+"
    )


# --- archives ---


def test_archives_that_unpack_to_far_more_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "network.keras"
    colour_keras().save(path)
    with zipfile.ZipFile(path) as archive:
        config = archive.read("config.json")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", config)
        with archive.open("model.weights.h5", "w") as member:
            for _ in range(200):
                member.write(b"\0" * 1_000_000)
    assert_refused(path, "expected weights of at most")


@pytest.mark.parametrize("name", ["assets/../../evil", "/etc/passwd", "model.weights.npz", "assets/words.txt"])
def test_archives_have_only_what_keras_writes_for_networks(tmp_path: Path, name: str) -> None:
    path = tmp_path / "network.keras"
    colour_keras().save(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, b"more")
    assert_refused(
        path,
        f"expected a Keras archive of metadata.json, config.json, .*Received: {re.escape(repr(name))}, too",
    )


# TensorFlow waits ten seconds for memory before it fails.
@pytest.mark.slow
def test_a_layer_that_no_memory_holds_is_told(tmp_path: Path) -> None:
    colour_keras().save(path := tmp_path / "colours.keras")
    edit_config(path, lambda config: config["config"]["layers"][1]["config"].update(filters=10**11))
    with pytest.raises(ModelError, match=r"colours\.keras: the Keras model cannot be read"):
        read_keras(path)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_network_that_was_compiled_for_training_is_taken(tmp_path: Path, suffix: str) -> None:
    network = keras.Sequential([keras.Input((8, 6, 3)), keras.layers.Flatten(), keras.layers.Dense(3, "softmax")])
    network.compile(optimizer=keras.optimizers.Adam(1e-4), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    network.fit(np.zeros((2, 8, 6, 3)), np.zeros(2), verbose=0)
    with unwarned():
        network.save(tmp_path / f"trained{suffix}")
    with checked_copy(tmp_path / f"trained{suffix}") as copy:
        assert copy.exists()
