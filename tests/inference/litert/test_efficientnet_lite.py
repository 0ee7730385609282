from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from inference.compiler.compile import compile_model
from inference.compiler.model import CompileOptions, Quantization
from inference.errors import ModelError
from inference.litert.efficientnet_lite import INPUT_RANGE, SCALINGS, efficientnet_lite, network_number
from inference.litert.signature import OUTPUTS
from inference.litert.writer import write_network
from tests.support.efficientnet_weights import Weights, random_weights
from tests.support.litert_files import LiteRTFile
from tests.support.torch_files import torch_file


@pytest.fixture(scope="module")
def weights() -> Weights:
    return random_weights(0)


@pytest.mark.parametrize(("number", "parameters", "side"), [(0, 4_652_008, 7), (1, 5_416_680, 8), (2, 6_092_072, 9)])
def test_the_networks_have_their_published_sizes(number: int, parameters: int, side: int) -> None:
    weights = random_weights(number, classes=1000)
    learnt = [values for name, values in weights.items() if "running" not in name and "num_batches" not in name]
    assert sum(values.size for values in learnt) == parameters
    assert network_number(weights) == number
    graph = efficientnet_lite(weights, SCALINGS[number])
    assert graph.outputs["features"].shape == (side, side, 1280)
    assert graph.outputs["probabilities"].shape == (1000,)


def test_another_side_is_free(weights: Weights) -> None:
    graph = efficientnet_lite(weights, SCALINGS[0], side=64)
    pixels = np.zeros((2, 64, 64, 3), np.uint8)
    outputs = LiteRTFile(write_network(graph, "dynamic")).run(pixels, INPUT_RANGE)
    assert {name: values.shape for name, values in outputs.items()} == {
        "probabilities": (2, 10),
        "embedding": (2, 1280),
        "features": (2, 2, 2, 1280),
    }


def without(name: str) -> Callable[[Weights], None]:
    def spoil(weights: Weights) -> None:
        del weights[name]

    return spoil


def changed(name: str, change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Weights], None]:
    return lambda weights: weights.update({name: change(weights[name])})


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (without("_blocks.3._bn1.running_mean"), "none named _blocks.3._bn1.running_mean"),
        (without("_fc.bias"), "none named _fc.bias"),
        (without("_blocks.15._project_conv.weight"), "EfficientNet-Lite 0, 1 or 2. Received: other weights"),
        (changed("_conv_stem.weight", lambda x: x[:, :1]), r"_conv_stem.weight: expected float32 \(32, 3, 3, 3\)"),
        (changed("_blocks.2._depthwise_conv.weight", lambda x: x[..., :2]), "_blocks.2._depthwise_conv.weight"),
        (changed("_fc.weight", lambda x: x.T), r"_fc.weight: expected float32 \(10, 1280\)"),
        (changed("_bn0.bias", lambda x: x.astype(np.float64)), "_bn0.bias: expected float32"),
        (
            changed("_bn0.bias", lambda x: x * np.nan),
            "_bn0.bias: expected weights. Received: values that are no numbers",
        ),
        (changed("_bn0.running_var", lambda x: -x), "_bn0: expected variances"),
        (changed("_blocks.15._project_conv.weight", lambda x: x[0, 0, 0, 0]), "other weights"),
    ],
)
def test_weights_that_do_not_fit_are_refused_by_name(
    weights: Weights, tmp_path: Path, spoil: Callable[[Weights], None], complaint: str
) -> None:
    spoilt = dict(weights)
    spoil(spoilt)
    path = tmp_path / "weights.pth"
    path.write_bytes(torch_file(spoilt))
    with pytest.raises(ModelError, match=complaint):
        compile_model(path)


@pytest.mark.parametrize(("quantize", "least_bytes"), [("none", 13_400_000), ("dynamic", 4_000_000)])
def test_a_file_of_weights_is_compiled_by_its_content(
    weights: Weights, tmp_path: Path, quantize: Quantization, least_bytes: int
) -> None:
    path = tmp_path / "weights.of.anything"
    path.write_bytes(torch_file(weights))
    compiled = compile_model(path, options=CompileOptions(quantize=quantize))
    assert (compiled.height, compiled.width, compiled.classes, compiled.activation) == (224, 224, 10, "none")
    assert (compiled.outputs, compiled.quantization, compiled.engine) == (OUTPUTS, quantize, "litert")
    assert compiled.input_range == INPUT_RANGE
    assert compiled.findings == ("found the weights of EfficientNet-Lite0",)
    assert least_bytes < len(compiled.content) < 1.2 * least_bytes
    if quantize == "none":
        assert compiled.verification is None
    else:
        assert compiled.verification is not None
        assert compiled.verification.agreement >= 0.95


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (CompileOptions(quantize="float16"), "--quantize: expected int8, dynamic or none"),
        (CompileOptions(input="image"), "expected no --input with the weights of a known network"),
        (CompileOptions(output="scores"), "expected no --output with"),
        (CompileOptions(input_size=(224, 224)), "expected no --input-size with"),
        (CompileOptions(input_range=(0, 1)), "expected no --input-range with"),
        (CompileOptions(engine="tensorflow"), "expected no --engine with"),
    ],
)
def test_options_that_the_weights_leave_no_choice_of_are_refused(
    weights: Weights, tmp_path: Path, options: CompileOptions, complaint: str
) -> None:
    path = tmp_path / "weights.pth"
    path.write_bytes(torch_file(weights))
    with pytest.raises(ModelError, match=complaint):
        compile_model(path, options=options)


def test_a_network_that_answers_otherwise_in_int8_is_refused(weights: Weights, tmp_path: Path) -> None:
    """The shipped ranges are those of the published weights: others' results lie far outside of them."""
    wild = {name: values * (1000 if name == "_fc.weight" else 1) for name, values in weights.items()}
    wild = {name: values * (30 if name.endswith("_bn2.weight") else 1) for name, values in wild.items()}
    wild = {name: values.astype(weights[name].dtype) for name, values in wild.items()}
    path = tmp_path / "weights.pth"
    path.write_bytes(torch_file(wild))
    with pytest.raises(ModelError, match="expected the compiled network to give the original's best label"):
        compile_model(path)
    assert compile_model(path, options=CompileOptions(force=True)).quantization == "int8"
