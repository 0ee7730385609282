"""Extraction of the part of a graph between image and scores, with the inputs and outputs of a bundle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from inference.compiler.endpoints import (
    SCOPE,
    find_activation,
    find_pooling,
    find_scores,
    find_tensor,
    plain_name,
    score_count,
)
from inference.compiler.surgery import cut, make_batch_dynamic, name_outputs
from inference.errors import ModelError
from inference.litert.signature import IMAGE
from inference.models.tensorflow_engine import open_session

# Maximum difference between the scores of a batch and of single images: the rounding difference of float32 if numbers
# are added in another order.
MAX_BATCH_DIFFERENCE = 1e-5


@dataclass(frozen=True, slots=True)
class CutNetwork:
    """A network with the inputs and outputs of a bundle.

    Attributes:
        graph: GraphDef from the node `image` to nodes with the names of the outputs.
        height, width: size of the input, in pixels.
        batch: batch size; None for any size.
        origins: names of the nodes in the file, by the names of the bundle's outputs.
        classes: number of scores.
        activation: activation that the scores still need: "none" or "softmax".
    """

    graph: Any
    height: int
    width: int
    batch: int | None
    origins: dict[str, str]
    classes: int
    activation: str


def cut_network(graph: Any, image: tf.Tensor, *, height: int, width: int, output: str | None) -> CutNetwork:
    """Cut out the part of a graph from the image to the scores, with a free batch size if the graph allows it.

    Args:
        graph: GraphDef of the whole graph.
        image: tensor of the graph that takes the image.
        height: height of the input, in pixels.
        width: width of the input, in pixels.
        output: name of the node with the scores; None to find it by its operator and shape.

    Raises:
        ModelError: the graph does not take this size, or has no such output.
    """
    try:
        single = cut(graph, image, height=height, width=width, batch=1)
    except ValueError as error:
        # The rest of the message shows the whole node with its attributes.
        reason = str(error).partition(" for '")[0]
        raise ModelError(f"expected a graph that takes {width}x{height} pixels. Received: {reason}") from error
    freed = make_batch_dynamic(graph, single)
    fixed = _with_ends(single, graph, height, width, 1, output)
    try:
        free = _with_ends(cut(freed, image, height=height, width=width, batch=None), graph, height, width, None, output)
    except ValueError:
        return fixed
    was_free = freed == graph and (image.shape.rank is None or image.shape[0] is None)
    return free if was_free or _takes_batches(free) else fixed


def _with_ends(
    loaded: tf.Graph, graph: Any, height: int, width: int, batch: int | None, output: str | None
) -> CutNetwork:
    image = loaded.get_tensor_by_name(f"{IMAGE}:0")
    scores = find_tensor(loaded, output, "--output", scope=f"{SCOPE}/") if output else find_scores(image)
    classes = score_count(scores)
    if not classes:
        raise ModelError(
            f"--output: expected a node of (batch, classes). Received: {plain_name(scores)}, of {tuple(scores.shape)}"
        )
    activation = find_activation(scores)
    outputs = {"probabilities": scores, **find_pooling(scores)}
    origins = {name: plain_name(tensor) for name, tensor in outputs.items()}
    if classes == 1:
        outputs["probabilities"], classes = _two_classes(loaded, scores, activation), 2
    return CutNetwork(
        graph=name_outputs(loaded, outputs, graph.versions),
        height=height,
        width=width,
        batch=batch,
        origins=origins,
        classes=classes,
        activation=activation,
    )


def _two_classes(graph: tf.Graph, scores: tf.Tensor, activation: str) -> tf.Tensor:
    """Return the scores of two classes, (batch, 2), from the probability or the logit of the second class."""
    with graph.as_default():
        second = tf.reshape(scores, (-1, 1))
        first = tf.zeros_like(second) if activation == "softmax" else 1 - second
        return tf.concat([first, second], axis=1)


def _takes_batches(network: CutNetwork) -> bool:
    """Return True if two images get the same scores in one batch as one by one."""
    shape = (2, network.height, network.width, 3)
    images = np.random.default_rng(0).random(shape, np.float32)
    with open_session(network.graph, threads=0) as session:
        try:
            both = session.run("probabilities:0", {f"{IMAGE}:0": images})
        except tf.errors.OpError:
            return False
        single = [session.run("probabilities:0", {f"{IMAGE}:0": image[np.newaxis]}) for image in images]
    return bool(
        both.shape == (2, network.classes) and np.allclose(both, np.concatenate(single), atol=MAX_BATCH_DIFFERENCE)
    )
