from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

from inference.compiler.compile import compile_model
from inference.compiler.model import CompiledModel, CompileOptions
from inference.errors import ModelError
from inference.models.bundle import write_bundle
from inference.models.engine import EngineOutput, load_engine
from tests.support.graphs import GraphBuilder, colour_graph
from tests.support.images import encode

Save = Callable[[Any], Path]
RANGE = (-1.0, 1.0)
AS_IT_IS = CompileOptions(input_range=RANGE, engine="tensorflow")
EXACT = CompileOptions(input_range=RANGE, quantize="none")


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def save(graph: Any) -> Path:
        path = tmp_path / "graph.pb"
        path.write_bytes(graph.SerializeToString())
        return path

    return save


def run(compiled: CompiledModel, folder: Path, pixels: np.ndarray) -> EngineOutput:
    """Run a compiled network by the engine of its bundle."""
    folder.mkdir()
    labels = [str(number) for number in range(compiled.classes)]
    bundle = write_bundle(folder, compiled.spec("compiled"), network=compiled.content, labels=labels)
    return load_engine(bundle).run(pixels, features=True)


def colours(count: int, height: int = 8, width: int = 6) -> np.ndarray:
    """Images of red, green, blue, red, ..."""
    pixels = np.zeros((count, height, width, 3), np.uint8)
    for number in range(count):
        pixels[number, :, :, number % 3] = 255
    return pixels


@pytest.mark.parametrize("engine", ["litert", "tensorflow"])
def test_an_unknown_graph_is_found_out_by_shapes_and_operators(save: Save, tmp_path: Path, engine: Any) -> None:
    options = CompileOptions(input_range=RANGE, quantize=None if engine == "tensorflow" else "none", engine=engine)
    compiled = compile_model(save(colour_graph()), options=options)
    assert (compiled.height, compiled.width, compiled.classes, compiled.activation) == (8, 6, 3, "none")
    assert compiled.outputs == ("probabilities", "embedding", "features")
    assert (compiled.engine, compiled.quantization) == (engine, "none")
    assert compiled.findings == (
        "found a frozen graph: image at pixels, probabilities from colours, embedding from pool, features from layer",
    )
    output = run(compiled, tmp_path / "bundle", colours(3))
    assert output.probabilities.argmax(axis=1).tolist() == [0, 1, 2]
    assert output.embedding is not None
    assert output.features is not None
    np.testing.assert_allclose(output.embedding, np.eye(3), atol=1e-6)
    assert output.features.shape == (3, 8, 6, 3)


def test_what_a_bundle_has_of_a_graph_is_found_again_by_its_names(save: Save, tmp_path: Path) -> None:
    once = compile_model(save(colour_graph()), options=AS_IT_IS)
    graph = tf.compat.v1.GraphDef.FromString(once.content)
    aside = graph.node.add(op="Softmax", name="aside", input=["probabilities"])
    aside.attr["T"].type = tf.float32.as_datatype_enum
    again = compile_model(save(graph), options=AS_IT_IS)
    names = "probabilities from probabilities, embedding from embedding, features from features"
    assert again.findings == (f"found a frozen graph: image at image, {names}",)
    assert run(again, tmp_path / "bundle", colours(3)).probabilities.argmax(axis=1).tolist() == [0, 1, 2]


def test_logits_get_their_softmax_from_the_engine(save: Save, tmp_path: Path) -> None:
    compiled = compile_model(save(colour_graph(end=None)), options=EXACT)
    assert compiled.activation == "softmax"
    probabilities = run(compiled, tmp_path / "bundle", colours(1)).probabilities[0]
    np.testing.assert_allclose(probabilities, np.exp([2, 0, 0]) / np.exp([2, 0, 0]).sum(), atol=1e-6)


def test_a_reshape_to_one_image_is_freed_for_batches(save: Save, tmp_path: Path) -> None:
    compiled = compile_model(save(colour_graph(shape=(1, 8, 6, 3), sides=(1, 3))), options=EXACT)
    assert len(compiled.findings) == 1
    assert Interpreter(model_content=compiled.content).get_input_details()[0]["shape_signature"][0] == -1
    assert run(compiled, tmp_path / "bundle", colours(5)).probabilities.argmax(axis=1).tolist() == [0, 1, 2, 0, 1]


