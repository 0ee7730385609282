from __future__ import annotations

import itertools
from typing import get_args

import numpy as np
import numpy.typing as npt
import pytest
from ai_edge_litert import schema_py_generated as schema

from inference.errors import ModelError
from inference.litert.graph import Activation, Floats, Graph, Kind, Padding
from inference.litert.writer import Mode, write_network
from tests.support.litert_files import LiteRTFile

RANGE = (-1.0, 1.0)
SIDE = 9
RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (3, SIDE, SIDE, 3), dtype=np.uint8)
INPUT = np.linspace(*RANGE, 256, dtype=np.float32).take(PIXELS)


def weights(*shape: int) -> Floats:
    return RNG.normal(0, 1 / np.sqrt(np.prod(shape[1:])), shape).astype(np.float32)


# Weights of at least 1,024 numbers, which can become int8.
STEM, STEM_BIAS = weights(48, 3, 3, 3), weights(48)
DEPTHWISE, DEPTHWISE_BIAS = weights(1, 5, 5, 48), weights(48)
NARROW, NARROW_BIAS = weights(48, 1, 1, 48), weights(48)
DENSE, DENSE_BIAS = weights(30, 48), weights(30)


def residual_graph() -> Graph:
    """A network of all layers that can be quantized to int8."""
    graph = Graph(height=SIDE, width=SIDE, input_range=RANGE)
    start = graph.convolve(graph.image, STEM, STEM_BIAS, strides=2, activation=Activation.RELU6)
    x = graph.convolve_depthwise(start, DEPTHWISE, DEPTHWISE_BIAS, activation=Activation.RELU)
    x = graph.add(graph.convolve(x, NARROW, NARROW_BIAS), start)
    embedding = graph.mean(x)
    probabilities = graph.softmax(graph.connect(embedding, DENSE, DENSE_BIAS))
    graph.outputs = {"probabilities": probabilities, "embedding": embedding, "features": x}
    return graph


def ranges(graph: Graph) -> dict[str, tuple[float, float]]:
    """Wide enough for every result of the network above."""
    return {layer.output.name: (-6.0, 6.0) for layer in graph.layers}


def expected() -> dict[str, Floats]:
    start = np.clip(windows_convolved(INPUT, STEM, STEM_BIAS, strides=2), 0, 6)
    x = np.maximum(windows_convolved(start, DEPTHWISE, DEPTHWISE_BIAS, depthwise=True), 0)
    x = x @ NARROW[:, 0, 0].T + NARROW_BIAS + start
    embedding = x.mean(axis=(1, 2))
    powers = np.exp(embedding @ DENSE.T + DENSE_BIAS)
    return {"probabilities": powers / powers.sum(axis=1, keepdims=True), "embedding": embedding, "features": x}


