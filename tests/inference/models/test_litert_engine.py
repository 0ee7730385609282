from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pytest

from inference.compiler.tflite import compile_tflite
from inference.errors import ModelError
from inference.models.bundle import LABELS_FILE, LITERT_FILE, Bundle, write_bundle
from inference.models.engine import EngineOutput, load_engine
from inference.models.litert_engine import dequantise, input_table, linear_values
from inference.models.spec import ModelSpec
from tests.support.networks import COLOURS, SHARPNESS, Dtype, colour_network, edited

Build = Callable[..., Bundle]

HEIGHT, WIDTH = 8, 6


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Make a bundle of a colour network: keywords of `colour_network`, and of the specification as `spec`."""

    def build(content: bytes | None = None, *, spec: dict[str, Any] | None = None, **options: Any) -> Bundle:
        network = compile_tflite(content or colour_network(**options))
        specification = ModelSpec(
            name="colours",
            version="0" * 12,
            height=network.height,
            width=network.width,
            input_range=network.input_range or (-1.0, 1.0),
            crop=1.0,
            classes=network.classes,
            activation=network.activation,
            outputs=network.outputs,
        )
        return write_bundle(tmp_path, replace(specification, **(spec or {})), network=network.content, labels=COLOURS)

    return build


def noise(images: int, seed: int = 0) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (images, HEIGHT, WIDTH, 3), dtype=np.uint8)


def expected(pixels: npt.NDArray[np.uint8], *, temperature: float = 1.0) -> EngineOutput:
    """What a colour network must answer, by the definition of it."""
    features = pixels.astype(np.float32) / 127.5 - 1
    embedding = features.mean(axis=(1, 2))
    powers = np.exp(SHARPNESS * embedding / temperature)
    return EngineOutput(powers / powers.sum(axis=1, keepdims=True), embedding, features)


def assert_same(answer: EngineOutput, right: EngineOutput, tolerance: float) -> None:
    for name in ("probabilities", "embedding", "features"):
        value = getattr(answer, name)
        assert value.dtype == np.float32
        np.testing.assert_allclose(value, getattr(right, name), atol=tolerance, err_msg=name)


@pytest.mark.parametrize("dtype", get_args(Dtype))
@pytest.mark.parametrize("end", ["SOFTMAX", None])
@pytest.mark.parametrize("pooling", ["MEAN", "AVERAGE_POOL_2D"])
@pytest.mark.parametrize("batch", [1, -1])
def test_the_outputs_are_those_of_the_network(
    build: Build, dtype: str, end: str | None, pooling: str, batch: int
) -> None:
    engine = load_engine(build(dtype=dtype, end=end, pooling=pooling, batch=batch))
    for images in (1, 3, 1):
        pixels = noise(images)
        assert_same(engine.run(pixels, features=True), expected(pixels), 1e-5 if dtype == "float32" else 0.02)


@pytest.mark.parametrize("colour", range(3))
@pytest.mark.parametrize("dtype", get_args(Dtype))
def test_all_of_one_colour(build: Build, dtype: str, colour: int) -> None:
    pixels = np.zeros((1, HEIGHT, WIDTH, 3), np.uint8)
    pixels[..., colour] = 255
    probabilities = load_engine(build(dtype=dtype)).run(pixels).probabilities[0]
    assert probabilities.argmax() == colour
    assert probabilities[colour] > 0.9


def test_a_log_softmax_becomes_probabilities(build: Build) -> None:
    pixels = noise(2)
    assert_same(load_engine(build(end="LOG_SOFTMAX")).run(pixels, features=True), expected(pixels), 1e-5)


@pytest.mark.parametrize("end", ["SOFTMAX", None])
@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_scores_are_recalibrated_by_the_temperature(build: Build, end: str | None, temperature: float) -> None:
    pixels = noise(2)
    answer = load_engine(build(end=end, spec={"temperature": temperature})).run(pixels, features=True)
    assert_same(answer, expected(pixels, temperature=temperature), 1e-5)


def test_a_score_of_zero_survives_the_recalibration(build: Build) -> None:
    pixels = np.zeros((1, HEIGHT, WIDTH, 3), np.uint8)
    pixels[..., 0] = 255
    engine = load_engine(build(dtype="uint8", sharpness=30.0, spec={"temperature": 2.0}))
    np.testing.assert_allclose(engine.run(pixels).probabilities, [[1, 0, 0]], atol=1e-6)


@pytest.mark.parametrize("input_range", [(0.0, 1.0), (0.0, 255.0), (-117.0, 138.0)])
def test_pixels_become_what_the_input_range_says(build: Build, input_range: tuple[float, float]) -> None:
    features = load_engine(build(spec={"input_range": input_range})).run(noise(1), features=True).features
    low, high = input_range
    assert features is not None
    np.testing.assert_allclose(features, low + noise(1).astype(np.float32) / 255 * (high - low), rtol=1e-5, atol=1e-5)


def test_an_input_range_beyond_the_quantised_one_is_clipped(build: Build) -> None:
    features = load_engine(build(dtype="int8", spec={"input_range": (-2.0, 2.0)})).run(noise(1), features=True).features
    assert features is not None
    np.testing.assert_allclose(features, np.clip(noise(1) / 255.0 * 4 - 2, -1, 127 / 128), atol=1 / 128)


def test_integers_without_quantisation_are_taken_as_they_are() -> None:
    plain = {"dtype": np.uint8, "quantization": (0.0, 0)}
    assert input_table((0.0, 255.0), plain).tolist() == list(range(256))
    assert dequantise(np.arange(256, dtype=np.uint8), plain).tolist() == list(range(256))


def test_an_output_that_the_specification_does_not_name_is_none(build: Build) -> None:
    engine = load_engine(build(spec={"outputs": ("probabilities", "features")}))
    answer = engine.run(noise(1), features=True)
    assert answer.embedding is None
    assert answer.features is not None
    assert engine.run(noise(1)).features is None, "nobody asked for it"


@pytest.mark.parametrize(
    "pixels",
    [
        noise(1).astype(np.float32),
        noise(1)[0],
        noise(1)[:, :-1],
        noise(1)[..., :1],
        noise(0),
    ],
    ids=["float", "rank", "height", "grey", "empty"],
)
def test_other_pixels_are_refused(build: Build, pixels: npt.NDArray[Any]) -> None:
    with pytest.raises(ModelError, match=r"expected pixels of uint8 \(batch, 8, 6, 3\)\. Received: "):
        load_engine(build()).run(pixels)


def test_scores_that_are_no_numbers_are_an_error(build: Build) -> None:
    engine = load_engine(build(sharpness=float("nan"), end=None))
    with pytest.raises(ModelError, match="no numbers"):
        engine.run(noise(1))


def test_a_network_that_does_not_fit_its_specification_is_refused(build: Build) -> None:
    for spec in ({"height": HEIGHT + 1}, {"width": WIDTH + 1}):
        with pytest.raises(ModelError, match=r"expected an input of .* Received: \(1, 8, 6, 3\)"):
            load_engine(build(spec=spec))
    bundle = build()
    more = write_bundle(
        bundle.directory,
        replace(bundle.spec, classes=4),
        network=(bundle.directory / LITERT_FILE).read_bytes(),
        labels=("a", "b", "c", "d"),
    )
    with pytest.raises(ModelError, match=r"expected 4 classes of the network .* Received: 3"):
        load_engine(more)


def test_outputs_that_the_file_does_not_have_are_refused(build: Build) -> None:
    def rename(model: Any) -> None:
        model.signatureDefs[0].outputs[1].name = "vector"

    bundle = build()
    content = edited((bundle.directory / LITERT_FILE).read_bytes(), rename)
    renamed = write_bundle(bundle.directory, bundle.spec, network=content, labels=COLOURS)
    with pytest.raises(ModelError, match=r"embedding, features\. Received: .*vector"):
        load_engine(renamed)


@pytest.mark.parametrize(
    "content",
    [b"", b"no network", b"\x1c\0\0\0TFL3" + b"\xff" * 200, colour_network()],
    ids=["empty", "text", "damaged", "without signature"],
)
def test_a_file_that_is_no_network_of_ours_is_refused(build: Build, content: bytes) -> None:
    bundle = build()
    broken = write_bundle(bundle.directory, bundle.spec, network=content, labels=COLOURS)
    with pytest.raises(ModelError, match=LITERT_FILE):
        load_engine(broken)


@pytest.mark.parametrize("file", [LITERT_FILE, LABELS_FILE])
def test_a_file_that_changed_since_it_was_installed_is_not_loaded(build: Build, file: str) -> None:
    bundle = build()
    path = bundle.directory / file
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(ModelError, match=f"expected the files of version {bundle.spec.version}"):
        load_engine(bundle)
    path.unlink()
    with pytest.raises(ModelError, match=file):
        load_engine(bundle)


def test_an_unknown_engine_is_told(build: Build) -> None:
    with pytest.raises(ModelError, match=r"engine: expected one of litert, tensorflow\. Received: 'steam'"):
        build(spec={"engine": "steam"})


@pytest.mark.parametrize("input_range", [(0.0, 1.0), (-1.0, 1.0), (-117.0, 138.0), (0.1, 0.7)])
def test_the_values_of_an_input_are_those_of_its_table(input_range: tuple[float, float]) -> None:
    table = input_table(input_range, {"dtype": np.float32})
    np.testing.assert_allclose(table, np.linspace(*input_range, 256), rtol=1e-6, atol=1e-6)
    values = np.empty(noise(2).shape, np.float32)
    linear_values(noise(2), input_range, values)
    np.testing.assert_array_equal(values, table[noise(2)])
