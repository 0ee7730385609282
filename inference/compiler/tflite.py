"""Conversion of other programs' .tflite files for the LiteRT engine: they get a signature with a bundle's outputs."""

from __future__ import annotations

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from inference.compiler.input_ranges import Range, shown
from inference.compiler.model import CompiledModel
from inference.compiler.network_kinds import other_kind
from inference.compiler.tflite_endpoints import TFLiteGraph
from inference.compiler.tflite_layers import Layers
from inference.compiler.tflite_metadata import Floats, embedded_labels, read_normalization
from inference.errors import ModelError
from inference.litert.file_format import DAMAGE, IDENTIFIER, pack_model, read_model, sign
from inference.litert.signature import OUTPUTS
from inference.safety.refusal import name_some

# The custom operator of files for the Edge TPU, and that of object detectors.
EDGE_TPU, DETECTION = "edgetpu-custom-op", "TFLite_Detection_PostProcess"
# Share of a quantised input's range by which the range of its normalisation may differ from it.
TOLERANCE = 0.05


def compile_tflite(
    content: bytes, source: str = "the .tflite file", *, output: str | None = None, given: Range | None = None
) -> CompiledModel:
    """Find the input and the outputs of a .tflite image classifier, and name the outputs.

    Args:
        content: content of a .tflite file; its one input is an image of uint8, int8 or float32 and the shape
            (1 or free, height, width, 3) or (1 or free, 3, height, width).
        source: name of the file, for error messages.
        output: name of the output with the scores; None to find it.
        given: input range from the user, which replaces a normalisation for each channel in the metadata; None if
            there is none.

    Raises:
        ModelError: the file is of another kind, is damaged, or has custom operators.
    """
    if content[4:8] != IDENTIFIER:
        raise ModelError(f"expected a .tflite file, with {IDENTIFIER!r} at byte 4. Received: {content[4:8]!r}")
    try:
        model = read_model(content)
        check_operators(model, source)
        if any(buffer.offset > 1 for buffer in model.buffers):
            raise ModelError("expected weights inside of the .tflite file's tables. Received: some after them")
        return _compile(content, model, source, output, given)
    except DAMAGE as error:
        raise ModelError(f"the .tflite file is damaged: {error}") from error


def _compile(
    content: bytes, model: schema.ModelT, source: str, output: str | None, given: Range | None
) -> CompiledModel:
    graph = TFLiteGraph(model, source)
    height, width = graph.input_size()
    scores = graph.scores(output)
    outputs, activation, classes = graph.outputs(scores), graph.activation(scores), graph.size(scores)
    image, findings, layers = graph.image, [], Layers(model)
    # The graph is searched before it changes.
    channels_first, told = graph.channels_first, graph.first_steps_range()
    if channels_first:
        image = layers.take_nhwc(image)
        findings.append("the input has its channels first; a transposition was added")
    input_range, normalized = _input_range(graph, model, told, findings)
    if normalized is not None and given is not None:
        scale, offset = normalized
        input_range = float(offset.mean()), float((255 * scale + offset).mean())
        findings[-1] = (
            f"your input range replaces the metadata's normalisation for each channel, about {shown(input_range)}"
        )
        normalized = None
    if normalized is not None:
        image = layers.normalize(image, *normalized)
    if classes == 1:
        outputs[OUTPUTS[0]] = layers.two_classes(scores, logits=activation == "softmax")
        findings.append("the network has one score, for the second of two labels")
    model.subgraphs[0].inputs = [image]
    sign(model, image, outputs)
    classes = max(classes, 2)
    labels = embedded_labels(content, model, classes)
    return CompiledModel(
        content=bytes(pack_model(model)),
        height=height,
        width=width,
        input_range=input_range,
        classes=classes,
        activation=activation,
        outputs=tuple(outputs),
        findings=tuple(findings),
        labels=labels,
        told_range=input_range,
    )


def _input_range(
    graph: TFLiteGraph, model: schema.ModelT, told: Range | None, findings: list[str]
) -> tuple[Range | None, tuple[Floats, Floats] | None]:
    """Return the input range of a network, and a scale and an offset per channel if one range cannot say it.

    Args:
        graph: the network.
        model: tables of the file, with its metadata.
        told: range that the beginning of the network tells.
        findings: sentences for people; one is added for a range from metadata or operators.
    """
    integers, metadata = graph.integer_range(), read_normalization(model)
    if metadata is None:
        if integers is None and told is not None:
            findings.append(f"the network normalises its input itself: the input range is {shown(told)}")
        return integers or told, None
    low, high = metadata.bounds()
    given = float(low.mean()), float(high.mean())
    if integers is not None:
        # Some authors state the normalisation of the float network that the file was made from.
        margin = TOLERANCE * (integers[1] - integers[0])
        return (given if np.allclose(given, integers, rtol=0, atol=margin) else integers), None
    if len({*low.tolist()}) == len({*high.tolist()}) == 1:
        findings.append(f"the file's metadata has the input range {shown(given)}")
        return given, None
    findings.append("the metadata has a normalisation for each channel; it was added to the network")
    return (0.0, 255.0), (((high - low) / 255).astype(np.float32), np.broadcast_to(low, 3).astype(np.float32))


def check_operators(model: schema.ModelT, source: str) -> None:
    """Raise if a file has operators that are not LiteRT's own.

    Other operators are custom code, or operations of TensorFlow, such as `FlexWriteFile`.

    Raises:
        ModelError: the file has another operator.
    """
    custom = {
        (code.customCode or b"").decode(errors="replace")
        for code in model.operatorCodes
        # Files from before LiteRT had 128 operators store the code in the deprecated field.
        if max(code.builtinCode, code.deprecatedBuiltinCode) == schema.BuiltinOperator.CUSTOM
    }
    if EDGE_TPU in custom:
        raise ModelError(
            f"{source}: expected a file for the CPU. Received: one that was compiled for an Edge TPU; take the file "
            "without _edgetpu in its name"
        )
    if DETECTION in custom:
        raise other_kind(source, "an object detector", f"which ends in {DETECTION}")
    if custom:
        names = name_some(custom)
        raise ModelError(f"{source}: expected LiteRT's own operators. Received: {names}, which could do anything here")
