from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from inference.compiler.keras_model import compile_keras
from inference.compiler.saved_model import encode_graph
from inference.compiler.tflite import compile_tflite
from inference.litert.signature import OUTPUTS
from inference.models.bundle import KERAS_FILE, Bundle
from inference.models.engine import load_engine
from inference.models.head import Head
from inference.models.spec import ModelSpec
from inference.models.store import ModelStore
from inference.networks.archive import encode_network
from inference.networks.blocks import classifier, conv_bn_relu, with_outputs
from inference.training.errors import ExportError
from inference.training.export.formats import Format
from inference.training.export.writing import comparison_images, export_model
from tests.support.full_disk import small_files_only
from tests.support.networks import COLOURS, Dtype, colour_network
from tests.support.program import Program

SIDE = 12
HEAD = Head(np.random.default_rng(1).normal(size=(3, 2)).astype(np.float32), np.zeros(2, np.float32))


def spec(
    *, classes: int = 3, temperature: float = 1.0, activation: str = "none", head: bool = False, engine: str = "litert"
) -> ModelSpec:
    return ModelSpec(
        name="model", version="0" * 12, height=SIDE, width=SIDE, input_range=(-1, 127 / 128), crop=1.0,
        classes=classes, outputs=OUTPUTS, temperature=temperature, activation=activation, head=head, engine=engine,
    )  # fmt: skip


def from_tflite(store: ModelStore, dtype: Dtype = "float32") -> Bundle:
    network = compile_tflite(colour_network(dtype=dtype, height=SIDE, width=SIDE))
    return store.add(spec(temperature=0.5), network=network.content, labels=COLOURS)


def from_integers(store: ModelStore) -> Bundle:
    return from_tflite(store, "uint8")


def with_head(store: ModelStore) -> Bundle:
    network = compile_tflite(colour_network(dtype="int8", height=SIDE, width=SIDE)).content
    settings = spec(classes=2, temperature=2.0, activation="softmax", head=True)
    return store.add(settings, network=network, labels=("warm", "cold"), head=HEAD)


def keras_network(seed: int) -> keras.Model:
    keras.utils.set_random_seed(seed)
    image = keras.Input((None, None, 3))
    return classifier(image, conv_bn_relu(image, 8, 3, name="conv"), 3, name="tiny")


def from_keras(store: ModelStore, *, archived_seed: int = 0) -> Bundle:
    """A model of `labelbot train`: its file has int8 weights, its archive what was trained."""
    network = compile_keras(with_outputs(keras_network(0)), height=SIDE, width=SIDE)
    archive = encode_network(keras_network(archived_seed))
    return store.add(spec(temperature=0.2), network=network, labels=COLOURS, extras={KERAS_FILE: archive})


def from_graph(store: ModelStore) -> Bundle:
    model = with_outputs(keras_network(0))
    graph = encode_graph(lambda image: model(image, training=False), height=SIDE, width=SIDE)
    return store.add(spec(temperature=3.0, engine="tensorflow"), network=graph, labels=COLOURS)


Install = Callable[[ModelStore], Bundle]
MODELS: tuple[Install, ...] = (from_tflite, from_integers, with_head, from_keras, from_graph)
# One case per model and per format; the other combinations take longer.
QUICK = {
    (from_tflite, Format.LITERT),
    (from_integers, Format.SAVED_MODEL),
    (with_head, Format.GRAPHDEF),
    (from_keras, Format.LITERT_FLOAT16),
}
TABLE = [
    pytest.param(
        install, form, id=f"{install.__name__}-{form}", marks=[] if (install, form) in QUICK else [pytest.mark.slow]
    )
    for install in MODELS
    for form in Format
]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Install], Bundle]:
    """Installs each model once."""
    return cache(lambda install: install(ModelStore(tmp_path_factory.mktemp(install.__name__))))


@pytest.mark.parametrize(("install", "form"), TABLE)
def test_every_model_goes_into_every_format(
    installed: Callable[[Install], Bundle], install: Install, form: Format, tmp_path: Path
) -> None:
    bundle = installed(install)
    exported = export_model(bundle, form, tmp_path / "model.out")
    assert exported.path.exists()
    assert exported.difference < (0.02 if form is Format.LITERT_FLOAT16 else 1e-4)
    assert exported.installed_difference < 0.05
    assert len(exported.labels.read_text().splitlines()) == bundle.spec.classes
    beside = {path.name for path in tmp_path.iterdir()} - {"model.out"}
    assert beside == (set() if form is Format.SAVED_MODEL else {"model.labels.txt"})


def test_a_saved_model_runs_as_others_run_it(installed: Callable[[Install], Bundle], tmp_path: Path) -> None:
    bundle = installed(with_head)
    export_model(bundle, Format.SAVED_MODEL, tmp_path / "out")
    pixels = comparison_images(bundle.spec)
    signature = tf.saved_model.load(str(tmp_path / "out")).signatures["serving_default"]
    outputs = signature(image=tf.constant((pixels.astype(np.float32) - 128) / 128))
    expected = load_engine(bundle).run(pixels, features=True)
    assert sorted(outputs) == ["embedding", "features", "probabilities"]
    for name, values in outputs.items():
        np.testing.assert_allclose(values, getattr(expected, name), atol=0.02)
    assert (tmp_path / "out" / "assets.extra" / "labels.txt").read_text() == "warm\ncold\n"