@pytest.mark.parametrize("engine", ["litert", "tensorflow"])
def test_a_graph_that_bears_one_image_alone_runs_them_one_by_one(save: Save, tmp_path: Path, engine: Any) -> None:
    options = CompileOptions(input_range=RANGE, engine=engine)
    compiled = compile_model(save(colour_graph(shape=(1, 8, 6, 3), sides=(3,))), options=options)
    assert compiled.findings[1] == "the graph takes one image at a time"
    assert run(compiled, tmp_path / "bundle", colours(4)).probabilities.argmax(axis=1).tolist() == [0, 1, 2, 0]


def test_integers_at_the_input_are_pixel_values(save: Save, tmp_path: Path) -> None:
    compiled = compile_model(
        save(colour_graph(dtype=tf.uint8)), options=CompileOptions(input_range=(0, 255), quantize="none")
    )
    assert run(compiled, tmp_path / "bundle", colours(3)).probabilities.argmax(axis=1).tolist() == [0, 1, 2]


def test_what_the_graph_leaves_free_is_asked_for(save: Save) -> None:
    free = save(colour_graph(shape=None))
    with pytest.raises(ModelError, match="--input-size"):
        compile_model(free, options=EXACT)
    with pytest.raises(ModelError, match="--input-range"):
        compile_model(free, options=CompileOptions(input_size=(8, 6)))
    options = CompileOptions(input_size=(10, 12), input_range=RANGE, engine="tensorflow")
    compiled = compile_model(free, options=options)
    assert (compiled.height, compiled.width) == (10, 12)


def two_ends() -> Any:
    graph = colour_graph()
    second = graph.node.add(op="Softmax", name="second", input=["product"])
    second.attr["T"].type = tf.float32.as_datatype_enum
    return graph


def test_of_several_softmaxes_one_has_to_be_named(save: Save) -> None:
    graph = save(two_ends())
    with pytest.raises(ModelError, match=r"--output.*Received: .*colours \(3\).*second \(3\)"):
        compile_model(graph, options=EXACT)
    named = compile_model(graph, options=replace(AS_IT_IS, input="pixels:0", output="second"))
    assert "probabilities from second" in named.findings[0]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"input": "nothing"}, r"--input: expected the name of a node\. Received: 'nothing'"),
        ({"output": "nothing"}, r"--output: expected the name of a node\. Received: 'nothing'"),
        ({"output": "layer"}, r"--output: expected a node of \(batch, classes\)\. Received: layer, of \(1, 8, 6, 3\)"),
        ({"input_size": (9, 9)}, "--input-size: expected 6x8, as the graph has it. Received: 9x9"),
        ({"quantize": "int8"}, "expected photos to calibrate int8 on"),
    ],
)
def test_options_that_do_not_fit_are_told(save: Save, options: dict[str, Any], reason: str) -> None:
    graph = save(colour_graph(shape=(1, 8, 6, 3)))
    with pytest.raises(ModelError, match=reason):
        compile_model(graph, options=CompileOptions(input_range=RANGE, **options))


@pytest.mark.parametrize("size", [(1, 1), (0, 9), (8, 5000)])
def test_a_size_that_does_not_work_is_told(save: Save, size: tuple[int, int]) -> None:
    build = GraphBuilder(tf.version.GRAPH_DEF_VERSION)
    x = build.node("Placeholder", "pixels", kind=None, dtype=tf.float32)
    build.pool("AvgPool", "pool", x, 3, 1, "VALID")
    with pytest.raises(ModelError, match=r"(takes 1x1 pixels|1 to 4096 pixels a side)\. Received: "):
        compile_model(save(build.graph), options=CompileOptions(input_range=RANGE, input_size=size))


def test_what_is_no_classifier_is_refused(save: Save, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="ends in Sigmoid"):
        compile_model(save(colour_graph(end="Sigmoid")), options=EXACT)
    build = GraphBuilder(tf.version.GRAPH_DEF_VERSION)
    words = build.node("Placeholder", "words", kind=None, dtype=tf.float32, shape=tf.TensorShape((None, 6)))
    build.node("Softmax", "scores", words)
    with pytest.raises(ModelError, match=r"one input of \(batch, height, width, 3\).*words \(None, 6\)"):
        compile_model(save(build.graph), options=EXACT)
    for content in (b"", b"no graph at all", b"\x89HDF\r\n\x1a\n and no more", b"PK\x03\x04"):
        path = tmp_path / "network.h5"
        path.write_bytes(content)
        with pytest.raises(ModelError, match=r"network\.h5"):
            compile_model(path, options=EXACT)
    with pytest.raises(ModelError, match=r"expected a SavedModel, with a file saved_model\.pb"):
        compile_model(tmp_path, options=EXACT)


