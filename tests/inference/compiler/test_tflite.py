from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any, get_args

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.compiler.tflite import compile_tflite
from inference.errors import ModelError
from tests.support.examples import examples
from tests.support.litert_files import LiteRTFile
from tests.support.networks import Dtype, End, Pooling, colour_network, edited

ALL = ("probabilities", "embedding", "features")


def outputs_of(content: bytes) -> dict[str, str]:
    """The signature's outputs, each with the name of its tensor."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[0]
    (signature,) = model.signatureDefs
    assert [output.tensorIndex for output in signature.outputs] == list(graph.outputs)
    return {output.name.decode(): graph.tensors[output.tensorIndex].name.decode() for output in signature.outputs}


@pytest.mark.parametrize("dtype", get_args(Dtype))
def test_size_and_classes_are_read_from_the_file(dtype: Dtype) -> None:
    network = compile_tflite(colour_network(dtype=dtype, height=10, width=20))
    assert (network.height, network.width, network.classes) == (10, 20, 3)


@pytest.mark.parametrize(
    ("dtype", "input_range"), [("float32", None), ("uint8", (-1.0, 127 / 128)), ("int8", (-1.0, 127 / 128))]
)
def test_the_input_range_is_read_from_the_quantisation(dtype: Dtype, input_range: tuple[float, float] | None) -> None:
    assert compile_tflite(colour_network(dtype=dtype)).input_range == input_range


def test_integers_without_quantisation_are_taken_as_they_are() -> None:
    def forget(model: Any) -> None:
        model.subgraphs[0].tensors[0].quantization = None

    assert compile_tflite(edited(colour_network(dtype="uint8"), forget)).input_range == (0, 255)


@pytest.mark.parametrize(("end", "activation"), [("SOFTMAX", "none"), (None, "softmax"), ("LOG_SOFTMAX", "softmax")])
def test_the_last_operator_tells_what_the_scores_need(end: End | None, activation: str) -> None:
    assert compile_tflite(colour_network(end=end)).activation == activation


def test_scores_that_exclude_no_other_are_refused() -> None:
    with pytest.raises(ModelError, match=r"softmax or in logits\. Received: one that ends in LOGISTIC"):
        compile_tflite(colour_network(end="LOGISTIC"))


@pytest.mark.parametrize("name", ["FlexWriteFile", "FlexPyFunc", "theirs\x1b[2J"])
@pytest.mark.parametrize("old", [False, True])
def test_operators_beside_litert_s_own_are_refused_by_name(name: str, old: bool) -> None:
    def custom(model: Any) -> None:
        code = schema.OperatorCodeT()
        # Files from before LiteRT had 128 operators store the code in another field.
        code.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM
        code.builtinCode = 0 if old else schema.BuiltinOperator.CUSTOM
        code.customCode = name
        model.operatorCodes.append(code)

    shown = re.escape(name.replace("\x1b", "\\x1b"))
    with pytest.raises(ModelError, match=rf"expected LiteRT's own operators\. Received: {shown}, which could"):
        compile_tflite(edited(colour_network(), custom))


@pytest.mark.parametrize("end", ["SOFTMAX", None, "LOG_SOFTMAX"])
@pytest.mark.parametrize("pooling", ["MEAN", "AVERAGE_POOL_2D"])
@pytest.mark.parametrize("batch", [1, -1])
def test_embedding_and_features_are_found_in_the_graph(end: End | None, pooling: Pooling, batch: int) -> None:
    network = compile_tflite(colour_network(end=end, pooling=pooling, batch=batch))
    assert network.outputs == ALL
    scores = "logits" if end is None else "scores"
    assert outputs_of(network.content) == {"probabilities": scores, "embedding": "mean", "features": "pixels"}


def test_what_the_graph_does_not_show_is_left_out() -> None:
    def pool_the_largest(model: Any) -> None:
        model.operatorCodes[1].builtinCode = model.operatorCodes[1].deprecatedBuiltinCode = (
            schema.BuiltinOperator.MAX_POOL_2D
        )

    network = compile_tflite(edited(colour_network(), pool_the_largest))
    assert network.outputs == ("probabilities",)
    assert outputs_of(network.content) == {"probabilities": "scores"}


def test_names_of_a_signature_go_before_the_shape_of_the_graph() -> None:
    def swap(model: Any) -> None:
        names = {output.name: output for output in model.signatureDefs[0].outputs}
        names[b"features"].tensorIndex = model.signatureDefs[0].inputs[0].tensorIndex

    network = compile_tflite(edited(compile_tflite(colour_network(pooling="MEAN")).content, swap))
    assert outputs_of(network.content) == {"probabilities": "scores", "embedding": "mean", "features": "image"}


def test_a_name_for_a_tensor_of_another_rank_does_not_count() -> None:
    def misname(model: Any) -> None:
        names = {output.name: output for output in model.signatureDefs[0].outputs}
        names[b"features"].tensorIndex = names[b"embedding"].tensorIndex

    network = compile_tflite(edited(compile_tflite(colour_network(pooling="MEAN")).content, misname))
    assert outputs_of(network.content)["features"] == "pixels"


def test_of_several_outputs_the_softmax_has_the_scores() -> None:
    def add_logits(model: Any) -> None:
        graph = model.subgraphs[0]
        graph.outputs = [next(i for i, tensor in enumerate(graph.tensors) if tensor.name == b"logits"), *graph.outputs]

    assert outputs_of(compile_tflite(edited(colour_network(), add_logits)).content)["probabilities"] == "scores"
    # Where none is a softmax, the scores are the output that nothing reads.
    of_logits = compile_tflite(edited(colour_network(end="LOG_SOFTMAX"), add_logits))
    assert outputs_of(of_logits.content)["probabilities"] == "scores"


def with_two_ends(model: Any) -> None:
    """Leave out the last operator's reading, so that two outputs of scores are left."""
    graph = model.subgraphs[0]
    names = {tensor.name: index for index, tensor in enumerate(graph.tensors)}
    mean, logits = names[b"mean"], names[b"logits"]
    softmax = graph.operators[-1]
    softmax.inputs = [names.get(b"flat", mean)]
    graph.outputs = [logits, names[b"scores"]]


