"""Changes to graphs that do not change the results of the graphs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from inference.compiler.endpoints import SCOPE, downstream
from inference.litert.signature import IMAGE

BATCH_NORM = "BatchNormWithGlobalNormalization"


def cut(graph: Any, image: tf.Tensor, *, height: int, width: int, batch: int | None) -> tf.Graph:
    """Import a GraphDef, with a new float32 input `image` in place of one of its tensors.

    Args:
        graph: GraphDef; its nodes are imported into the scope `SCOPE`.
        image: tensor (batch, height, width, 3) of the GraphDef that the new input replaces.
        height: height of the input, in pixels.
        width: width of the input, in pixels.
        batch: batch size; None for any size.

    Raises:
        ValueError: no operator reads the tensor, or the graph does not take this shape.
    """
    loaded = tf.Graph()
    with loaded.as_default():
        pixels = tf.compat.v1.placeholder(tf.float32, (batch, height, width, 3), name=IMAGE)
        tf.import_graph_def(graph, input_map={image.name: tf.cast(pixels, image.dtype)}, name=SCOPE)
    return loaded


def make_batch_dynamic(graph: Any, single: tf.Graph) -> Any:
    """Return a copy of a GraphDef in which reshapes to a batch of one become reshapes to a batch of any size.

    Args:
        graph: GraphDef to copy.
        single: the same graph, cut with a batch of one; the shapes are read from it.
    """
    freed = type(graph)()
    freed.CopyFrom(graph)
    nodes = {node.name: node for node in freed.node}
    for op in downstream(single.get_tensor_by_name(f"{IMAGE}:0")):
        shape = op.outputs[0].shape if op.type == "Reshape" else tf.TensorShape(None)
        constant = None if op.type != "Reshape" else tf.get_static_value(op.inputs[1])
        if constant is None or not shape.is_fully_defined() or shape.rank == 0 or constant[0] != 1:
            continue
        node = nodes[op.name.removeprefix(f"{SCOPE}/")]
        sides = freed.node.add(op="Const", name=f"{node.name}/free_batch")
        values = np.array([-1, *shape.as_list()[1:]], np.int32)
        sides.attr["dtype"].type = tf.int32.as_datatype_enum
        sides.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(values))
        node.attr["Tshape"].type = tf.int32.as_datatype_enum
        node.input[1] = sides.name
    return freed


def name_outputs(graph: tf.Graph, outputs: Mapping[str, tf.Tensor], producer: Any) -> Any:
    """Return a GraphDef with named outputs and only the nodes that they need.

    Args:
        graph: graph of the tensors.
        outputs: tensors by their new names: scores and embedding become (batch, values); features stay
            (batch, height, width, channels).
        producer: versions of the GraphDef from which the graph was imported; they decide which operators are allowed.
    """
    with graph.as_default():
        for name, tensor in outputs.items():
            flat = tensor if name == "features" else tf.reshape(tensor, (-1, tensor.shape[-1]))
            tf.cast(flat, tf.float32, name=name) if flat.dtype != tf.float32 else tf.identity(flat, name=name)
    whole = graph.as_graph_def()
    named = type(whole)(versions=producer, library=whole.library)
    nodes = {node.name: node for node in whole.node}
    needed, queue = {IMAGE}, [*outputs]
    while queue:
        name = queue.pop().removeprefix("^").partition(":")[0]
        if name not in needed:
            needed.add(name)
            queue += nodes[name].input
    named.node.extend(node for node in whole.node if node.name in needed)
    return named


def upgrade_operators(graph: Any) -> Any:
    """Return a GraphDef that the converter accepts: with current operators only, and without checks of numbers."""
    modern = type(graph)()
    for node in graph.node:
        if node.op == BATCH_NORM:
            modern.node.extend(decompose_batch_norm(node))
            continue
        copy = modern.node.add()
        copy.CopyFrom(node)
        if node.op == "CheckNumerics":
            copy.op = "Identity"
            del copy.attr["message"]
        del copy.input[:]
        copy.input.extend(name for name in node.input if not name.startswith("^"))
    modern.library.CopyFrom(graph.library)
    modern.versions.producer = tf.version.GRAPH_DEF_VERSION
    return modern


def decompose_batch_norm(node: Any) -> list[Any]:
    """Return basic operators that replace `BatchNormWithGlobalNormalization`, which TensorFlow has removed.

    They compute (x - mean) * gamma / sqrt(variance + epsilon) + beta; gamma is left out if
    `scale_after_normalization` is false.
    """
    x, mean, variance, beta, gamma = [name for name in node.input if not name.startswith("^")]
    made: list[Any] = []

    def add(op: str, name: str, *inputs: str) -> str:
        made.append(tf.compat.v1.NodeDef(op=op, name=name, input=inputs))
        made[-1].attr["T"].CopyFrom(node.attr["T"])
        return name

    name = node.name
    epsilon = tf.compat.v1.NodeDef(op="Const", name=f"{name}/epsilon")
    epsilon.attr["dtype"].CopyFrom(node.attr["T"])
    dtype = tf.as_dtype(node.attr["T"].type)
    epsilon.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(node.attr["variance_epsilon"].f, dtype, shape=[]))
    made.append(epsilon)
    scale = add("Rsqrt", f"{name}/rsqrt", add("AddV2", f"{name}/add", variance, epsilon.name))
    if node.attr["scale_after_normalization"].b:
        scale = add("Mul", f"{name}/scale", scale, gamma)
    shift = add("Sub", f"{name}/shift", beta, add("Mul", f"{name}/scaled_mean", mean, scale))
    add("AddV2", name, add("Mul", f"{name}/scaled", x, scale), shift)
    return made
