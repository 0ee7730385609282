from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from inference.compiler.tflite import compile_tflite
from inference.compiler.tflite_output_layers import append_output_layers
from inference.models.bundle import write_bundle
from inference.models.engine import EngineOutput, load_engine
from inference.models.head import Head
from inference.models.spec import ModelSpec
from tests.support.networks import Dtype, End, Pooling, colour_network

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 8, 6, 3), dtype=np.uint8)
HEAD = Head(np.random.default_rng(1).normal(size=(3, 2)).astype(np.float32), np.array([0.5, -0.25], np.float32))
SPEC = ModelSpec(
    name="colours", version="0" * 12, height=8, width=6, input_range=(-1, 1), crop=1.0, classes=3,
    outputs=("probabilities", "embedding", "features"),
)  # fmt: skip


def answers(folder: Path, spec: ModelSpec, content: bytes, head: Head | None = None) -> EngineOutput:
    """What the engine makes of a network."""
    folder.mkdir()
    labels = [str(number) for number in range(spec.classes)]
    return load_engine(write_bundle(folder, spec, network=content, labels=labels, head=head)).run(PIXELS, features=True)


@pytest.mark.parametrize("dtype", get_args(Dtype))
@pytest.mark.parametrize("end", ["SOFTMAX", None])
@pytest.mark.parametrize("temperature", [1.0, 0.4, 2.5])
@pytest.mark.parametrize("head", [None, HEAD], ids=["own classes", "head"])
def test_the_file_alone_gives_what_the_engine_makes_of_it(
    dtype: Dtype, end: End | None, temperature: float, head: Head | None, tmp_path: Path
) -> None:
    network = compile_tflite(colour_network(dtype=dtype, end=end))
    activation = "softmax" if head else network.activation
    classes = head.classes if head else 3
    spec = replace(SPEC, classes=classes, activation=activation, temperature=temperature, head=head is not None)
    expected = answers(tmp_path / "model", spec, network.content, head)
    content = append_output_layers(network.content, head=head, activation=activation, temperature=temperature)
    alone = replace(SPEC, classes=classes)
    received = answers(tmp_path / "alone", alone, content)
    np.testing.assert_allclose(received.probabilities, expected.probabilities, atol=1e-6)
    np.testing.assert_array_equal(received.embedding, expected.embedding)
    np.testing.assert_array_equal(received.features, expected.features)


@pytest.mark.parametrize("pooling", get_args(Pooling))
@pytest.mark.parametrize("head", [None, HEAD], ids=["own classes", "head"])
def test_a_free_batch_stays_free(pooling: Pooling, head: Head | None, tmp_path: Path) -> None:
    network = compile_tflite(colour_network(batch=-1, end=None, pooling=pooling))
    content = append_output_layers(network.content, head=head, activation="softmax", temperature=2.0)
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    classes = head.classes if head else 3
    (scores,) = (model.subgraphs[0].tensors[index] for index in model.subgraphs[0].outputs[:1])
    assert list(scores.shapeSignature) == [-1, classes]
    answers(tmp_path / "alone", replace(SPEC, classes=classes), content)


def test_what_is_complete_stays_as_it_is() -> None:
    content = compile_tflite(colour_network()).content
    assert append_output_layers(content, head=None, activation="none", temperature=1.0) is content


def test_a_head_drops_the_classifier_that_it_replaces() -> None:
    content = compile_tflite(colour_network()).content
    headed = schema.ModelT.InitFromPackedBuf(
        append_output_layers(content, head=HEAD, activation="softmax", temperature=1), 0
    )
    graph = headed.subgraphs[0]
    names = {
        tensor.name: headed.buffers[tensor.buffer].data is not None
        for tensor in graph.tensors
        if tensor.name in (b"identity", b"classifier")
    }
    assert names == {b"identity": True, b"classifier": False}
    read = {int(index) for operator in graph.operators for index in operator.inputs}
    assert not any(graph.tensors[index].name == b"classifier" for index in read)
