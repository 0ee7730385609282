"""Compilation of a network's file, in any of the usual formats, for a bundle."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from inference.compiler.input_ranges import range_findings
from inference.compiler.known_networks import compile_efficientnet_lite, compile_inception_v3, inception_v3_quantization
from inference.compiler.model import CompiledModel, CompileOptions, OnClasses, ignore_classes
from inference.compiler.sureness import CompiledNetwork, unknown_range
from inference.compiler.tflite import compile_tflite
from inference.errors import ModelError
from inference.litert.file_format import IDENTIFIER
from inference.litert.torch_file import START as TORCH
from inference.safety.keras_check import HDF5
from inference.system.bounded_files import read_file
from inference.system.extras import require_extra
from inference.system.stderr import quiet_tensorflow

LONGEST_START = len(TORCH)


def compile_model(
    path: Path, *, options: CompileOptions | None = None, on_classes: OnClasses = ignore_classes
) -> CompiledModel:
    """Compile a network for an engine, and compare its answers with those of the original.

    Args:
        path: GraphDef (.pb), folder of a SavedModel, Keras model (.keras, .h5), Keras weights of InceptionV3 (.h5),
            PyTorch weights of EfficientNet-Lite 0, 1 or 2 (.pth), or .tflite file. The content decides the format.
            Files of weights and .tflite files need no TensorFlow.
        options: facts that the file does not contain, and choices; None for the defaults.
        on_classes: called before the network is converted, which takes long; see `OnClasses`.

    Raises:
        ModelError: the file has another format or is damaged, an option is missing or does not fit the file, or the
            compiled network's answers differ from those of the original.
        MissingExtra: TensorFlow is needed and is not installed.
        OSError: a file cannot be read.
    """
    options = options or CompileOptions()
    if not path.is_dir():
        with path.open("rb") as file:
            start = file.read(LONGEST_START)
        if start[4:8] == IDENTIFIER:
            return _compile_tflite(path, options, on_classes)
        if start == TORCH:
            return compile_efficientnet_lite(read_file(path), options, on_classes)
        if start.startswith(HDF5) and (known := compile_inception_v3(path, options, on_classes)) is not None:
            return known
    require_extra("tensorflow", f"converting {path.name}")
    with quiet_tensorflow():
        from inference.compiler.graph import compile_graph

    return compile_graph(path, options, on_classes)


def check_extras(network: str, options: CompileOptions) -> None:
    """Raise if a network cannot be compiled here. Called before the network is downloaded.

    Args:
        network: file name of the network.
        options: options of the compiler; see `compile_model`.

    Raises:
        MissingExtra: TensorFlow is needed and is not installed.
    """
    known = network.endswith((".tflite", ".pth")) or (
        network.endswith(".h5") and inception_v3_quantization(options) is not None
    )
    if not known:
        require_extra("tensorflow", f"converting {network}")


def _compile_tflite(path: Path, options: CompileOptions, on_classes: OnClasses) -> CompiledModel:
    """Keep a .tflite file as it is, apart from the names of its outputs."""
    given = {
        "--input": options.input,
        "--input-size": options.input_size,
        "--quantize": options.quantize,
        "--engine": None if options.engine == "litert" else options.engine,
    }
    if wrong := [name for name, value in given.items() if value is not None]:
        raise ModelError(f"expected no {wrong[0]} with a .tflite file, which is taken as it is. Received: one")
    compiled = compile_tflite(read_file(path), str(path), output=options.output, given=options.input_range)
    on_classes(compiled.classes, compiled.labels)
    if options.input_range is None and compiled.input_range is None:
        raise unknown_range(CompiledNetwork(compiled, trusted=options.trust), compiled.height, compiled.width)
    findings = range_findings(options.input_range, compiled.told_range)
    return replace(
        compiled,
        input_range=options.input_range or compiled.input_range,
        findings=(*compiled.findings, *findings),
    )