def windows(x: Floats, size: int, strides: int) -> npt.NDArray[np.float32]:
    """What each place sees with padding as TensorFlow's SAME: (count, height, width, size, size, channels)."""
    side = -(-x.shape[1] // strides)
    more = max((side - 1) * strides + size - x.shape[1], 0)
    edges = (more // 2, more - more // 2)
    padded = np.pad(x, ((0, 0), edges, edges, (0, 0)))
    seen = np.lib.stride_tricks.sliding_window_view(padded, (size, size), (1, 2))[:, ::strides, ::strides]
    return np.moveaxis(seen, 3, -1)


def windows_convolved(
    x: Floats, kernel: Floats, bias: Floats, *, strides: int = 1, depthwise: bool = False
) -> npt.NDArray[np.float32]:
    seen = windows(x, kernel.shape[1], strides)
    if depthwise:
        return np.asarray(np.einsum("bijhwc,hwc->bijc", seen, kernel[0]) + bias, np.float32)
    return np.asarray(np.einsum("bijhwc,ohwc->bijo", seen, kernel) + bias, np.float32)


@pytest.mark.parametrize("xnnpack", [True, False])
@pytest.mark.parametrize(("quantization", "tolerance"), [("none", 1e-5), ("dynamic", 0.03), ("int8", 0.08)])
def test_a_file_computes_its_network(quantization: Mode, tolerance: float, xnnpack: bool) -> None:
    graph = residual_graph()
    file = LiteRTFile(write_network(graph, quantization, ranges(graph)), xnnpack=xnnpack)
    results = file.run(PIXELS, RANGE)
    for name, values in expected().items():
        np.testing.assert_allclose(results[name], values, atol=tolerance, err_msg=name)
    np.testing.assert_allclose(results["probabilities"].sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("quantization", get_args(Mode))
def test_xnnpack_runs_all_of_a_file(quantization: Mode) -> None:
    graph = residual_graph()
    file = LiteRTFile(write_network(graph, quantization, ranges(graph)))
    assert file.delegates == 1
    assert file.is_all_delegated


@pytest.mark.parametrize("quantization", get_args(Mode))
def test_images_together_give_what_they_give_one_by_one(quantization: Mode) -> None:
    graph = residual_graph()
    file = LiteRTFile(write_network(graph, quantization, ranges(graph)))
    one_by_one = [file.run(image[np.newaxis], RANGE)["probabilities"] for image in PIXELS]
    np.testing.assert_array_equal(file.run(PIXELS, RANGE)["probabilities"], np.concatenate(one_by_one))


@pytest.mark.parametrize("padding", Padding)
@pytest.mark.parametrize("strides", [1, 2])
def test_poolings_and_concatenations_are_computed(padding: Padding, strides: int) -> None:
    graph = Graph(height=SIDE, width=SIDE, input_range=RANGE)
    largest = graph.pool(Kind.MAX_POOLING, graph.image, (3, 3), strides=strides, padding=padding)
    mean = graph.pool(Kind.AVERAGE_POOLING, graph.image, (3, 3), strides=strides, padding=padding)
    graph.outputs = {"features": graph.concatenate([largest, mean])}
    features = LiteRTFile(write_network(graph, "dynamic")).run(PIXELS, RANGE)["features"]
    values = (
        INPUT if padding is Padding.VALID else np.pad(INPUT, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=np.nan)
    )
    seen = np.lib.stride_tricks.sliding_window_view(values, (3, 3), (1, 2))[:, ::strides, ::strides]
    wanted = [np.nanmax(seen, axis=(-2, -1)), np.nanmean(seen, axis=(-2, -1))]
    assert features.shape[1:] == graph.outputs["features"].shape
    np.testing.assert_allclose(features, np.concatenate(wanted, axis=-1), atol=1e-6)


def test_layers_without_an_int8_form_are_refused() -> None:
    graph = Graph(height=SIDE, width=SIDE, input_range=RANGE)
    x = graph.pool(Kind.MAX_POOLING, graph.image, (3, 3), strides=1, padding=Padding.SAME)
    graph.outputs = {"features": x}
    with pytest.raises(ModelError, match="MAX_POOL_2D"):
        write_network(graph, "int8", {x.name: (0, 1)})


def test_int8_needs_every_range() -> None:
    with pytest.raises(ModelError, match="expected a range for each layer"):
        write_network(residual_graph(), "int8", {})


@pytest.mark.parametrize(
    ("quantization", "integers"),
    [
        ("none", set()),
        ("dynamic", {"conv_2d_0", "conv_2d_2", "fully_connected_5"}),
        ("int8", {"conv_2d_0", "depthwise_conv_2d_1", "conv_2d_2", "fully_connected_5"}),
    ],
)
def test_depthwise_weights_stay_floats_beside_floats(quantization: Mode, integers: set[str]) -> None:
    content = bytes(write_network(residual_graph(), quantization, ranges(residual_graph())))
    tensors = schema.ModelT.InitFromPackedBuf(content, 0).subgraphs[0].tensors
    quantized = {tensor.name.decode() for tensor in tensors if tensor.type == schema.TensorType.INT8}
    assert {name.removesuffix("/weights") for name in quantized if name.endswith("/weights")} == integers


@pytest.mark.parametrize("quantization", get_args(Mode))
def test_the_batch_is_free(quantization: Mode) -> None:
    """By the signature of shapes, which the engine looks at; the interpreter resizes any file."""
    content = bytes(write_network(residual_graph(), quantization, ranges(residual_graph())))
    graph = schema.ModelT.InitFromPackedBuf(content, 0).subgraphs[0]
    results = [tensor for tensor in graph.tensors if tensor.buffer == 0]
    assert len(results) >= 7
    for tensor in results:
        assert tensor.shape[0] == 1
        assert tensor.shapeSignature.tolist() == [-1, *tensor.shape[1:]]


def test_a_network_is_written_to_the_same_bytes() -> None:
    graph = residual_graph()
    for quantization in get_args(Mode):
        assert write_network(graph, quantization, ranges(graph)) == write_network(graph, quantization, ranges(graph))


@pytest.mark.parametrize(("side", "strides", "size"), [*itertools.product((5, 6, 8), (1, 2), (1, 3))])
def test_shapes_are_those_that_the_interpreter_finds(side: int, strides: int, size: int) -> None:
    graph = Graph(height=side, width=side + 1, input_range=RANGE)
    kernel = weights(4, size, size, 3)
    for padding in Padding:
        x = graph.convolve(graph.image, kernel, weights(4), strides=strides, padding=padding)
        graph.outputs = {"features": x}
        pixels = np.zeros((1, side, side + 1, 3), np.uint8)
        assert LiteRTFile(write_network(graph, "none")).run(pixels, RANGE)["features"].shape[1:] == x.shape


def test_weights_that_do_not_fit_are_refused() -> None:
    graph = Graph(height=SIDE, width=SIDE, input_range=RANGE)
    with pytest.raises(ValueError, match="weights for"):
        graph.convolve(graph.image, weights(4, 3, 3, 2), weights(4))
    with pytest.raises(ValueError, match="weights for"):
        graph.convolve(graph.image, weights(4, 3, 3, 3), weights(5))
    with pytest.raises(ValueError, match="weights for"):
        graph.convolve_depthwise(graph.image, weights(1, 3, 3, 2), weights(2))
    with pytest.raises(ValueError, match="a window within 9x9"):
        graph.convolve(graph.image, weights(4, 11, 1, 3), weights(4), padding=Padding.VALID)
    with pytest.raises(ValueError, match="weights for"):
        graph.connect(graph.mean(graph.image), weights(4, 4), weights(4))
    with pytest.raises(ValueError, match="one shape"):
        graph.add(graph.image, graph.convolve(graph.image, weights(4, 1, 1, 3), weights(4)))
    with pytest.raises(ValueError, match="one size"):
        graph.concatenate([graph.image, graph.convolve(graph.image, weights(4, 1, 1, 3), weights(4), strides=2)])
