"""SavedModels: what TensorFlow gets to load of them is a copy of their network and variables, and nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError
from tensorflow.core.framework.variable_pb2 import VariableDef
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from inference.errors import ModelError
from inference.safety.graph_check import check_operations, nodes_of
from inference.safety.operations import ALLOWED, CHECKPOINTS
from inference.system.bounded_files import read_file

SAVED_MODEL = "saved_model.pb"
VARIABLES = "variables"
# Lists of variables, which a SavedModel of TensorFlow 1 is loaded by.
VARIABLE_LISTS = ("variables", "trainable_variables", "model_variables", "moving_average_variables")
# What a SavedModel of TensorFlow 1 runs once it is loaded.
INITIALISERS = ("saved_model_main_op", "legacy_init_op")


def copy_checked(folder: Path, target: Path) -> None:
    """Copy a SavedModel without what it runs beside its network.

    Everything in it is judged, what is left out of the copy included: other graphs, functions that nothing calls, and
    what writes its variables. Reading those from the copy's own file is what remains of files.

    Args:
        folder: of the SavedModel.
        target: an existing, empty folder.

    Raises:
        ModelError: it is damaged, or has operations that image networks do not use.
        OSError: a file cannot be read or written.
    """
    path = folder / SAVED_MODEL
    model = SavedModel()
    try:
        model.ParseFromString(read_file(path))
    except DecodeError as error:
        raise ModelError(f"{path}: expected a SavedModel. Received: {error}") from error
    for meta in model.meta_graphs:
        check_operations(nodes_of(meta.graph_def), ALLOWED | CHECKPOINTS, str(path))
    if len(model.meta_graphs) != 1:
        raise ModelError(f"{path}: expected a SavedModel with one graph. Received: {len(model.meta_graphs)}")
    [meta] = model.meta_graphs
    if meta.HasField("object_graph_def"):
        _keep_objects(meta)
        check_operations(nodes_of(meta.graph_def), ALLOWED, str(path))
    else:
        _keep_session(meta, str(path))
    (target / SAVED_MODEL).write_bytes(model.SerializeToString())
    if (folder / VARIABLES).is_dir():
        (target / VARIABLES).mkdir()
        for file in (folder / VARIABLES).glob("variables.*"):
            if file.is_file():
                shutil.copyfile(file, target / VARIABLES / file.name)


def _keep_objects(meta: Any) -> None:
    """Leave what the objects of a SavedModel of TensorFlow 2 are loaded from: constants, and functions that they call.

    Args:
        meta: the MetaGraphDef, which is changed.
    """
    graph, objects = meta.graph_def, meta.object_graph_def
    functions = {function.signature.name: function for function in graph.library.function}
    wanted = {*objects.concrete_functions, *(gradient.gradient_func for gradient in graph.library.registered_gradients)}
    for node in objects.nodes:
        wanted.update(node.function.concrete_functions)
        wanted.add(node.bare_concrete_function.concrete_function_name)
    kept = _closure(
        wanted, lambda name: _called(functions[name].node_def, functions) if name in functions else iter(())
    )
    _keep(graph.library.function, lambda function: function.signature.name in kept)
    _keep(graph.node, lambda node: node.op == "Const")


def _called(nodes: Iterable[Any], functions: Collection[str]) -> Iterator[str]:
    """The functions that nodes name, to call them or otherwise."""
    for node in nodes:
        if node.op in functions:
            yield node.op
        for value in node.attr.values():
            yield value.func.name
            yield from (function.name for function in value.list.func)


def _keep_session(meta: Any, source: str) -> None:
    """Leave what the signatures of a SavedModel of TensorFlow 1 need, its variables, and how they are read.

    Args:
        meta: the MetaGraphDef, which is changed.
        source: the file, for people.

    Raises:
        ModelError: what the signatures need, or the way of the variables, has operations that networks do not use.
    """
    graph = meta.graph_def
    nodes = {node.name: node for node in graph.node}
    if len(nodes) != len(graph.node):
        raise ModelError(f"{source}: expected nodes of different names. Received: several of one name")
    roots = [tensor.name for signature in meta.signature_def.values() for tensor in _tensors(signature)]
    for name in VARIABLE_LISTS:
        for content in meta.collection_def[name].bytes_list.value if name in meta.collection_def else ():
            roots += _names(content, source)
    for name in INITIALISERS:
        roots += meta.collection_def[name].node_list.value if name in meta.collection_def else ()
    network = _upstream(roots, nodes)
    check_operations((nodes[name] for name in network), ALLOWED, source)
    check_operations(_bodies(graph), ALLOWED, source)
    saver = meta.saver_def
    restoring = _upstream([saver.restore_op_name, saver.filename_tensor_name], nodes)
    check_operations((nodes[name] for name in restoring), ALLOWED | {"RestoreV2"}, source)
    # TensorFlow feeds it with the place of the variables.
    place = _node_name(saver.filename_tensor_name)
    for name in restoring:
        if nodes[name].op == "RestoreV2" and _node_name(nodes[name].input[0] if nodes[name].input else "") != place:
            raise ModelError(f"{source}: expected variables from the SavedModel's own file. Received: from another")
    _keep(graph.node, lambda node: node.name in network or node.name in restoring)
    for name in list(meta.collection_def):
        if name not in (*VARIABLE_LISTS, *INITIALISERS):
            del meta.collection_def[name]
    meta.ClearField("asset_file_def")


def _bodies(graph: Any) -> Iterator[Any]:
    for function in graph.library.function:
        yield from function.node_def


def _tensors(signature: Any) -> Iterator[Any]:
    yield from signature.inputs.values()
    yield from signature.outputs.values()


def _names(content: bytes, source: str) -> list[str]:
    """The nodes that a variable is made of."""
    try:
        variable = VariableDef.FromString(content)
    except DecodeError as error:
        raise ModelError(f"{source}: expected variables. Received: {error}") from error
    return [
        variable.variable_name,
        variable.initializer_name,
        variable.snapshot_name,
        variable.initial_value_name,
    ]


def _upstream(names: Iterable[str], nodes: dict[str, Any]) -> set[str]:
    """The nodes that some nodes or tensors need, themselves included."""

    def needed(name: str) -> Iterator[str]:
        return (_node_name(given) for given in nodes[name].input) if name in nodes else iter(())

    return _closure(map(_node_name, names), needed) & nodes.keys()


def _closure(names: Iterable[str], following: Callable[[str], Iterator[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += following(name)
    return seen


def _node_name(tensor: str) -> str:
    """The node of a tensor "node:0", of a control input "^node", or of a node."""
    return tensor.removeprefix("^").split(":", 1)[0]


def _keep(field: Any, wanted: Callable[[Any], bool]) -> None:
    """Leave some of the messages of a repeated field."""
    for index in reversed(range(len(field))):
        if not wanted(field[index]):
            del field[index]
