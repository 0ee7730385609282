"""Checked copies of SavedModels. TensorFlow loads the copies, which contain only the network and its variables."""

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
# Collections of variables that TensorFlow needs to load a SavedModel of TensorFlow 1.
VARIABLE_LISTS = ("variables", "trainable_variables", "model_variables", "moving_average_variables")
# Collections of nodes that TensorFlow runs after loading a SavedModel of TensorFlow 1.
INITIALISERS = ("saved_model_main_op", "legacy_init_op")


def copy_checked(folder: Path, target: Path) -> None:
    """Check a SavedModel, and copy only its network and variables.

    The check covers all graphs and functions, including those that are not copied. The only file that the copy
    can read is its own file of variables.

    Args:
        folder: folder of the SavedModel.
        target: an existing, empty folder for the copy.

    Raises:
        ModelError: the SavedModel is damaged, or has operations that image networks do not use.
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
    """Reduce a SavedModel of TensorFlow 2 to the constants and functions that its objects need.

    Args:
        meta: MetaGraphDef, changed in place.
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
    """Yield the names of the functions that the given nodes use as their operation or in an attribute."""
    for node in nodes:
        if node.op in functions:
            yield node.op
        for value in node.attr.values():
            yield value.func.name
            yield from (function.name for function in value.list.func)


def _keep_session(meta: Any, source: str) -> None:
    """Reduce a SavedModel of TensorFlow 1 to the nodes for its signatures and for loading its variables.

    Args:
        meta: MetaGraphDef, changed in place.
        source: name of the file in error messages.

    Raises:
        ModelError: the remaining nodes have operations that image networks do not use, or read variables from another
            file.
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
    # TensorFlow sets this node to the path of the file of variables.
    path_node = _node_name(saver.filename_tensor_name)
    for name in restoring:
        if nodes[name].op == "RestoreV2" and _node_name(nodes[name].input[0] if nodes[name].input else "") != path_node:
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
    """Return the names of a variable's nodes and tensors."""
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
    """Return the names of the given nodes and of all nodes that they depend on."""

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
    """Return the name of the node in the name of a tensor "node:0", a control input "^node" or a node "node"."""
    return tensor.removeprefix("^").split(":", 1)[0]


def _keep(field: Any, wanted: Callable[[Any], bool]) -> None:
    """Delete the unwanted messages of a repeated field."""
    for index in reversed(range(len(field))):
        if not wanted(field[index]):
            del field[index]
