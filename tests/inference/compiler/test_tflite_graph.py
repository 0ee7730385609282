from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from inference.compiler.saved_model import compile_saved_model, write_saved_model
from inference.compiler.tflite import compile_tflite
from inference.compiler.tflite_graph import tensorflow_network
from inference.compiler.tflite_operators import OPERATORS
from inference.errors import ModelError
from inference.litert.file_format import operator_name
from inference.models.litert_engine import dequantise
from tests.support.networks import Dtype, Pooling, colour_network, edited

SIDE = 9


def weights(*shape: int) -> npt.NDArray[np.float32]:
    return np.random.default_rng(len(shape)).normal(size=shape).astype(np.float32)


def convolutions(x: tf.Tensor) -> tf.Tensor:
    x = tf.nn.relu6(tf.nn.conv2d(x, weights(3, 3, 3, 4), 2, "SAME") + weights(4))
    x = tf.nn.relu(tf.nn.depthwise_conv2d(x, weights(3, 3, 4, 2), [1, 1, 1, 1], "VALID"))
    x = tf.nn.conv2d(x, weights(1, 2, 8, 5), 1, "SAME", dilations=[1, 2])
    return tf.reshape(x, [-1, x.shape[1] * x.shape[2] * x.shape[3]])


def poolings(x: tf.Tensor) -> tf.Tensor:
    x = tf.concat([tf.nn.avg_pool2d(x, 3, 1, "SAME"), tf.nn.max_pool2d(x, 3, 1, "SAME")], axis=-1)
    x = tf.nn.avg_pool2d(tf.pad(x, [[0, 0], [1, 0], [0, 1], [0, 0]]), 2, 2, "VALID")
    x = tf.pad(x, [[0, 0], [0, 1], [1, 0], [0, 0]], constant_values=-3.0)
    x = tf.concat([tf.reduce_mean(x, [1, 2], keepdims=True), tf.reduce_max(x, [1, 2], keepdims=True)], axis=-1)
    return tf.squeeze(x, [1, 2])


def arithmetic(x: tf.Tensor) -> tf.Tensor:
    y = tf.abs(-x * 2.0 - 1.0) + 0.5
    y = tf.sqrt(y) + tf.math.rsqrt(y) + tf.square(y) - tf.math.log(y) + tf.exp(-y)
    y = tf.maximum(y, tf.minimum(x, 0.25)) / (tf.math.squared_difference(x, y) + 1.0)
    return tf.reduce_sum(tf.transpose(y, [0, 2, 1, 3]), [1])[:, :, 0]


def activations(x: tf.Tensor) -> tf.Tensor:
    y = tf.stack(
        [
            tf.nn.relu(x),
            tf.nn.relu6(x),
            tf.tanh(x),
            tf.sigmoid(x),
            tf.nn.elu(x),
            tf.nn.leaky_relu(x, 0.3),
            x * tf.nn.relu6(x + 3.0) * (1 / 6),
            tf.clip_by_value(x, -1.0, 1.0),
            tf.nn.relu(x) + -weights(SIDE, SIDE, 3) * tf.nn.relu(-x),
        ],
        axis=1,
    )
    return tf.reduce_mean(y, [2, 3, 4])


def endings(x: tf.Tensor) -> tf.Tensor:
    x = tf.reshape(x, [tf.shape(x)[0], SIDE * SIDE * 3])
    x = tf.matmul(x, weights(SIDE * SIDE * 3, 6)) * 0.1
    left = tf.expand_dims(tf.nn.softmax(x), 1)
    return tf.squeeze(tf.matmul(left, tf.expand_dims(tf.nn.log_softmax(x), 2)) * weights(6), [1])


CASES: tuple[Callable[[tf.Tensor], tf.Tensor], ...] = (convolutions, poolings, arithmetic, activations, endings)


@cache
def converted(function: Callable[[tf.Tensor], tf.Tensor]) -> bytes:
    with TemporaryDirectory() as folder:
        write_saved_model(lambda image: {"probabilities": function(image)}, Path(folder), height=SIDE, width=SIDE)
        return compile_saved_model(Path(folder), quantize="none")


def operators(content: bytes) -> set[str]:
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    return {operator_name(model, operator) for operator in model.subgraphs[0].operators}


def run(content: bytes, image: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
    """What LiteRT itself gives, one image at a time."""
    signature = Interpreter(model_content=content).get_signature_runner()
    results = [signature(image=image[index : index + 1]) for index in range(len(image))]
    details = signature.get_output_details()
    return {
        name: dequantise(np.concatenate([result[name] for result in results]), detail)
        for name, detail in details.items()
    }


@pytest.mark.parametrize("function", CASES, ids=lambda function: function.__name__)
def test_operators_compute_what_litert_computes(function: Callable[[tf.Tensor], tf.Tensor]) -> None:
    content = converted(function)
    image = np.random.default_rng(0).uniform(-2, 2, (3, SIDE, SIDE, 3)).astype(np.float32)
    expected = run(content, image)["probabilities"]
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(tensorflow_network(content)(image)["probabilities"], expected, rtol=1e-4, atol=1e-4)


def test_every_operator_is_tried() -> None:
    tried = set().union(*(operators(converted(function)) for function in CASES))
    # The converter writes these as other operators; the tests below cover them.
    assert set(OPERATORS) - tried == {"DEQUANTIZE", "QUANTIZE", "PRELU", "SQUEEZE"}


def spelt(content: bytes, name: str, other: str, options: object | None, inputs: int) -> bytes:
    """Put another operator, with the first inputs only, in the place of one."""

    def change(model: Any) -> None:
        values = vars(schema.BuiltinOperator)
        (number,) = (n for n, code in enumerate(model.operatorCodes) if code.builtinCode == values[name])
        model.operatorCodes[number].builtinCode = model.operatorCodes[number].deprecatedBuiltinCode = values[other]
        (operator,) = (operator for operator in model.subgraphs[0].operators if operator.opcodeIndex == number)
        operator.inputs = operator.inputs[:inputs]
        operator.builtinOptions, operator.builtinOptionsType = options, 0
        if options is not None:
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, type(options).__name__.removesuffix("T"))

    return edited(content, change)


