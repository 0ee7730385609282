"""Compilation of TensorFlow graphs, from any file format, for a bundle."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from tensorflow.lite.python.convert_phase import ConverterError

from inference.compiler.comparison import check, compare, sample_images
from inference.compiler.cutting import CutNetwork, cut_network
from inference.compiler.endpoints import (
    PublicGraph,
    find_first_steps_range,
    find_image,
    find_input_range,
    find_public_graph,
    find_tensor,
)
from inference.compiler.formats import Source, read_network
from inference.compiler.input_ranges import CANDIDATES, range_findings
from inference.compiler.model import CompiledModel, CompileOptions, OnClasses
from inference.compiler.network_kinds import refuse_other_kinds
from inference.compiler.photos import CALIBRATION_PHOTOS, read_photos
from inference.compiler.saved_model import compile_saved_model, write_frozen_model
from inference.compiler.session_reference import SessionReference
from inference.compiler.sureness import unknown_range
from inference.compiler.surgery import upgrade_operators
from inference.errors import ModelError
from inference.litert.signature import IMAGE
from inference.models.spec import MAX_SIDE
from inference.safety.refusal import reason_of


def compile_graph(path: Path, options: CompileOptions, on_classes: OnClasses) -> CompiledModel:
    """Compile a graph; see `compile_model`."""
    source = read_network(path, options.input_size, trusted=options.trust)
    original = _load(source, path)
    known = find_public_graph(original)
    image = _find_image(original, known, options)
    height, width = _find_size(image, known, options)
    output = options.output or (known.scores if known else source.scores)
    if options.output is None and output is not None:
        shape = find_tensor(original, output, "--output").shape
        refuse_other_kinds([] if shape.rank is None else [shape.as_list()], str(path))
    network = cut_network(source.graph, image, height=height, width=width, output=output)
    on_classes(network.classes, None)
    photos = [] if options.photos is None else read_photos(options.photos, height, width)
    if options.quantize == "int8" and not photos:
        raise ModelError("expected photos to calibrate int8 on (see --photos). Received: none")
    steps = find_first_steps_range(image)
    told = known.input_range if known else find_input_range(image) or steps
    with SessionReference(
        source.graph,
        image=image.name,
        scores=network.origins["probabilities"],
        activation=network.activation,
        input_range=options.input_range or told or CANDIDATES[0],
    ) as reference:
        if options.input_range is None and told is None:
            raise unknown_range(reference, height, width)
        compiled = CompiledModel(
            content=network.graph.SerializeToString(),
            height=height,
            width=width,
            input_range=reference.input_range,
            classes=network.classes,
            activation=network.activation,
            outputs=tuple(network.origins),
            engine="tensorflow",
            quantization="none",
            findings=(*_findings(source, known, image, network), *range_findings(options.input_range, told, steps)),
            told_range=told,
        )
        if options.engine != "tensorflow":
            compiled = _convert(compiled, network, options, photos)
        images = sample_images(photos, height, width)
        verification = compare(compiled, reference, images, device=options.device, trusted=options.trust)
    return check(compiled, verification, force=options.force)


def _load(source: Source, path: Path) -> tf.Graph:
    graph = tf.Graph()
    try:
        with graph.as_default():
            tf.import_graph_def(source.graph, name="")
    except ValueError as error:
        raise ModelError(f"{path}: the graph cannot be read: {reason_of(error)}") from error
    return graph


def _find_image(graph: tf.Graph, known: PublicGraph | None, options: CompileOptions) -> tf.Tensor:
    if options.input is not None:
        return find_tensor(graph, options.input, "--input")
    return find_tensor(graph, known.image, "--input") if known else find_image(graph)


def _find_size(image: tf.Tensor, known: PublicGraph | None, options: CompileOptions) -> tuple[int, int]:
    height, width = image.shape.as_list()[1:3] if image.shape.rank == 4 else (None, None)
    if known is not None:
        height, width = height or known.side, width or known.side
    given = options.input_size or (height, width)
    if any(fixed not in (None, side) for fixed, side in zip((height, width), given, strict=True)):
        raise ModelError(
            f"--input-size: expected {width}x{height}, as the graph has it. Received: {given[1]}x{given[0]}"
        )
    height, width = given
    if height is None or width is None:
        raise ModelError("expected the size of the input, which the graph leaves free (see --input-size)")
    if not (1 <= height <= MAX_SIDE and 1 <= width <= MAX_SIDE):
        raise ModelError(f"expected an input of 1 to {MAX_SIDE} pixels a side. Received: {width}x{height}")
    return height, width


def _findings(source: Source, known: PublicGraph | None, image: tf.Tensor, network: CutNetwork) -> tuple[str, ...]:
    kind = f"{source.kind}, {known.name}" if known else source.kind
    outputs = ", ".join(f"{name} from {origin}" for name, origin in network.origins.items())
    batch = () if network.batch is None else ("the graph takes one image at a time",)
    return (f"found {kind}: image at {image.op.name}, {outputs}", *batch)


def _convert(
    compiled: CompiledModel, network: CutNetwork, options: CompileOptions, photos: Sequence[npt.NDArray[np.uint8]]
) -> CompiledModel:
    """Convert a network to a LiteRT file.

    If LiteRT cannot run the network and the options name no engine, return the network as a graph, with a finding that
    explains the reason.

    Args:
        compiled: the network as a graph.
        network: the same network with its endpoints.
        options: options of the compiler.
        photos: photos to calibrate int8 on, uint8 (height, width, 3) each.

    Raises:
        ModelError: LiteRT cannot run the network, and the options ask for LiteRT.
    """
    modern = upgrade_operators(network.graph)
    names = [f"{name}:0" for name in network.origins]

    def serve(image: tf.Tensor) -> dict[str, tf.Tensor]:
        outputs = tf.import_graph_def(modern, input_map={f"{IMAGE}:0": image}, return_elements=names, name="")
        return dict(zip(network.origins, outputs, strict=True))

    assert compiled.input_range is not None, "it was asked for"
    table = np.linspace(*compiled.input_range, 256, dtype=np.float32)
    samples = (table.take(photo[np.newaxis]) for photo in photos[:CALIBRATION_PHOTOS])
    quantize = options.quantize or "dynamic"
    with tempfile.TemporaryDirectory() as folder:
        write_frozen_model(serve, Path(folder), height=network.height, width=network.width, batch=network.batch)
        try:
            content = compile_saved_model(Path(folder), quantize=quantize, samples=samples)
        except ConverterError as error:
            reason = reason_of(error)
            if options.engine is not None:
                raise ModelError(f"expected a network that LiteRT runs (see --engine). Received: {reason}") from error
            found = f"LiteRT does not take this network, TensorFlow will run it: {reason}"
            return replace(compiled, findings=(*compiled.findings, found))
    return replace(compiled, content=content, engine="litert", quantization=quantize)
