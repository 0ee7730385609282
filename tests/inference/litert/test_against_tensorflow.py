"""Comparison of networks written without TensorFlow with TensorFlow's conversion of the same weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from ai_edge_litert import schema_py_generated as schema

from inference.compiler.comparison import SAMPLE, TIE, sample_images
from inference.images.decode import load_pixels
from inference.litert.activation_ranges import efficientnet_lite_ranges
from inference.litert.efficientnet_lite import INPUT_RANGE, SCALINGS, efficientnet_lite
from inference.litert.file_format import operator_name, read_model
from inference.litert.graph import Graph
from inference.litert.inception_v3 import INPUT_RANGE as INCEPTION_RANGE
from inference.litert.keras_weights import read_inception_v3
from inference.litert.packages import packaged_file
from inference.litert.torch_file import read_torch_file
from inference.litert.writer import write_network
from inference.models.built_in import PACKAGE, WEIGHTS
from tests.support.efficientnet_weights import random_weights
from tests.support.inception_weights import Layers, random_layers, write_weights
from tests.support.litert_files import LiteRTFile

pytestmark = pytest.mark.slow

# Maximum share of weights that TensorFlow and this project round to neighbouring integers.
MAX_OTHER_WEIGHTS = 1e-4


@pytest.fixture(scope="module")
def published() -> dict[str, npt.NDArray[Any]]:
    return read_torch_file(packaged_file(PACKAGE, WEIGHTS).read_bytes())


@pytest.fixture(scope="module")
def inception() -> Layers:
    return random_layers()


@pytest.fixture(scope="module")
def inception_graph(inception: Layers, tmp_path_factory: pytest.TempPathFactory) -> Graph:
    path = tmp_path_factory.mktemp("weights") / "inception.h5"
    write_weights(path, inception)
    graph = read_inception_v3(path)
    assert graph is not None
    return graph


def photos(side: int) -> npt.NDArray[np.uint8]:
    return sample_images([], side, side)[::3]


def assert_same(graph: Graph, model: Any, images: npt.NDArray[np.uint8], tolerance: float) -> None:
    from tests.support.keras_twins import run_keras

    received = LiteRTFile(write_network(graph, "none")).run(images, graph.input_range)
    expected = run_keras(model, np.linspace(*graph.input_range, 256, dtype=np.float32).take(images))
    assert received.keys() == expected.keys()
    for name, values in expected.items():
        largest = max(1.0, float(np.abs(values).max()))
        np.testing.assert_allclose(received[name], values, atol=tolerance * largest, err_msg=name)


def test_efficientnet_lite0_computes_what_tensorflow_does(published: dict[str, npt.NDArray[Any]]) -> None:
    from tests.support.keras_twins import keras_efficientnet_lite

    graph = efficientnet_lite(published, SCALINGS[0])
    assert_same(graph, keras_efficientnet_lite(published, 0, 224), photos(224), 1e-5)


@pytest.mark.parametrize("number", [1, 2])
def test_the_larger_ones_do_with_random_weights(number: int) -> None:
    from tests.support.keras_twins import keras_efficientnet_lite

    weights, scaling = random_weights(number), SCALINGS[number]
    model = keras_efficientnet_lite(weights, number, scaling.side)
    # Random layers, unlike trained ones, amplify rounding differences from layer to layer.
    assert_same(efficientnet_lite(weights, scaling), model, photos(scaling.side), 2e-4)


def test_inception_v3_computes_what_keras_does(inception: Layers, inception_graph: Graph) -> None:
    from tests.support.keras_twins import keras_inception_v3

    assert_same(inception_graph, keras_inception_v3(inception), photos(299), 1e-5)


def compiled_by_tensorflow(model: Any, side: int, quantize: Any = "dynamic", samples: Any = ()) -> bytes:
    import tempfile

    from inference.compiler.saved_model import compile_saved_model, write_saved_model

    with tempfile.TemporaryDirectory() as folder:
        write_saved_model(lambda image: model(image, training=False), Path(folder), height=side, width=side)
        return compile_saved_model(Path(folder), quantize=quantize, samples=samples)


Quantized = tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]


def quantized_weights(content: bytes | memoryview) -> list[Quantized]:
    """The int8 weights of all layers, as (output channels, weights of each), with the channels' scales."""
    model = read_model(bytes(content))
    graph = model.subgraphs[0]
    found = []
    for operator in graph.operators:
        if operator_name(model, operator) in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"):
            tensor = graph.tensors[operator.inputs[1]]
            if tensor.type == schema.TensorType.INT8:
                values = model.buffers[tensor.buffer].data.view(np.int8).reshape(tensor.shape)
                rows = np.moveaxis(values, tensor.quantization.quantizedDimension, 0)
                found.append((rows.reshape(len(rows), -1), tensor.quantization.scale))
    return found


