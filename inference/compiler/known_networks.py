"""Compilation of weights of known networks, without TensorFlow."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import replace
from pathlib import Path

from inference.compiler.comparison import LiteRTReference, check, compare, sample_images, write_with_numbers
from inference.compiler.model import CompiledModel, CompileOptions, OnClasses, ignore_classes
from inference.compiler.photos import read_photos
from inference.compiler.sureness import CompiledNetwork, unknown_range
from inference.errors import ModelError
from inference.litert.activation_ranges import efficientnet_lite_ranges
from inference.litert.efficientnet_lite import SCALINGS, TEMPERATURE, THRESHOLD, efficientnet_lite, network_number
from inference.litert.graph import Graph
from inference.litert.torch_file import read_torch_file
from inference.litert.writer import Mode, Ranges, write_network
from inference.safety.keras_check import checked_copy
from inference.safety.refusal import reason_of

# MD5 of the weights that Keras publishes, from the source of `keras.applications`.
PUBLISHED_INCEPTION_V3 = "9a0d58056eeedaa3f26cb7ebd46da564"
# Only every second image is compared, to save time: the float32 network labels each compared image, too, and
# Inception-v3 takes a tenth of a second per image.
STEP = 2
# Minimum agreement with the float32 network; see `Verification`. EfficientNet-Lite0 has 100 % with int8 weights and
# 95 % with int8 activations. With a broken network, about one photo in a thousand keeps its best label.
MIN_AGREEMENT = {"dynamic": 0.85, "int8": 0.75}


def compile_efficientnet_lite(
    content: bytes, options: CompileOptions, on_classes: OnClasses = ignore_classes
) -> CompiledModel:
    """Compile the weights of EfficientNet-Lite 0, 1 or 2, to int8 unless the options ask for another quantisation.

    The activation ranges for int8 come with the program, so photos are used for the comparison only.

    Args:
        content: content of a .pth file; see `read_torch_file`.
        options: options of the compiler; see `compile_model`.
        on_classes: see `compile_model`.

    Raises:
        ModelError: the file has other weights, an option does not fit the file, or the network's answers differ from
            those of the float32 network.
    """
    quantization = options.quantize or "int8"
    if quantization == "float16":
        raise ModelError("--quantize: expected int8, dynamic or none for EfficientNet-Lite. Received: float16")
    _refuse_options(options)
    weights = read_torch_file(content)
    number = network_number(weights)
    graph = efficientnet_lite(weights, SCALINGS[number])
    ranges = efficientnet_lite_ranges(number)
    compiled = compile_known(graph, f"EfficientNet-Lite{number}", quantization, options, ranges, on_classes=on_classes)
    return replace(compiled, temperature=TEMPERATURE, threshold=THRESHOLD)


def compile_inception_v3(
    path: Path, options: CompileOptions, on_classes: OnClasses = ignore_classes
) -> CompiledModel | None:
    """Compile Keras weights of Inception-v3, to int8 weights unless the options ask for float32.

    The input range of the published weights is known. Others may have been trained with another range.

    Args:
        path: HDF5 file.
        options: options of the compiler; see `compile_model`.
        on_classes: see `compile_model`.

    Returns:
        The network; None if the file has other weights, or an option needs TensorFlow.

    Raises:
        ModelError: the input range is not known; the file is damaged, points to other files or expands to far more than
            its size; or the network's answers differ from those of the float32 network.
        OSError: the file cannot be read.
    """
    from inference.litert.keras_weights import read_inception_v3

    quantization = inception_v3_quantization(options)
    if quantization is None or path.suffix == ".keras":
        return None
    try:
        with checked_copy(path, trusted=options.trust) as checked:
            graph = read_inception_v3(checked)
            is_published = graph is None or _is_published(checked)
    except OSError as error:
        if error.errno is not None:
            raise
        # An OSError of h5py without an errno means a damaged file.
        raise ModelError(f"{path}: the Keras model cannot be read: {reason_of(error)}") from error
    if graph is None:
        return None
    return compile_known(graph, "Inception-v3", quantization, options, has_range=is_published, on_classes=on_classes)


def inception_v3_quantization(options: CompileOptions) -> Mode | None:
    """Return the quantisation of Inception-v3's Keras weights; None if the options need TensorFlow."""
    quantization = options.quantize or "dynamic"
    asked = (options.input, options.output, options.input_size)
    if quantization not in ("dynamic", "none") or options.engine == "tensorflow" or asked != (None, None, None):
        return None
    return quantization


def _is_published(path: Path) -> bool:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest() == PUBLISHED_INCEPTION_V3


def compile_known(
    graph: Graph,
    title: str,
    quantization: Mode,
    options: CompileOptions,
    ranges: Ranges | None = None,
    *,
    has_range: bool = True,
    on_classes: OnClasses = ignore_classes,
) -> CompiledModel:
    """Write a network as a LiteRT file, and compare it with the same network in float32.

    Args:
        graph: network; its layers are removed after use, to free memory.
        title: name of the network for people.
        quantization: quantisation; see `write_network`.
        options: options of the compiler; only `input_range`, `photos` (for the comparison) and `force` matter.
        ranges: ranges of the activations for int8; see `write_network`.
        has_range: False if the weights may have been trained with another input range than the network's usual one.
        on_classes: see `compile_model`.

    Raises:
        ModelError: the input range is not known, or the compiled network's answers differ from those of the float32
            network.
    """
    height, width, _ = graph.image.shape
    classes = graph.outputs["probabilities"].shape[0]
    on_classes(classes, None)
    told_range = graph.input_range if has_range else None
    with tempfile.TemporaryDirectory() as folder:
        network = Path(folder, "float32.tflite")
        # Write this file first, since that takes the most memory: for Inception-v3, 95 MB for the weights and 95 MB for
        # the file.
        network.write_bytes(write_network(graph, "none"))
        content = network.read_bytes() if quantization == "none" else bytes(write_network(graph, quantization, ranges))
        compiled = CompiledModel(
            content=content,
            height=height,
            width=width,
            input_range=options.input_range or told_range,
            classes=classes,
            activation="none",
            outputs=tuple(graph.outputs),
            quantization=quantization,
            findings=(f"found the weights of {title}",),
            told_range=told_range,
        )
        graph.layers.clear()
        if compiled.input_range is None:
            raise unknown_range(CompiledNetwork(compiled), height, width)
        if quantization == "none":
            return compiled
        written = write_with_numbers(Path(folder), replace(compiled, quantization="none"), network)
        photos = [] if options.photos is None else read_photos(options.photos, height, width)
        images = sample_images(photos, height, width)[::STEP]
        verification = compare(compiled, LiteRTReference(written), images)
        return check(compiled, verification, force=options.force, min_agreement=MIN_AGREEMENT[quantization])


def _refuse_options(options: CompileOptions) -> None:
    """Raise if an option does not apply to a file of weights.

    Raises:
        ModelError: an option is given that does not apply.
    """
    given = {
        "--input": options.input,
        "--output": options.output,
        "--input-size": options.input_size,
        "--input-range": options.input_range,
        "--engine": None if options.engine == "litert" else options.engine,
    }
    if wrong := [name for name, value in given.items() if value is not None]:
        raise ModelError(f"expected no {wrong[0]} with the weights of a known network. Received: one")