def test_variables_have_to_be_frozen(save: Save) -> None:
    graph = colour_graph()
    graph.node.add(op="VariableV2", name="counter")
    with pytest.raises(ModelError, match=r"expected a frozen graph.*counter"):
        compile_model(save(graph), options=EXACT)


def test_what_litert_lacks_is_left_to_tensorflow_which_is_told(save: Save, tmp_path: Path) -> None:
    graph = save(colour_graph(before="Tan"))
    compiled = compile_model(graph, options=CompileOptions(input_range=(0.5, 1.25)))
    assert (compiled.engine, compiled.quantization) == ("tensorflow", "none")
    assert compiled.findings[1].startswith("LiteRT does not take this network, TensorFlow will run it: ")
    assert run(compiled, tmp_path / "bundle", colours(3)).probabilities.argmax(axis=1).tolist() == [0, 1, 2]
    with pytest.raises(ModelError, match="expected a network that LiteRT runs"):
        compile_model(graph, options=CompileOptions(input_range=(0.5, 1.25), engine="litert"))


def cancelling() -> Any:
    """A network whose first logit is what large weights leave that cancel each other but for what int8 rounds off."""
    build = GraphBuilder(tf.version.GRAPH_DEF_VERSION)
    x = build.node("Placeholder", "pixels", kind=None, dtype=tf.float32, shape=tf.TensorShape((None, 32, 32, 3)))
    x = build.node("Reshape", "flat", x, build.const("sides", [-1, 3072], tf.int32), Tshape=tf.int32)
    x = build.node("ConcatV2", "twice", x, x, build.const("axis", 1, tf.int32), N=2, Tidx=tf.int32)
    rng = np.random.default_rng(0)
    half = rng.normal(size=3072)
    column = (20 * (np.concatenate([half, -half]) + rng.normal(0, 0.003, 6144))).astype(np.float32)
    weights = build.const("dense", np.stack([column, np.zeros_like(column)], axis=1))
    x = build.node("MatMul", "product", x, weights, transpose_a=False, transpose_b=False)
    build.node("Softmax", "scores", x)
    return build.graph


def flooring() -> Any:
    """A network that rounds off pixel values which are whole but for the rounding of float32, as engines differ in."""
    build = GraphBuilder(tf.version.GRAPH_DEF_VERSION)
    x = build.node("Placeholder", "pixels", kind=None, dtype=tf.float32, shape=tf.TensorShape((None, 32, 32, 3)))
    kernel = (np.eye(3) * 127.5).reshape(1, 1, 3, 3).astype(np.float32)
    x = build.conv("layer", x, build.const("kernel", kernel), 1, "SAME")
    x = build.node("BiasAdd", "values", x, build.const("half", np.full(3, 127.5, np.float32)))
    x = build.node("Floor", "floor", x)
    x = build.node("Mean", "pool", x, build.const("axes", [1, 2], tf.int32), keep_dims=False, Tidx=tf.int32)
    weights = build.const("dense", np.array([[1, -1], [-1, 1], [0, 0]], np.float32) / 20)
    x = build.node("MatMul", "product", x, weights, transpose_a=False, transpose_b=False)
    build.node("Softmax", "scores", x)
    return build.graph


@pytest.mark.parametrize(
    ("build", "quantize", "reason"),
    [
        (cancelling, "dynamic", r"best label for 95% of the images, or --force\. Received: for \d\d% of 40"),
        (flooring, "none", r"scores within 0\.0001 of those of the original, or --force\. Received: a difference of 0"),
    ],
)
def test_other_answers_than_the_original_s_are_refused(
    save: Save, build: Callable[[], Any], quantize: Any, reason: str
) -> None:
    graph = save(build())
    options = CompileOptions(input_range=RANGE, quantize=quantize)
    with pytest.raises(ModelError, match=reason):
        compile_model(graph, options=options)
    forced = compile_model(graph, options=replace(options, force=True))
    assert forced.verification is not None
    assert forced.verification.max_difference > 1e-4
    spec = forced.spec("forced")
    assert spec.agreement == forced.verification.agreement
    assert spec.score_difference == forced.verification.mean_difference