def test_of_several_outputs_one_is_named() -> None:
    network = edited(colour_network(end="LOG_SOFTMAX"), with_two_ends)
    with pytest.raises(ModelError, match=r"or its name \(see --output\)\. Received: logits \(1, 3\), scores \(1, 3\)"):
        compile_tflite(network)
    for name in ("logits", "logits:0"):
        assert outputs_of(compile_tflite(network, output=name).content)["probabilities"] == "logits"
    with pytest.raises(ModelError, match=r"--output: expected the name of an output, of logits .* Received: 'nothing'"):
        compile_tflite(network, output="nothing")
    with pytest.raises(ModelError, match=r"Received: pixels, of \(1, 8, 6, 3\)"):
        compile_tflite(network, output="pixels")


@pytest.mark.parametrize("dtype", get_args(Dtype))
@pytest.mark.parametrize("end", ["LOGISTIC", None])
@pytest.mark.parametrize("batch", [1, -1])
def test_one_score_is_that_of_the_second_of_two_labels(dtype: Dtype, end: End | None, batch: int) -> None:
    network = compile_tflite(colour_network(dtype=dtype, end=end, classes=1, batch=batch, sharpness=8))
    assert (network.classes, network.outputs) == (2, ALL)
    assert network.activation == ("softmax" if end is None else "none")
    pixels = np.zeros((1, 8, 6, 3), np.uint8)
    pixels[..., 0] = 160
    input_range = network.input_range or (-1.0, 1.0)
    scores = LiteRTFile(network.content).run(pixels, input_range)["probabilities"]
    red = 1 / (1 + np.exp(-8 * np.interp(160, [0, 255], input_range)))
    if end is None:
        scores = np.exp(scores) / np.exp(scores).sum()
    np.testing.assert_allclose(scores, [[1 - red, red]], atol=0.02)


@pytest.mark.parametrize("dtype", get_args(Dtype))
@pytest.mark.parametrize("batch", [1, -1])
def test_an_input_with_channels_first_is_transposed(dtype: Dtype, batch: int) -> None:
    last = compile_tflite(colour_network(dtype=dtype, batch=batch))
    first = compile_tflite(colour_network(dtype=dtype, batch=batch, channels_first=True))
    assert (first.height, first.width, first.outputs, first.input_range) == (8, 6, ALL, last.input_range)
    assert first.findings == ("the input has its channels first; a transposition was added",)
    pixels = np.random.default_rng(0).integers(0, 256, (1, 8, 6, 3), dtype=np.uint8)
    expected, received = (LiteRTFile(each.content).run(pixels, (-1, 1)) for each in (last, first))
    for name in ALL:
        np.testing.assert_array_equal(received[name], expected[name])


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([("MUL", 1 / 255)], (0, 255)),
        ([("DIV", 127.5), ("SUB", 1.0)], (0, 255)),
        ([("MUL", 2.0), ("ADD", -1.0)], (0, 1)),
        ([("MUL", 127.5), ("ADD", 127.5)], (-1, 1)),
        ([("MUL", 255.0)], (0, 1)),
        ([("SUB", 120.0)], (0, 255)),
        ([("MUL", 7.5)], None),
        ([("ADD", 0.5)], None),
    ],
)
def test_arithmetic_at_the_beginning_tells_the_input_range(
    steps: list[Any], expected: tuple[float, float] | None
) -> None:
    assert compile_tflite(colour_network(first_steps=steps)).input_range == expected


@pytest.mark.parametrize("hidden", [1, 2])
@pytest.mark.parametrize("pooling", ["MEAN", "AVERAGE_POOL_2D"])
def test_the_embedding_is_before_all_dense_layers(hidden: int, pooling: Pooling) -> None:
    network = compile_tflite(colour_network(hidden=hidden, pooling=pooling))
    assert outputs_of(network.content) == {"probabilities": "scores", "embedding": "mean", "features": "pixels"}


