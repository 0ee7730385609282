"""Files of weights whose networks are known, compiled without TensorFlow."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from inference.compiler.comparison import LiteRTReference, check, compare, sample_images, write_with_numbers
from inference.compiler.model import CompiledModel, CompileOptions
from inference.compiler.photos import read_photos
from inference.errors import ModelError
from inference.litert.activation_ranges import efficientnet_lite_ranges
from inference.litert.efficientnet_lite import SCALINGS, TEMPERATURE, THRESHOLD, efficientnet_lite, network_number
from inference.litert.graph import Graph
from inference.litert.torch_file import read_torch_file
from inference.litert.writer import Mode, Ranges, write_network
from inference.safety.keras_check import checked_copy
from inference.safety.refusal import reason_of

# One of so many images is compared: the float32 network labels each, too, which for Inception-v3 takes a tenth of a
# second on one core.
STEP = 2
# Int8 activations give photos the same best label in 97 of 100 cases, and the random pixels among so few images may go
# either way. A network that is broken gives them the same in one of a thousand.
MIN_AGREEMENT = {"dynamic": 0.85, "int8": 0.6}


def compile_efficientnet_lite(content: bytes, options: CompileOptions) -> CompiledModel:
    """Compile the weights of EfficientNet-Lite 0, 1 or 2, into int8 unless the options ask for another quantization.

    Args:
        content: of a .pth file; see `read_torch_file`.
        options: see `compile_model`; the ranges of int8 come with the program, and photos are compared on only.

    Raises:
        ModelError: the file has other weights, or an option does not fit it.
    """
    quantization = options.quantize or "int8"
    if quantization == "float16":
        raise ModelError("--quantize: expected int8, dynamic or none for EfficientNet-Lite. Received: float16")
    _refuse_options(options)
    weights = read_torch_file(content)
    number = network_number(weights)
    graph = efficientnet_lite(weights, SCALINGS[number])
    ranges = efficientnet_lite_ranges(number)
    compiled = compile_known(graph, f"EfficientNet-Lite{number}", quantization, options, ranges)
    return replace(compiled, temperature=TEMPERATURE, threshold=THRESHOLD)


def compile_inception_v3(path: Path, options: CompileOptions) -> CompiledModel | None:
    """Compile Keras's weights of Inception-v3, with int8 weights unless float32 is asked for.

    Returns:
        The network; None if the file has other weights, or an option that is not known without TensorFlow.

    Raises:
        ModelError: the file is damaged, points to other files or is far larger than it looks, or the network's answers
            are not those of the float32 one.
        OSError: the file cannot be read.
    """
    from inference.litert.keras_weights import read_inception_v3

    quantization = inception_v3_quantization(options)
    if quantization is None or path.suffix == ".keras":
        return None
    try:
        with checked_copy(path, trusted=options.trust) as checked:
            graph = read_inception_v3(checked)
    except OSError as error:
        if error.errno is not None:
            raise
        # Of a damaged file, h5py says what is wrong.
        raise ModelError(f"{path}: the Keras model cannot be read: {reason_of(error)}") from error
    return None if graph is None else compile_known(graph, "Inception-v3", quantization, options)


def inception_v3_quantization(options: CompileOptions) -> Mode | None:
    """Quantization of Keras weights of Inception-v3 without TensorFlow; None if the options need TensorFlow."""
    quantization = options.quantize or "dynamic"
    asked = (options.input, options.output, options.input_size)
    if quantization not in ("dynamic", "none") or options.engine == "tensorflow" or asked != (None, None, None):
        return None
    return quantization


def compile_known(
    graph: Graph, title: str, quantization: Mode, options: CompileOptions, ranges: Ranges | None = None
) -> CompiledModel:
    """Write a network as a LiteRT file, and compare it with the same in float32.

    Args:
        graph: the network, which is left without its layers.
        title: its name, for people.
        quantization: see `write_network`.
        options: of these, `input_range`, `photos` to compare on and `force` count.
        ranges: see `write_network`.

    Raises:
        ModelError: the compiled network's answers are not those of the float32 one.
    """
    height, width, _ = graph.image.shape
    with tempfile.TemporaryDirectory() as folder:
        network = Path(folder, "float32.tflite")
        # First of all, since it takes the most: the weights of Inception-v3 are 95 MB, and the file as much again.
        network.write_bytes(write_network(graph, "none"))
        content = network.read_bytes() if quantization == "none" else bytes(write_network(graph, quantization, ranges))
        compiled = CompiledModel(
            content=content,
            height=height,
            width=width,
            input_range=options.input_range or graph.input_range,
            classes=graph.outputs["probabilities"].shape[0],
            activation="none",
            outputs=tuple(graph.outputs),
            quantization=quantization,
            findings=(f"found the weights of {title}",),
        )
        graph.layers.clear()
        if quantization == "none":
            return compiled
        written = write_with_numbers(Path(folder), replace(compiled, quantization="none"), network)
        photos = [] if options.photos is None else read_photos(options.photos, height, width)
        images = sample_images(photos, height, width)[::STEP]
        verification = compare(compiled, LiteRTReference(written), images)
        return check(compiled, verification, force=options.force, min_agreement=MIN_AGREEMENT[quantization])


def _refuse_options(options: CompileOptions) -> None:
    """Refuse what a file of weights leaves no choice of.

    Raises:
        ModelError: such an option is given.
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
