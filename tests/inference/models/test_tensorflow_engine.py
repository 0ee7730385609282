from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from inference.catalog.install import install_file
from inference.commands.network_options import BATCH_SIZE_VARIABLE, DEVICE_VARIABLE, read_network_options
from inference.compiler.compile import compile_model
from inference.compiler.model import CompileOptions
from inference.errors import ModelError
from inference.models.bundle import GRAPH_FILE, Bundle, write_bundle
from inference.models.engine import load_engine
from inference.models.network import NetworkOptions
from inference.models.store import ModelStore
from inference.pool.pool import InferencePool
from inference.pool.process import WorkerProcess
from inference.pool.protocol import WorkerOptions
from tests.support.colour_models import plain
from tests.support.graphs import GraphBuilder, colour_graph
from tests.support.networks import COLOURS

OPTIONS = CompileOptions(input_range=(-1, 1), engine="tensorflow")


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("graph") / "colours.pb"
    path.write_bytes(colour_graph().SerializeToString())
    return path


@pytest.fixture
def bundle(graph: Path, tmp_path: Path) -> Bundle:
    compiled = compile_model(graph, options=OPTIONS)
    return write_bundle(tmp_path, compiled.spec("colours"), network=compiled.content, labels=COLOURS)


def test_a_batch_is_run_at_once(bundle: Bundle) -> None:
    pixels = np.zeros((2, 8, 6, 3), np.uint8)
    pixels[0, ..., 2] = pixels[1, ..., 0] = 255
    engine = load_engine(bundle)
    output = engine.run(pixels, features=True)
    assert output.probabilities.argmax(axis=1).tolist() == [2, 0]
    assert output.probabilities.dtype == np.float32
    assert output.features is not None
    assert output.features.shape == (2, 8, 6, 3)
    assert engine.run(pixels).features is None, "nobody asked for it"


@pytest.mark.parametrize("shape", [(0, 8, 6, 3), (1, 6, 8, 3)])
def test_pixels_of_another_shape_are_refused(bundle: Bundle, shape: tuple[int, ...]) -> None:
    engine = load_engine(bundle)
    with pytest.raises(ModelError, match=r"expected pixels of uint8 \(batch, 8, 6, 3\)"):
        engine.run(np.zeros(shape, np.uint8))


def test_a_network_that_fails_is_told(bundle: Bundle) -> None:
    build = GraphBuilder(tf.version.GRAPH_DEF_VERSION)
    x = build.node("Placeholder", "image", kind=None, dtype=tf.float32, shape=tf.TensorShape((None, 8, 6, 3)))
    x = build.node("Mean", "mean", x, build.const("axes", [1, 2], tf.int32), keep_dims=False, Tidx=tf.int32)
    build.node("CheckNumerics", "probabilities", build.node("Log", "log", x), message="no numbers")
    spec = replace(bundle.spec, outputs=("probabilities",))
    broken = write_bundle(bundle.directory, spec, network=build.graph.SerializeToString(), labels=COLOURS)
    with pytest.raises(ModelError, match=r"the network colours failed: .*no numbers"):
        load_engine(broken).run(np.zeros((1, 8, 6, 3), np.uint8))


def test_files_that_do_not_fit_are_refused(bundle: Bundle) -> None:
    content = (bundle.directory / GRAPH_FILE).read_bytes()
    taller = write_bundle(bundle.directory, replace(bundle.spec, height=9), network=content, labels=COLOURS)
    with pytest.raises(ModelError, match=r"expected an input of \(9, 6, 3\)\. Received: \(8, 6, 3\)"):
        load_engine(taller)
    for other in (b"no graph at all", b""):
        with pytest.raises(ModelError, match=GRAPH_FILE):
            load_engine(write_bundle(bundle.directory, bundle.spec, network=other, labels=COLOURS))


