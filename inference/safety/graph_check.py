"""Graphs from files, read without running anything of them, and refused by the names of operations that networks lack.

A graph is a program, and TensorFlow runs what it says: `WriteFile` writes, `PyFunc` runs Python.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import tensorflow as tf
from google.protobuf.message import DecodeError

from inference.errors import ModelError
from inference.safety.operations import ALLOWED
from inference.safety.refusal import refusal


def read_graph(content: bytes, source: str) -> Any:
    """Read a GraphDef that is to be run.

    Args:
        content: of its file.
        source: the file, for people.

    Raises:
        ModelError: it is none, or has operations that image networks do not use.
    """
    graph = parse_graph(content, source)
    check_graph(graph, source)
    return graph


def parse_graph(content: bytes, source: str) -> Any:
    """Read a GraphDef that is not to be run, or is judged later.

    Raises:
        ModelError: it is none.
    """
    graph = tf.compat.v1.GraphDef()
    try:
        graph.ParseFromString(content)
    except DecodeError as error:
        raise ModelError(f"{source}: expected a GraphDef. Received: {error}") from error
    return graph


def check_graph(graph: Any, source: str) -> None:
    """Refuse a GraphDef that has operations, in its functions included, which image networks do not use.

    Raises:
        ModelError: it has such.
    """
    check_operations(nodes_of(graph), ALLOWED, source)


def nodes_of(graph: Any) -> Iterator[Any]:
    """All nodes of a GraphDef, those of its functions included."""
    yield from graph.node
    for function in graph.library.function:
        yield from function.node_def


def check_operations(nodes: Iterable[Any], allowed: Collection[str], source: str) -> None:
    """Refuse nodes whose operations are none of those allowed.

    Raises:
        ModelError: there are such.
    """
    if refused := sorted({node.op for node in nodes} - frozenset(allowed)):
        raise ModelError(refusal(source, "operation", refused, "that image networks use"))