def squeezing(*axes: int) -> object:
    options = schema.SqueezeOptionsT()
    options.squeezeDims = list(axes)
    return options


def test_squeezes_leave_the_batch() -> None:
    image = np.random.default_rng(0).uniform(-1, 1, (3, 8, 6, 3)).astype(np.float32)
    for options in (squeezing(1, 2), squeezing(-2, 1), squeezing()):
        content = compile_tflite(spelt(colour_network(), "RESHAPE", "SQUEEZE", options, 1)).content
        expected = run(compile_tflite(colour_network()).content, image)["probabilities"]
        np.testing.assert_allclose(tensorflow_network(content)(image)["probabilities"], expected, atol=1e-6)


def test_prelu_has_a_slope_for_each_channel() -> None:
    def larger(x: tf.Tensor) -> tf.Tensor:
        return tf.maximum(x, tf.constant([[[0.1, 0.5, -2.0]]]))[:, 4, 4]

    content = spelt(converted(larger), "MAXIMUM", "PRELU", None, 2)
    image = np.random.default_rng(0).uniform(-2, 2, (3, SIDE, SIDE, 3)).astype(np.float32)
    expected = run(content, image)["probabilities"]
    np.testing.assert_allclose(tensorflow_network(content)(image)["probabilities"], expected, atol=1e-6)
    np.testing.assert_allclose(expected, np.where(image > 0, image, image * [0.1, 0.5, -2.0])[:, 4, 4], atol=1e-6)


@pytest.mark.parametrize("dtype", get_args(Dtype))
@pytest.mark.parametrize("pooling", get_args(Pooling))
def test_networks_of_integers_are_the_same_in_floats(dtype: Dtype, pooling: Pooling) -> None:
    content = compile_tflite(colour_network(dtype=dtype, pooling=pooling)).content
    integers = np.random.default_rng(0).integers(0, 256, (4, 8, 6, 3))
    real = (integers.astype(np.float32) - 128) / 128
    inputs: dict[Dtype, npt.NDArray[Any]] = {
        "float32": real,
        "uint8": integers.astype(np.uint8),
        "int8": (integers - 128).astype(np.int8),
    }
    expected = run(content, inputs[dtype])
    for name, exact in tensorflow_network(content)(real).items():
        # Some intermediate results are rounded to 1/128.
        np.testing.assert_allclose(exact, expected[name], atol=1e-6 if dtype == "float32" else 2 / 128)


@pytest.mark.parametrize("rounded", [False, True])
def test_a_range_of_integers_that_stands_for_a_relu_is_kept(rounded: bool) -> None:
    def cut_at_zero(model: Any) -> None:
        (pixels,) = (tensor for tensor in model.subgraphs[0].tensors if tensor.name == b"pixels")
        pixels.quantization.zeroPoint = [0]

    content = compile_tflite(edited(colour_network(dtype="uint8"), cut_at_zero)).content
    image = np.full((1, 8, 6, 3), 28, np.uint8)
    features = tensorflow_network(content, rounded=rounded)((image.astype(np.float32) - 128) / 128)["features"]
    np.testing.assert_array_equal(features, run(content, image)["features"])
    np.testing.assert_array_equal(features, 0)


def test_rounded_results_are_integers_of_the_file() -> None:
    content = compile_tflite(colour_network(dtype="int8")).content
    real = np.random.default_rng(0).uniform(-1, 1, (2, 8, 6, 3)).astype(np.float32)
    steps = np.asarray(tensorflow_network(content, rounded=True)(real)["features"]) * 128
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-4)
    assert np.abs(np.asarray(tensorflow_network(content)(real)["features"]) * 128 - steps).max() > 0.2


def test_a_file_for_one_image_becomes_a_network_for_any_number() -> None:
    content = compile_tflite(colour_network(batch=1)).content
    assert tensorflow_network(content)(np.zeros((5, 8, 6, 3), np.float32))["probabilities"].shape == (5, 3)


def test_an_operator_that_is_not_known_is_named() -> None:
    def square_root(model: Any) -> None:
        code = model.operatorCodes[0]
        code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.LOCAL_RESPONSE_NORMALIZATION

    def custom(model: Any) -> None:
        code = model.operatorCodes[0]
        code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM
        code.customCode = "TFLite_Detection_PostProcess"

    content = compile_tflite(colour_network()).content
    for change, name in ((square_root, "LOCAL_RESPONSE_NORMALIZATION"), (custom, "TFLite_Detection_PostProcess")):
        with pytest.raises(ModelError, match=f"Received: {name}"):
            tensorflow_network(edited(content, change))


def test_weights_of_a_type_that_is_not_known_are_refused() -> None:
    def four_bits(model: Any) -> None:
        (identity,) = (tensor for tensor in model.subgraphs[0].tensors if tensor.name == b"identity")
        identity.type = schema.TensorType.INT4

    with pytest.raises(ModelError, match=r"expected weights of FLOAT32, .* Received: INT4"):
        tensorflow_network(edited(compile_tflite(colour_network(dtype="int8")).content, four_bits))