def test_files_for_the_edge_tpu_and_detectors_are_named_as_such() -> None:
    def custom(name: str) -> Callable[[Any], None]:
        def change(model: Any) -> None:
            code = schema.OperatorCodeT()
            code.deprecatedBuiltinCode = code.builtinCode = schema.BuiltinOperator.CUSTOM
            code.customCode = name
            model.operatorCodes.append(code)

        return change

    with pytest.raises(ModelError, match=r"x_edgetpu\.tflite: .* take the file without _edgetpu in its name"):
        compile_tflite(edited(colour_network(), custom("edgetpu-custom-op")), "x_edgetpu.tflite")
    with pytest.raises(ModelError, match=r"expected an image classifier.* Received: an object detector"):
        compile_tflite(edited(colour_network(), custom("TFLite_Detection_PostProcess")))


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        ((1, 1917, 4), "an object detector"),
        ((1, 84, 8400), "an object detector"),
        ((1, 25200, 85), "an object detector"),
        ((1, 257, 257, 21), "a segmentation network"),
        ((1, 65, 65, 1), "a segmentation network"),
        ((1, 6, 7), None),
    ],
)
def test_networks_of_other_kinds_are_named_by_their_outputs(shape: tuple[int, ...], kind: str | None) -> None:
    def change(model: Any) -> None:
        graph = model.subgraphs[0]
        graph.tensors[graph.outputs[0]].shape = list(shape)

    with pytest.raises(ModelError, match=f"Received: {kind}" if kind else "expected one output of scores"):
        compile_tflite(edited(colour_network(), change))


def test_what_was_compiled_compiles_to_the_same() -> None:
    once = compile_tflite(colour_network())
    assert compile_tflite(once.content) == once


def reshape(*sides: int) -> Callable[[Any], None]:
    def change(model: Any) -> None:
        model.subgraphs[0].tensors[0].shape = list(sides)

    return change


def retype(name: bytes, dtype: int) -> Callable[[Any], None]:
    def change(model: Any) -> None:
        next(tensor for tensor in model.subgraphs[0].tensors if tensor.name == name).type = dtype

    return change


def test_what_is_no_image_classifier_is_refused() -> None:
    def second_input(model: Any) -> None:
        model.subgraphs[0].inputs = [0, 1]

    def outside(model: Any) -> None:
        model.buffers[1].offset = 4096

    for change, reason in (
        (reshape(1, 4, 8, 6), r"Received: \(1, 4, 8, 6\) and FLOAT32"),
        (reshape(1, 8, 6, 1), r"Received: \(1, 8, 6, 1\)"),
        (reshape(4, 8, 6, 3), r"Received: \(4, 8, 6, 3\)"),
        (reshape(1, -1, -1, 3), r"Received: \(1, -1, -1, 3\)"),
        (reshape(8, 6, 3), r"Received: \(8, 6, 3\)"),
        (reshape(), r"Received: \(\)"),
        (retype(b"image", schema.TensorType.FLOAT16), "FLOAT16"),
        (retype(b"scores", schema.TensorType.INT64), "one output of scores"),
        (second_input, "one input, an image. Received: 2"),
        (outside, "some after them"),
    ):
        with pytest.raises(ModelError, match=reason):
            compile_tflite(edited(colour_network(), change))


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04" + bytes(100), b"\x08\0\0\0TFL3", b"\x1c\0\0\0TFL3" + b"\xff" * 99]
)
def test_other_content_is_no_network(content: bytes) -> None:
    with pytest.raises(ModelError, match=r"\.tflite"):
        compile_tflite(content)


def test_operators_in_a_circle_are_refused() -> None:
    def read_itself(model: Any) -> None:
        softmax = model.subgraphs[0].operators[-1]
        softmax.inputs = softmax.outputs

    def make_twice(model: Any) -> None:
        operators = model.subgraphs[0].operators
        operators[0].outputs = operators[-1].outputs

    for change, reason in ((read_itself, "reads what comes after it"), (make_twice, "make the same tensor")):
        with pytest.raises(ModelError, match=reason):
            compile_tflite(edited(colour_network(), change))


NETWORK = colour_network()


@settings(max_examples=examples(300), deadline=5000)
@given(
    st.integers(0, len(NETWORK)),
    st.lists(st.tuples(st.integers(0, len(NETWORK) - 1), st.integers(0, 255)), max_size=5),
)
def test_damage_anywhere_is_a_model_error_or_harmless(end: int, edits: list[tuple[int, int]]) -> None:
    """Any other error fails the test."""
    damaged = bytearray(NETWORK)
    for position, value in edits:
        damaged[position] = value
    for content in (bytes(damaged), bytes(damaged[:end])):
        with suppress(ModelError):
            compile_tflite(content)