def assert_same_weights(ours: bytes | memoryview, theirs: bytes, *, other_scales: int = 0) -> None:
    """TensorFlow puts parallel branches in another order: layers are matched by what they hold.

    Args:
        ours: a file.
        theirs: another.
        other_scales: most channels that may have another scale, whose weights then are others, too.
    """
    left = quantized_weights(theirs)
    steps = total = channels = 0
    for weights, scales in quantized_weights(ours):
        alike = [number for number, (each, _) in enumerate(left) if each.shape == weights.shape]
        best = min(alike, key=lambda number: np.abs(left[number][0].astype(int) - weights).sum())
        values, their_scales = left.pop(best)
        same = np.isclose(scales, their_scales, rtol=1e-5, atol=0)
        channels += int(np.count_nonzero(~same))
        difference = np.abs(values[same].astype(np.int16) - weights[same])
        assert difference.max(initial=0) <= 1
        steps += int(np.count_nonzero(difference))
        total += weights.size
    assert not left
    assert steps <= MAX_OTHER_WEIGHTS * total
    assert channels <= other_scales


def agreement(graph: Graph, content: bytes | memoryview, other: bytes, images: npt.NDArray[np.uint8]) -> float:
    """Share of images for which two files name the same, or what the other scores nearly as high."""
    received = LiteRTFile(content).run(images, graph.input_range)["probabilities"]
    expected = LiteRTFile(other).run(images, graph.input_range)["probabilities"]
    rows = np.arange(len(images))
    return float((expected[rows, received.argmax(axis=1)] >= TIE * expected.max(axis=1)).mean())


def test_a_dynamic_efficientnet_has_tensorflows_weights(published: dict[str, npt.NDArray[Any]]) -> None:
    from tests.support.keras_twins import keras_efficientnet_lite

    graph = efficientnet_lite(published, SCALINGS[0])
    theirs = compiled_by_tensorflow(keras_efficientnet_lite(published, 0, 224), 224)
    ours = write_network(graph, "dynamic")
    assert_same_weights(ours, theirs)
    assert agreement(graph, ours, theirs, photos(224)) >= 0.9
    for content in (ours, theirs):
        file = LiteRTFile(content)
        assert file.delegates == 1
        assert file.is_all_delegated


def test_an_int8_efficientnet_has_tensorflows_weights_but_where_a_bias_needs_room(
    published: dict[str, npt.NDArray[Any]],
) -> None:
    from tests.support.keras_twins import keras_efficientnet_lite

    graph = efficientnet_lite(published, SCALINGS[0])
    table = np.linspace(*INPUT_RANGE, 256, dtype=np.float32)
    samples = [table.take(image[np.newaxis]) for image in sample_images([], 224, 224)[:14]]
    theirs = compiled_by_tensorflow(keras_efficientnet_lite(published, 0, 224), 224, "int8", samples)
    ours = write_network(graph, "int8", efficientnet_lite_ranges(0))
    # The scale of an almost dead channel depends on its bias and on the ranges, which were measured on other photos.
    assert_same_weights(ours, theirs, other_scales=200)
    photo = load_pixels(SAMPLE.read_bytes(), height=224, width=224, crop=0.875)[np.newaxis]
    assert agreement(graph, ours, theirs, photo) == 1


def test_a_dynamic_inception_has_tensorflows_weights(inception: Layers, inception_graph: Graph) -> None:
    from tests.support.keras_twins import keras_inception_v3

    theirs = compiled_by_tensorflow(keras_inception_v3(inception), 299)
    ours = write_network(inception_graph, "dynamic")
    assert inception_graph.input_range == INCEPTION_RANGE
    assert_same_weights(ours, theirs)
    assert agreement(inception_graph, ours, theirs, photos(299)) >= 0.9
    for content in (ours, theirs):
        file = LiteRTFile(content)
        assert file.delegates == 1
        assert file.is_all_delegated
