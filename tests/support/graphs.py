"""GraphDefs written node by node."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from inference.compiler.compile import compile_model
from inference.compiler.model import CompileOptions
from inference.models.bundle import Bundle, write_bundle
from inference.models.head import Head
from inference.models.store import ModelStore
from tests.support.networks import COLOURS, SHARPNESS


class GraphBuilder:
    """Writes nodes by hand, since today's TensorFlow builds none of some operators."""

    def __init__(self, producer: int, seed: int = 0) -> None:
        self.graph = tf.compat.v1.GraphDef()
        self.graph.versions.producer = producer
        self._rng = np.random.default_rng(seed)

    def node(self, op: str, name: str, *inputs: str, kind: Any = tf.float32, **attributes: Any) -> str:
        node = self.graph.node.add(op=op, name=name, input=inputs)
        if kind is not None:
            node.attr["T"].type = kind.as_datatype_enum
        for key, value in attributes.items():
            if isinstance(value, list):
                node.attr[key].list.i.extend(value)
            elif isinstance(value, bool):
                node.attr[key].b = value
            elif isinstance(value, float):
                node.attr[key].f = value
            elif isinstance(value, int):
                node.attr[key].i = value
            elif isinstance(value, str):
                node.attr[key].s = value.encode()
            elif isinstance(value, tf.TensorShape):
                node.attr[key].shape.CopyFrom(value.as_proto())
            else:
                node.attr[key].type = value.as_datatype_enum
        return name

    def const(self, name: str, value: npt.ArrayLike, dtype: Any = tf.float32) -> str:
        node = self.graph.node.add(op="Const", name=name)
        node.attr["dtype"].type = tf.as_dtype(dtype).as_datatype_enum
        node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value, dtype))
        return name

    def weights(self, name: str, *shape: int) -> str:
        """Random weights that keep the variance of what goes through."""
        scale = np.sqrt(2 / np.prod(shape[:-1]))
        return self.const(name, self._rng.normal(0, scale, shape).astype(np.float32))

    def positive(self, name: str, size: int) -> str:
        return self.const(name, self._rng.uniform(0.5, 1.5, size).astype(np.float32))

    def centred(self, name: str, size: int) -> str:
        return self.const(name, self._rng.normal(0, 0.2, size).astype(np.float32))

    def conv(self, name: str, x: str, weights: str, stride: int, padding: str) -> str:
        return self.node(
            "Conv2D", name, x, weights, strides=[1, stride, stride, 1], padding=padding, use_cudnn_on_gpu=True
        )

    def pool(self, op: str, name: str, x: str, side: int, stride: int, padding: str) -> str:
        return self.node(op, name, x, ksize=[1, side, side, 1], strides=[1, stride, stride, 1], padding=padding)

    def concat(self, name: str, *inputs: str) -> str:
        """As it was spelt before ConcatV2: the axis first."""
        axis = self.const(f"{name}/concat_dim", 3, tf.int32)
        return self.node("Concat", name, axis, *inputs, N=len(inputs))


def colour_graph(
    *,
    shape: tuple[int | None, ...] | None = (None, 8, 6, 3),
    dtype: Any = tf.float32,
    sides: tuple[int, ...] = (-1, 3),
    end: str | None = "Softmax",
    before: str = "Relu",
) -> Any:
    """The network of `colour_network` as a graph from `pixels` to `colours`, with other names than any public graph's.

    Args:
        shape: of the placeholder; None for an unknown one.
        dtype: of the placeholder.
        sides: that the embedding is reshaped to.
        end: the last operator; None for logits.
        before: operator on the pixels, which changes nothing in those of colours.
    """
    build = GraphBuilder(tf.version.GRAPH_DEF_VERSION)
    attributes = {} if shape is None else {"shape": tf.TensorShape(shape)}
    x = build.node("Placeholder", "pixels", kind=None, dtype=dtype, **attributes)
    if dtype != tf.float32:
        x = build.node("Cast", "floats", x, kind=None, SrcT=dtype, DstT=tf.float32)
    x = build.node(before, "before", x)
    x = build.conv("layer", x, build.const("kernel", np.eye(3, dtype=np.float32).reshape(1, 1, 3, 3)), 1, "SAME")
    x = build.node("Mean", "pool", x, build.const("axes", [1, 2], tf.int32), keep_dims=True, Tidx=tf.int32)
    x = build.node("Reshape", "flat", x, build.const("sides", list(sides), tf.int32), Tshape=tf.int32)
    if len(sides) == 1:
        x = build.node("ExpandDims", "unflat", x, build.const("first", 0, tf.int32), Tdim=tf.int32)
    weights = build.const("dense", (np.eye(len(COLOURS)) * SHARPNESS).astype(np.float32))
    x = build.node("MatMul", "colours" if end is None else "product", x, weights, transpose_a=False, transpose_b=False)
    if end is not None:
        build.node(end, "colours", x)
    return build.graph


def place_session(home: Path, name: str, *, side: int = 8, head: Head | None = None) -> Bundle:
    """Put the network of `colour_graph` into a store, for the TensorFlow engine, with a free batch.

    The store's own way tries it out in another process first, which takes TensorFlow seconds.

    Args:
        home: folder of the store.
        name: of the model.
        side: height and width of its input; at 1,500 it takes some tenths of a second for an image.
        head: takes the place of the last layer; classes beyond the colours are called "other".
    """
    path = home / f"{name}.pb"
    path.write_bytes(colour_graph(shape=(None, side, side, 3)).SerializeToString())
    compiled = compile_model(path, options=CompileOptions(input_range=(-1, 1), engine="tensorflow"))
    labels = COLOURS if head is None else (*COLOURS, *["other"] * (head.classes - len(COLOURS)))
    spec = replace(compiled.spec(name, crop=1.0), classes=len(labels))
    if head is not None:
        spec = replace(spec, head=True, activation="softmax")
    folder = home / "models" / f".model-{name}"
    folder.mkdir(parents=True)
    write_bundle(folder, spec, network=compiled.content, labels=labels, head=head)
    folder.with_name(name).symlink_to(folder.name, target_is_directory=True)
    return ModelStore(home).find(name)