def test_a_graph_runs_as_others_run_it(installed: Callable[[Install], Bundle], tmp_path: Path) -> None:
    bundle = installed(from_keras)
    export_model(bundle, Format.GRAPHDEF, tmp_path / "out.pb")
    definition = tf.compat.v1.GraphDef.FromString((tmp_path / "out.pb").read_bytes())
    pixels = comparison_images(bundle.spec)[:1]
    with tf.Graph().as_default() as graph, tf.compat.v1.Session() as session:
        tf.import_graph_def(definition, name="")
        image = np.linspace(*bundle.spec.input_range, 256, dtype=np.float32)[pixels]
        (scores,) = session.run(graph.get_tensor_by_name("probabilities:0"), {"image:0": image})
    np.testing.assert_allclose(scores, load_engine(bundle).run(pixels).probabilities[0], atol=0.02)


@pytest.mark.slow
def test_an_exported_file_can_be_installed_again(program: Program, tmp_path: Path) -> None:
    with_head(ModelStore(program.home))
    for form in ("litert", "litert-float16"):
        out = tmp_path / f"{form}.tflite"
        assert program("export", "model", "--format", form, "--out", out).status == 0
        installed = program(
            "models", "install", out, "--labels", tmp_path / f"{form}.labels.txt", "--name", form,
            "--input-range=-1,0.9921875", "--crop", "1",
        )  # fmt: skip
        assert installed.status == 0, installed.err
    store = ModelStore(program.home)
    pixels = comparison_images(spec())
    expected, *others = (load_engine(store.find(name)).run(pixels) for name in ("model", "litert", "litert-float16"))
    for other in others:
        np.testing.assert_allclose(other.probabilities, expected.probabilities, atol=0.02)


def test_the_command_tells_what_came_of_it(program: Program, tmp_path: Path) -> None:
    exported = program("export", "starter", "--format", "litert", "--out", tmp_path / "starter.tflite")
    assert (exported.status, exported.err) == (0, "")
    assert "takes image: RGB (n, 64, 64, 3), 0 to 255 as -1 to 1; gives probabilities, embedding, fea" in exported.out
    difference = re.search(r"compared on 13 images: max difference (\S+), and \S+ from the inst", exported.out)
    assert difference is not None
    assert float(difference[1]) < 1e-6


def test_another_network_in_the_archive_is_not_exported(tmp_path: Path) -> None:
    bundle = from_keras(ModelStore(tmp_path / "home"), archived_seed=1)
    with pytest.raises(ExportError, match=r"its steps in TensorFlow within 0\.2 of the model's"):
        export_model(bundle, Format.SAVED_MODEL, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


@pytest.mark.parametrize("form", [Format.LITERT, Format.SAVED_MODEL, Format.GRAPHDEF])
def test_a_full_disk_leaves_nothing(program: Program, tmp_path: Path, form: str) -> None:
    from_tflite(ModelStore(program.home))
    with small_files_only(1000):
        refused = program("export", "model", "--format", form, "--out", tmp_path / "out")
    assert (refused.status, refused.out, refused.err.count("\n")) == (1, "", 1)
    assert "File too large" in refused.err
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_paths_and_names_that_do_not_fit_are_one_line(program: Program, tmp_path: Path) -> None:
    taken, labels = tmp_path / "taken.tflite", tmp_path / "other.labels.txt"
    taken.write_text("mine")
    labels.write_text("mine")
    for name, out, sentence in (
        ("starter", taken, "expected a path that is not taken"),
        ("starter", tmp_path / "other.tflite", f"expected a path that is not taken. Received: {labels}"),
        ("starter", tmp_path / "absent" / "x.tflite", "expected a path in a folder that exists"),
        ("../starter", tmp_path / "x.tflite", "no model named '../starter' is installed"),
    ):
        refused = program("export", name, "--format", "litert", "--out", out)
        assert (refused.status, refused.out, refused.err.count("\n")) == (1, "", 1)
        assert sentence in refused.err
    assert taken.read_text() == labels.read_text() == "mine"


def test_another_format_is_a_usage_error(program: Program, tmp_path: Path) -> None:
    assert program("export", "starter", "--format", "onnx", "--out", tmp_path / "x").status == 2


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.parametrize(
    "name", ["mobilenet_v2_1.0_224_quant", "tf2_mobilenet_v2_1.0_224_ptq", "mobilenet_v1_0.25_128_quant"]
)
def test_published_networks_are_the_same_in_floats(program: Program, shared: Path, tmp_path: Path, name: str) -> None:
    labels = shared / "models" / "imagenet_labels.txt"
    program("models", "install", shared / "models" / f"{name}.tflite", "--labels", labels, "--name", "published")
    for form in Format:
        exported = program("export", "published", "--format", form, "--out", tmp_path / form)
        assert exported.status == 0, exported.err