def test_photos_calibrate_and_are_what_is_compared_on(save: Save, tmp_path: Path) -> None:
    photos = tmp_path / "photos" / "deeper"
    photos.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for number in range(4):
        image = Image.fromarray(rng.integers(0, 256, (40, 30, 3), np.uint8))
        (photos / f"{number}.png").write_bytes(encode(image, "PNG"))
    (photos / "notes.txt").write_text("no photo")
    graph = save(colour_graph())
    options = CompileOptions(input_range=RANGE, quantize="int8", photos=tmp_path / "photos", force=True)
    compiled = compile_model(graph, options=options)
    assert compiled.verification is not None
    assert compiled.verification.images == 4
    tensors = Interpreter(model_content=compiled.content).get_tensor_details()
    assert np.int8 in {detail["dtype"] for detail in tensors}
    (tmp_path / "none").mkdir()
    with pytest.raises(ModelError, match="expected a folder with photos"):
        compile_model(graph, options=CompileOptions(input_range=RANGE, photos=tmp_path / "none"))


def colour_keras(sides: tuple[int | None, int | None] = (8, 6)) -> keras.Model:
    image = keras.Input((*sides, 3))
    x = keras.layers.DepthwiseConv2D(1, depthwise_initializer="ones", name="layer")(image)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, keras.layers.Dense(3, "softmax", kernel_initializer="identity")(x), name="colours")


@pytest.mark.parametrize("name", ["network.keras", "network.h5"])
def test_a_keras_model_is_compiled(tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    colour_keras().save(tmp_path / name)
    compiled = compile_model(tmp_path / name, options=EXACT)
    assert compiled.findings[0].startswith("found the Keras model colours: image at image")
    assert compiled.outputs == ("probabilities", "embedding", "features")
    assert run(compiled, tmp_path / "bundle", colours(3)).probabilities.argmax(axis=1).tolist() == [0, 1, 2]


def test_a_keras_model_of_any_size_takes_the_one_that_is_given(tmp_path: Path) -> None:
    path = tmp_path / "network.keras"
    colour_keras((None, None)).save(path)
    with pytest.raises(ModelError, match="--input-size"):
        compile_model(path, options=EXACT)
    compiled = compile_model(path, options=replace(AS_IT_IS, input_size=(9, 7)))
    assert (compiled.height, compiled.width) == (9, 7)


def test_a_keras_model_that_runs_code_of_its_own_is_refused(tmp_path: Path) -> None:
    image = keras.Input((8, 6, 3))
    path = tmp_path / "network.keras"
    keras.Model(image, keras.layers.Lambda(lambda x: x * 2)(image)).save(path)
    with pytest.raises(ModelError, match=r"keras\.layers\.Lambda are not among .*--trust"):
        compile_model(path, options=EXACT)


def one_sigmoid(end: str | None = "sigmoid") -> keras.Model:
    """A network that tells blue from all else, by one score."""
    image = keras.Input((8, 6, 3))
    x = keras.layers.GlobalAveragePooling2D()(image)
    blue = np.array([[0], [0], [4]], np.float32)
    return keras.Model(image, keras.layers.Dense(1, end, kernel_initializer=keras.initializers.Constant(blue))(x))


@pytest.mark.parametrize(
    ("end", "name", "engine"),
    [
        ("sigmoid", "network.keras", "litert"),
        (None, "network.h5", "litert"),
        ("sigmoid", "network.h5", "tensorflow"),
        ("sigmoid", "folder", "tensorflow"),
    ],
)
def test_one_score_is_that_of_the_second_of_two_labels(tmp_path: Path, end: str | None, name: str, engine: Any) -> None:
    path = tmp_path / name
    network = one_sigmoid(end)
    network.export(path, verbose=False) if name == "folder" else network.save(path)
    options = CompileOptions(input_range=RANGE, quantize="none" if engine == "litert" else None, engine=engine)
    compiled = compile_model(path, options=options)
    assert (compiled.classes, compiled.activation) == (2, "softmax" if end is None else "none")
    blue = 1 / (1 + np.exp([4, 4, -4]))
    probabilities = run(compiled, tmp_path / "bundle", colours(3)).probabilities
    np.testing.assert_allclose(probabilities, np.stack([1 - blue, blue], axis=1), atol=1e-6)


def with_first_layers(*layers: Any, name: str = "inception_v3") -> keras.Model:
    image = keras.Input((8, 6, 3))
    x = image
    for layer in layers:
        x = layer(x)
    x = keras.layers.Conv2D(3, 1)(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, keras.layers.Dense(3, "softmax")(x), name=name)


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([keras.layers.Rescaling(1 / 255)], (0, 255)),
        ([keras.layers.Rescaling(1 / 127.5, offset=-1)], (0, 255)),
        ([keras.layers.Rescaling(2, offset=-1)], (0, 1)),
        ([keras.layers.Rescaling(1 / 255), keras.layers.Normalization(mean=[0.5] * 3, variance=[0.05] * 3)], (0, 255)),
        ([keras.layers.Normalization(mean=[0.48, 0.45, 0.41], variance=[0.052, 0.05, 0.051])], (0, 1)),
    ],
)
def test_layers_that_normalise_tell_the_input_range(
    tmp_path: Path, layers: list[Any], expected: tuple[float, float]
) -> None:
    with_first_layers(*layers).save(tmp_path / "network.keras")
    compiled = compile_model(tmp_path / "network.keras", options=CompileOptions(engine="tensorflow"))
    assert compiled.input_range == compiled.told_range == expected
    assert compiled.findings[-1].startswith("the network normalises its input itself: the input range is 0,")


