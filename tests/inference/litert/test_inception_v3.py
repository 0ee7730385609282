from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from inference.compiler.compile import compile_model
from inference.compiler.known_networks import compile_inception_v3
from inference.compiler.model import CompileOptions
from inference.errors import ModelError
from inference.litert.inception_v3 import INPUT_RANGE
from inference.litert.keras_weights import read_inception_v3
from inference.litert.signature import OUTPUTS
from inference.litert.writer import write_network
from tests.support.inception_weights import CLASSES, Layers, random_layers, write_weights
from tests.support.litert_files import LiteRTFile


@pytest.fixture(scope="module")
def layers() -> Layers:
    return random_layers()


@pytest.fixture(scope="module")
def weights(layers: Layers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "inception_v3_weights_tf_dim_ordering_tf_kernels.h5"
    write_weights(path, layers)
    return path


@pytest.mark.slow
def test_a_file_of_weights_is_compiled_by_its_content(weights: Path) -> None:
    with pytest.raises(
        ModelError, match=r"--input-range -1,1 for most.* of 5 sample photos, by input range: \d+% with -1,1"
    ):
        compile_model(weights)
    compiled = compile_model(weights, options=CompileOptions(input_range=INPUT_RANGE))
    assert (compiled.height, compiled.width, compiled.classes, compiled.activation) == (299, 299, CLASSES, "none")
    assert (compiled.outputs, compiled.quantization, compiled.input_range) == (OUTPUTS, "dynamic", INPUT_RANGE)
    assert compiled.verification is not None
    assert compiled.findings == ("found the weights of Inception-v3",)
    file = LiteRTFile(compiled.content)
    assert file.delegates == 1
    assert file.is_all_delegated
    outputs = file.run(np.zeros((2, 299, 299, 3), np.uint8), INPUT_RANGE)
    assert {name: values.shape for name, values in outputs.items()} == {
        "probabilities": (2, CLASSES),
        "embedding": (2, 2048),
        "features": (2, 8, 8, 2048),
    }


def test_layers_may_be_numbered_from_anywhere_and_named_as_by_keras_3(
    weights: Path, layers: Layers, tmp_path: Path
) -> None:
    """Sorted as texts, conv2d_100 would come before conv2d_99."""
    path = tmp_path / "weights.h5"
    numbered = {name.replace("_", "_1", 1) if name == "" else renumbered(name): each for name, each in layers.items()}
    write_weights(path, numbered, suffix="")
    first, second = read_inception_v3(weights), read_inception_v3(path)
    assert first is not None
    assert second is not None
    assert write_network(first, "dynamic") == write_network(second, "dynamic")


def renumbered(name: str) -> str:
    kind, _, number = name.rpartition("_")
    return f"{kind}_{int(number) + 94}" if number.isdigit() else "dense_3"


def spoilt(name: str, change: Callable[[dict[str, np.ndarray]], object]) -> Callable[[Layers], None]:
    def spoil(layers: Layers) -> None:
        layers[name] = dict(layers[name])
        change(layers[name])

    return spoil


@pytest.mark.parametrize(
    "spoil",
    [
        lambda layers: layers.pop("conv2d_94"),
        lambda layers: layers.pop("predictions"),
        lambda layers: layers.update(dense_2=layers["predictions"]),
        spoilt("conv2d_7", lambda weights: weights.update(bias=np.zeros(64, np.float32))),
        spoilt("conv2d_7", lambda weights: weights.update(kernel=weights["kernel"][..., :1])),
        spoilt("conv2d_7", lambda weights: weights.update(kernel=weights["kernel"] * np.nan)),
        spoilt("batch_normalization_7", lambda weights: weights.pop("beta")),
        spoilt("batch_normalization_7", lambda weights: weights.update(gamma=weights["beta"])),
        spoilt("batch_normalization_7", lambda weights: weights.update(beta=weights["beta"][:1])),
        spoilt("predictions", lambda weights: weights.update(kernel=weights["kernel"][:5])),
    ],
)
def test_other_weights_are_left_to_tensorflow(
    layers: Layers, tmp_path: Path, spoil: Callable[[Layers], object]
) -> None:
    others = dict(layers)
    spoil(others)
    path = tmp_path / "weights.h5"
    write_weights(path, others)
    assert read_inception_v3(path) is None


def test_damaged_and_other_files_are_left_to_tensorflow(weights: Path, tmp_path: Path) -> None:
    path = tmp_path / "weights.h5"
    path.write_bytes(weights.read_bytes()[:1_000_000])
    assert read_inception_v3(path) is None
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = "{}"
        file.attrs["layer_names"] = [b"conv2d"]
    assert read_inception_v3(path) is None
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = 5
    assert read_inception_v3(path) is None


def test_a_dataset_that_announces_more_than_there_is_memory_is_not_read(layers: Layers, tmp_path: Path) -> None:
    path = tmp_path / "weights.h5"
    others = dict(layers)
    others["predictions"] = {"kernel": np.zeros((0, 0), np.float32), "bias": layers["predictions"]["bias"]}
    write_weights(path, others)
    with h5py.File(path, "a") as file:
        del file["predictions/predictions/kernel:0"]
        file.create_dataset("predictions/predictions/kernel:0", (2048, 2**40), "f4", chunks=(1, 1024))
    assert read_inception_v3(path) is None


@pytest.mark.parametrize(
    "options",
    [
        CompileOptions(quantize="int8"),
        CompileOptions(quantize="float16"),
        CompileOptions(engine="tensorflow"),
        CompileOptions(input_size=(75, 75)),
        CompileOptions(output="predictions"),
    ],
)
def test_what_needs_tensorflow_is_left_to_it(weights: Path, options: CompileOptions) -> None:
    assert compile_inception_v3(weights, options) is None


@pytest.mark.slow
def test_known_weights_are_installed_without_tensorflow_keras_and_matplotlib(weights: Path, tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from bot.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: print(end.code)\n"
        "print(*sys.modules)"
    )
    labels = tmp_path / "labels.txt"
    labels.write_text("".join(f"thing {number}\n" for number in range(CLASSES)))
    options = ("--labels", str(labels), "--name", "inception", "--home", str(tmp_path), "--input-range", "-1,1")
    command = [sys.executable, "-c", script, "models", "install", str(weights), *options]
    *said, status, modules = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert said[0] == "found the weights of Inception-v3"
    assert said[-1].endswith("299x299 pixels, 10 classes")
    assert status == "0"
    assert not {"tensorflow", "keras", "matplotlib", "torch"} & set(modules.split())
