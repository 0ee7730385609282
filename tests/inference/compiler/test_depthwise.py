from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from inference.compiler.compile import compile_model
from inference.compiler.depthwise import float_depthwise
from inference.compiler.model import CompileOptions
from inference.litert.file_format import new_buffer, operator_name, pack_model, read_model
from inference.litert.graph import Graph
from inference.litert.quantization import quantize_weights, weight_scales
from inference.litert.writer import write_network
from tests.support.litert_files import LiteRTFile

RANGE = (-1.0, 1.0)
RNG = np.random.default_rng(0)
WEIGHTS = RNG.normal(0, 0.3, (1, 3, 3, 3)).astype(np.float32)


def hybrid_file() -> bytes:
    """Two depthwise layers with int8 weights beside floats, which share them, as TensorFlow's converter may do."""
    graph = Graph(height=6, width=6, input_range=RANGE)
    x = graph.convolve_depthwise(graph.image, WEIGHTS, np.zeros(3, np.float32))
    graph.outputs = {"features": graph.convolve_depthwise(x, WEIGHTS, np.zeros(3, np.float32))}
    model = read_model(bytes(write_network(graph, "none")))
    scales = weight_scales(WEIGHTS, 3)
    file = model.subgraphs[0]
    first, second = file.operators
    tensor = file.tensors[first.inputs[1]]
    model.buffers.append(new_buffer(quantize_weights(WEIGHTS, 3, scales)))
    tensor.buffer, tensor.type = len(model.buffers) - 1, schema.TensorType.INT8
    tensor.quantization = schema.QuantizationParametersT()
    tensor.quantization.scale = scales
    tensor.quantization.zeroPoint = np.zeros(3, np.int64)
    tensor.quantization.quantizedDimension = 3
    second.inputs = [second.inputs[0], first.inputs[1], second.inputs[2]]
    for code in model.operatorCodes:
        code.version = 6
    return bytes(pack_model(model))


def test_depthwise_weights_become_the_floats_that_they_stand_for() -> None:
    before = hybrid_file()
    after = float_depthwise(before)
    model = read_model(after)
    for operator in model.subgraphs[0].operators:
        assert operator_name(model, operator) == "DEPTHWISE_CONV_2D"
        tensor = model.subgraphs[0].tensors[operator.inputs[1]]
        assert tensor.type == schema.TensorType.FLOAT32
        values = model.buffers[tensor.buffer].data.view(np.float32).reshape(WEIGHTS.shape)
        np.testing.assert_allclose(values, WEIGHTS, atol=np.abs(WEIGHTS).max() / 250)
    pixels = RNG.integers(0, 256, (1, 6, 6, 3), dtype=np.uint8)
    integers, floats = (LiteRTFile(content).run(pixels, RANGE)["features"] for content in (before, after))
    np.testing.assert_allclose(integers, floats, atol=0.02)
    assert not LiteRTFile(before).is_all_delegated
    assert LiteRTFile(after).is_all_delegated
    # The integer weights are removed from the file.
    assert sum(len(buffer.data) for buffer in model.buffers if buffer.data is not None) < 3 * WEIGHTS.nbytes


def test_files_without_such_layers_stay_as_they_are() -> None:
    graph = Graph(height=6, width=6, input_range=RANGE)
    x = graph.convolve_depthwise(graph.image, WEIGHTS, np.zeros(3, np.float32))
    graph.outputs = {"features": x}
    for content in (write_network(graph, "none"), write_network(graph, "int8", {x.name: (-1, 1)})):
        assert float_depthwise(bytes(content)) == content


@pytest.mark.slow
@pytest.mark.parametrize(
    ("network", "all_delegated"), [("MobileNetV2", True), ("Xception", True), ("EfficientNetB0", False)]
)
def test_networks_of_keras_are_compiled_with_float_depthwise_weights(
    tmp_path: Path, network: str, all_delegated: bool
) -> None:
    """The squeezes of EfficientNet are left to other code anyway."""
    import keras

    model = getattr(keras.applications, network)(input_shape=(96, 96, 3), weights=None, classes=10)
    model.save(tmp_path / "network.keras")
    compiled = compile_model(tmp_path / "network.keras", options=CompileOptions(input_range=RANGE))
    assert compiled.quantization == "dynamic"
    assert compiled.verification is not None
    assert compiled.verification.agreement >= 0.95
    written = read_model(compiled.content)
    tensors = written.subgraphs[0].tensors
    types = {
        tensors[operator.inputs[1]].type
        for operator in written.subgraphs[0].operators
        if operator_name(written, operator) == "DEPTHWISE_CONV_2D"
    }
    assert types == {schema.TensorType.FLOAT32}
    assert LiteRTFile(compiled.content).is_all_delegated == all_delegated