def test_an_input_range_that_the_file_contradicts_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    with_first_layers(keras.layers.Rescaling(1 / 255)).export(folder, verbose=False)
    compiled = compile_model(folder, options=AS_IT_IS)
    assert compiled.findings[-1] == "check --input-range -1,1: by its file, the network takes 0,255"


def test_a_network_s_name_does_not_tell_its_input_range(tmp_path: Path) -> None:
    with_first_layers().save(tmp_path / "inception_v3.keras")
    with pytest.raises(ModelError, match=r"its file does not tell: --input-range .* sample photos, .*% with 0,255"):
        compile_model(tmp_path / "inception_v3.keras")


def test_labels_are_counted_before_a_network_is_converted(save: Save) -> None:
    class CountedError(Exception):
        pass

    def count(classes: int, labels: object) -> None:
        raise CountedError(classes, labels)

    with pytest.raises(CountedError, match=r"3, None"):
        compile_model(save(colour_graph()), options=EXACT, on_classes=count)


@pytest.mark.parametrize("between", [["relu"], [None, "swish", "gelu"]])
def test_the_embedding_is_before_all_dense_layers(tmp_path: Path, between: list[str | None]) -> None:
    image = keras.Input((8, 6, 3))
    x = keras.layers.DepthwiseConv2D(1, depthwise_initializer="ones", name="layer")(image)
    x = keras.layers.GlobalAveragePooling2D()(x)
    for activation in between:
        x = keras.layers.Dense(5, activation)(x)
        x = keras.layers.BatchNormalization()(x)
        x = keras.layers.Dropout(0.5)(x)
    keras.Model(image, keras.layers.Dense(3, "softmax")(x)).save(tmp_path / "network.keras")
    compiled = compile_model(tmp_path / "network.keras", options=AS_IT_IS)
    assert compiled.outputs == ("probabilities", "embedding", "features")
    embedding = run(compiled, tmp_path / "bundle", colours(3)).embedding
    assert embedding is not None
    np.testing.assert_allclose(embedding, 2 * np.eye(3) - 1, atol=1e-6)


def test_detectors_and_segmenters_are_named_as_such(tmp_path: Path) -> None:
    image = keras.Input((16, 16, 3))
    places = keras.layers.Conv2D(21, 1, activation="softmax")(image)
    keras.Model(image, places).save(tmp_path / "places.keras")
    with pytest.raises(ModelError, match=r"expected an image classifier.* Received: a segmentation network"):
        compile_model(tmp_path / "places.keras", options=EXACT)
    boxes = keras.layers.Reshape((64, 4))(keras.layers.Conv2D(1, 1)(image))
    scores = keras.layers.Reshape((64, 4))(keras.layers.Conv2D(1, 1)(image))
    keras.Model(image, [boxes, scores]).export(tmp_path / "boxes", verbose=False)
    with pytest.raises(ModelError, match=r"expected an image classifier.* Received: an object detector"):
        compile_model(tmp_path / "boxes", options=EXACT)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "network.weights.h5"
    colour_keras().save_weights(path)
    with pytest.raises(ModelError, match="expected a model, or the weights of Inception-v3"):
        compile_model(path, options=EXACT)


@pytest.mark.parametrize("inner", [False, True])
def test_a_saved_model_is_compiled(tmp_path: Path, inner: bool) -> None:
    folder = tmp_path / "saved"
    colour_keras().export(folder, verbose=False)
    compiled = compile_model(folder / "saved_model.pb" if inner else folder, options=EXACT)
    assert compiled.findings[0].startswith("found a SavedModel, its signature serving_default: image at ")
    assert run(compiled, tmp_path / "bundle", colours(3)).probabilities.argmax(axis=1).tolist() == [0, 1, 2]
    (folder / "variables" / "variables.index").write_bytes(b"damaged")
    with pytest.raises(ModelError, match="the SavedModel cannot be read"):
        compile_model(folder, options=EXACT)