def test_a_network_runs_on_the_given_device(bundle: Bundle) -> None:
    engine = load_engine(bundle, options=NetworkOptions("CPU:0"))
    assert engine.run(np.zeros((1, 8, 6, 3), np.uint8)).probabilities.shape == (1, 3)
    with pytest.raises(ModelError, match=r"LABELBOT_DEVICE\): expected one of CPU:0.*Received: 'GPU:7'"):
        load_engine(bundle, options=NetworkOptions("GPU:7"))


def test_the_environment_is_left_to_programs(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DEVICE_VARIABLE, "GPU:7")
    monkeypatch.setenv(BATCH_SIZE_VARIABLE, "4")
    assert load_engine(bundle).batch_size == 1
    assert read_network_options() == NetworkOptions("GPU:7", 4)


def test_a_network_on_the_cpu_runs_the_given_batch_size(bundle: Bundle, tmp_path: Path) -> None:
    options = NetworkOptions(max_batch_size=4)
    assert load_engine(bundle).batch_size == 1
    assert load_engine(bundle, options=options).batch_size == 4
    path = tmp_path / "single.pb"
    path.write_bytes(colour_graph(shape=(1, 8, 6, 3), sides=(3,)).SerializeToString())
    compiled = compile_model(path, options=OPTIONS)
    folder = tmp_path / "single"
    folder.mkdir()
    single = write_bundle(folder, compiled.spec("single"), network=compiled.content, labels=COLOURS)
    assert load_engine(single, options=options).batch_size == 1, "its graph takes one image"


@pytest.mark.parametrize("number", ["0", "-1", "many", "257"])
def test_a_batch_size_of_the_environment_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, number: str) -> None:
    monkeypatch.setenv(BATCH_SIZE_VARIABLE, number)
    with pytest.raises(ModelError, match=rf"LABELBOT_MAX_BATCH_SIZE: expected a number from 1 to 256.*'{number}'"):
        read_network_options()


@pytest.mark.parametrize("number", [0, -1, 257])
def test_a_batch_size_out_of_its_range_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match=f"max_batch_size from 1 to 256. Received: {number}"):
        NetworkOptions(max_batch_size=number)


@pytest.mark.slow
async def test_a_pool_configures_its_workers(graph: Path, tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    labels = tmp_path / "labels.txt"
    labels.write_text("\n".join(COLOURS))
    bundle = install_file(store, graph, labels=labels, name="session", options=OPTIONS, crop=1.0)
    worker = await WorkerProcess.start(
        WorkerOptions(max_models=1, max_memory_bytes=2**30, network=NetworkOptions("CPU:0", 4))
    )
    try:
        await worker.load(bundle)
        assert worker.batch_size(bundle) == 4
    finally:
        await worker.end()
    with pytest.raises(ModelError, match="Received: 'GPU:7'"):
        await InferencePool(store, workers=1, device="GPU:7").start(["session"])
    with pytest.raises(ModelError, match="Received: 'GPU:7'"):
        install_file(
            ModelStore(tmp_path, device="GPU:7"), graph, labels=labels, name="other", options=OPTIONS, crop=1.0
        )


@pytest.mark.slow
async def test_workers_of_a_pool_run_graphs_beside_litert_files(graph: Path, tmp_path: Path) -> None:
    """In less memory of their own than TensorFlow takes, were the limit not lifted for it."""
    store = ModelStore(tmp_path)
    labels = tmp_path / "labels.txt"
    labels.write_text("\n".join(COLOURS))
    install_file(store, graph, labels=labels, name="session", options=OPTIONS, crop=1.0)
    async with InferencePool(store, workers=1, worker_memory_bytes=200 * 2**20) as pool:
        for colour in COLOURS:
            answer = await pool.classify(plain(colour), model="session", top_k=1, client=1)
            assert answer.predictions[0].label == colour
        starter = await pool.classify(plain("red"), model="starter", top_k=1, client=1)
        assert starter.model == "starter"
