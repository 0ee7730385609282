"""Checks of TensorFlow graphs from files: only operations of image networks are allowed.

A graph is a program that TensorFlow runs: `WriteFile` writes files, `PyFunc` runs Python. Reading and checking a graph
does not run it.
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
    """Read a GraphDef and check its operations, so that the graph is safe to run.

    Args:
        content: content of the file.
        source: name of the file in error messages.

    Raises:
        ModelError: the content is no GraphDef, or has operations that image networks do not use.
    """
    graph = parse_graph(content, source)
    check_graph(graph, source)
    return graph


def parse_graph(content: bytes, source: str) -> Any:
    """Read a GraphDef without checking its operations; `check_graph` checks them.

    Raises:
        ModelError: the content is no GraphDef.
    """
    graph = tf.compat.v1.GraphDef()
    try:
        graph.ParseFromString(content)
    except DecodeError as error:
        raise ModelError(f"{source}: expected a GraphDef. Received: {error}") from error
    return graph


def check_graph(graph: Any, source: str) -> None:
    """Check that a GraphDef and its functions have only operations that image networks use.

    Raises:
        ModelError: the graph has operations that image networks do not use.
    """
    check_operations(nodes_of(graph), ALLOWED, source)


def nodes_of(graph: Any) -> Iterator[Any]:
    """Yield all nodes of a GraphDef and of its functions."""
    yield from graph.node
    for function in graph.library.function:
        yield from function.node_def


def check_operations(nodes: Iterable[Any], allowed: Collection[str], source: str) -> None:
    """Check that the operations of all given nodes are allowed.

    Raises:
        ModelError: a node has an operation that is not allowed.
    """
    if refused := sorted({node.op for node in nodes} - frozenset(allowed)):
        raise ModelError(refusal(source, "operation", refused, "that image networks use"))
