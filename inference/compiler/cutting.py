"""A graph as its file has it -> the part between image and scores, with the inputs and outputs of a bundle."""

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
from inference.models.bundle import IMAGE
from inference.models.tensorflow_engine import open_session

# What float32 differs by in another order of summation.
MAX_BATCH_DIFFERENCE = 1e-5


@dataclass(frozen=True, slots=True)
class CutNetwork:
    """A network with the inputs and outputs of a bundle.

    Attributes:
        graph: the GraphDef, from the node `image` to nodes of the outputs' names.
        height, width: of the input, in pixels.
        batch: number of images that it takes at a time, None for any.
        origins: the bundle's outputs, and the name of the node in the file that each comes from.
        classes: number of scores.
        activation: what they still need.
    """

    graph: Any
    height: int
    width: int
    batch: int | None
    origins: dict[str, str]
    classes: int
    activation: str


def cut_network(graph: Any, image: tf.Tensor, *, height: int, width: int, output: str | None) -> CutNetwork:
    """Cut out of a graph what leads from an image to scores, with a free batch where the graph bears one.

    Args:
        graph: the GraphDef.
        image: its tensor that takes the image.
        height: of the input, in pixels.
        width: of the input, in pixels.
        output: name of the node with the scores, where it is known.

    Raises:
        ModelError: the graph does not take this size, or has no such output.
    """
    try:
        single = cut(graph, image, height=height, width=width, batch=1)
    except ValueError as error:
        # The rest is the whole node, with all of its attributes.
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
    return CutNetwork(
        graph=name_outputs(loaded, outputs, graph.versions),
        height=height,
        width=width,
        batch=batch,
        origins={name: plain_name(tensor) for name, tensor in outputs.items()},
        classes=classes,
        activation=activation,
    )


def _takes_batches(network: CutNetwork) -> bool:
    """Whether two images at once give what they give one by one."""
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
