"""Files of image networks that also do something else."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from tests.support.graphs import colour_graph

v1 = tf.compat.v1


def writing_graph(target: Path) -> Any:
    """The network of `colour_graph`, which writes a file before it answers."""
    graph = colour_graph()
    with tf.Graph().as_default() as written:
        tf.io.write_file(tf.constant(str(target), name="where"), tf.constant("was here", name="what"), name="write")
    graph.node.extend(written.as_graph_def().node)
    next(node for node in graph.node if node.name == "colours").input.append("^write")
    return graph


class Colours(tf.Module):  # type: ignore[misc]
    """The network of `colour_graph` as a function with one variable."""

    def __init__(self, before: Callable[[], Any] = lambda: None) -> None:
        super().__init__()
        self.dense = tf.Variable(np.eye(3, dtype=np.float32) * 2)
        self._before = before

    @tf.function(  # type: ignore[untyped-decorator]
        input_signature=[tf.TensorSpec((None, 8, 6, 3), tf.float32, name="image")]
    )
    def serve(self, image: tf.Tensor) -> tf.Tensor:
        self._before()
        return tf.nn.softmax(tf.matmul(tf.reduce_mean(image, [1, 2]), self.dense))


class Initialised(Colours):
    """The same network, with a resource that does something when it is loaded."""

    def __init__(self, initialise: Callable[[], Any]) -> None:
        super().__init__()
        self.resource = Resource(initialise)


class Resource(tf.saved_model.experimental.TrackableResource):  # type: ignore[misc]
    def __init__(self, initialise: Callable[[], Any]) -> None:
        super().__init__()
        self._first = initialise

    def _create_resource(self) -> tf.Tensor:
        return tf.raw_ops.VarHandleOp(dtype=tf.float32, shape=[])

    def _initialize(self) -> None:
        self._first()


def save(module: Colours, folder: Path) -> Path:
    tf.saved_model.save(module, str(folder), signatures={"serving_default": module.serve})
    return folder


def save_of_1(folder: Path, *, before: Callable[[], Any] = lambda: None, main_op: bool = False) -> Path:
    """Write the network as TensorFlow 1 did, with what it runs before it answers, or once it is loaded."""
    with tf.Graph().as_default(), v1.Session() as session:
        image = v1.placeholder(tf.float32, (None, 8, 6, 3), name="image")
        dense = v1.get_variable("dense", initializer=np.eye(3, dtype=np.float32) * 2, use_resource=False)
        first = before()
        pending_models = [] if first is None or main_op else [first]
        with tf.control_dependencies(pending_models):
            scores = tf.nn.softmax(tf.matmul(tf.reduce_mean(image, [1, 2]), dense), name="scores")
        session.run(v1.global_variables_initializer())
        builder = v1.saved_model.builder.SavedModelBuilder(str(folder))
        signature = v1.saved_model.predict_signature_def({"image": image}, {"scores": scores})
        builder.add_meta_graph_and_variables(
            session, ["serve"], {"serving_default": signature}, main_op=first if main_op else None
        )
        builder.save()
    return folder


def edit(folder: Path, change: Callable[[SavedModel], None]) -> Path:
    """Change a SavedModel's protocol buffer."""
    path = folder / "saved_model.pb"
    model = SavedModel.FromString(path.read_bytes())
    change(model)
    path.write_bytes(model.SerializeToString())
    return folder


def edit_config(archive: Path, change: Callable[[Any], None]) -> Path:
    """Change the configuration of a .keras file."""
    with zipfile.ZipFile(archive) as old:
        members = {name: old.read(name) for name in old.namelist()}
    config = json.loads(members["config.json"])
    change(config)
    members["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(archive, "w") as new:
        for name, content in members.items():
            new.writestr(name, content)
    return archive


def colour_keras() -> keras.Model:
    image = keras.Input((8, 6, 3))
    x = keras.layers.Conv2D(3, 1, activation="relu", name="layer")(image)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, keras.layers.Dense(3, "softmax", name="dense")(x), name="colours")
