"""Reading of networks' files: each file becomes a frozen GraphDef, with the file's facts about inputs and outputs."""

from __future__ import annotations

import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from inference.compiler.keras_files import freeze_keras, read_keras
from inference.compiler.network_kinds import other_kind
from inference.errors import ModelError
from inference.litert.signature import OUTPUTS
from inference.safety.graph_check import check_graph, parse_graph
from inference.safety.keras_check import HDF5
from inference.safety.refusal import reason_of
from inference.safety.saved_model_check import SAVED_MODEL, copy_checked
from inference.system.bounded_files import read_file

# Operations that choose among the boxes of an object detector.
DETECTION = ("NonMaxSuppression", "CombinedNonMaxSuppression")
SIGNATURES = ("serving_default", "predict")
# Exceptions of TensorFlow if parts of a SavedModel are missing or of another kind.
DAMAGE = (ValueError, OSError, LookupError, TypeError, AttributeError, AssertionError, RuntimeError, tf.errors.OpError)


@dataclass(frozen=True, slots=True)
class Source:
    """A network as read from its file.

    Attributes:
        graph: GraphDef without variables.
        kind: description of the file for people.
        scores: name of the tensor with the scores; None if the file does not name the tensor.
    """

    graph: Any
    kind: str
    scores: str | None = None


def read_network(path: Path, input_size: tuple[int, int] | None, *, trusted: bool = False) -> Source:
    """Read a network; the content of the file decides its format.

    Args:
        path: file, or folder of a SavedModel.
        input_size: (height, width) in pixels, for a Keras model that leaves the size free; else None.
        trusted: True if the network may have operations that image networks do not use, such as reading and writing
            files or running Python.

    Raises:
        ModelError: the file has another format, is damaged, or has operations that image networks do not use.
        OSError: a file cannot be read.
    """
    if path.is_dir() or path.name == SAVED_MODEL:
        source = _read_saved_model(path if path.is_dir() else path.parent, trusted)
    else:
        with path.open("rb") as file:
            start = file.read(len(HDF5))
        if start == HDF5 or zipfile.is_zipfile(path):
            source = _read_keras(path, input_size, trusted)
        else:
            source = _read_graph(path)
    if any(node.op.startswith(DETECTION) for node in source.graph.node):
        raise other_kind(str(path), "an object detector", "which chooses among boxes")
    if not trusted:
        check_graph(source.graph, str(path))
    return source


def _read_graph(path: Path) -> Source:
    content = read_file(path)
    try:
        graph = parse_graph(content, str(path))
    except ModelError:
        graph = None
    if graph is None or not graph.node:
        raise ModelError(
            f"{path}: expected a GraphDef (.pb), a SavedModel (a folder), a Keras model (.keras, .h5) or a .tflite "
            "file. Received: none of them"
        )
    if variables := [node.name for node in graph.node if node.op in ("Variable", "VariableV2", "VarHandleOp")]:
        raise ModelError(
            f"{path}: expected a frozen graph, with its weights inside. Received: one with variables, as {variables[0]}"
        )
    # Graphs exported by Labelbot have a node of this name.
    named = any(node.name == OUTPUTS[0] for node in graph.node)
    return Source(graph, "a frozen graph", scores=OUTPUTS[0] if named else None)


def _read_saved_model(folder: Path, trusted: bool) -> Source:
    if not (folder / SAVED_MODEL).is_file():
        raise ModelError(f"{folder}: expected a SavedModel, with a file {SAVED_MODEL}. Received: a folder without")
    with tempfile.TemporaryDirectory() as scratch:
        if trusted:
            return _freeze_saved_model(folder, folder)
        copy_checked(folder, Path(scratch))
        return _freeze_saved_model(Path(scratch), folder)


def _freeze_saved_model(place: Path, folder: Path) -> Source:
    """Load and freeze a SavedModel.

    Args:
        place: folder to load, perhaps a checked copy.
        folder: folder that the user gave, for error messages.
    """
    try:
        # The Python variable `model` keeps the model in memory: without the model, its weights would be freed, too.
        model = tf.saved_model.load(str(place))
        signatures = model.signatures
        key = next((key for key in (*SIGNATURES, *signatures) if key in signatures), None)
        if key is None:
            raise ModelError(f"{folder}: expected a SavedModel with a signature. Received: none")
        frozen = convert_variables_to_constants_v2(signatures[key])
    except DAMAGE as error:
        reason = reason_of(error).replace(str(place), str(folder))
        raise ModelError(f"{folder}: the SavedModel cannot be read: {reason}") from error
    names = sorted(signatures[key].structured_outputs)
    outputs = dict(zip(names, frozen.outputs, strict=True))
    scores = outputs.get(OUTPUTS[0], frozen.outputs[0] if len(outputs) == 1 else None)
    return Source(
        graph=frozen.graph.as_graph_def(),
        kind=f"a SavedModel, its signature {key}",
        scores=None if scores is None else scores.name,
    )


def _read_keras(path: Path, input_size: tuple[int, int] | None, trusted: bool) -> Source:
    model = read_keras(path, trusted=trusted)
    graph = tf.compat.v1.GraphDef.FromString(freeze_keras(model, input_size))
    names = {node.name for node in graph.node}
    return Source(
        graph=graph,
        kind=f"the Keras model {model.name}",
        scores=f"{OUTPUTS[0]}:0" if OUTPUTS[0] in names else None,
    )
