"""Conversion of an installed model to one TensorFlow network, from normalised pixels to calibrated probabilities."""

from __future__ import annotations

from typing import NamedTuple

import keras
import tensorflow as tf

from inference.compiler.saved_model import Network
from inference.compiler.surgery import upgrade_operators
from inference.compiler.tflite_graph import tensorflow_network
from inference.litert.signature import IMAGE
from inference.models.bundle import KERAS_FILE, Bundle, read_head
from inference.models.engine import SMALLEST
from inference.models.tensorflow_engine import read_bundle_graph
from inference.networks.archive import load_network
from inference.networks.blocks import EMBEDDING, FEATURES

PROBABILITIES = "probabilities"


class ServedNetworks(NamedTuple):
    """A model as two networks.

    Both networks take float32 (batch, height, width, 3) in the specification's input range. They return `probabilities`
    (batch, classes), and also `embedding` (batch, channels) and `features` if the model has these outputs. If the model
    has a Keras archive or is a graph, the two networks are the same, because these do not compute in integers.

    Attributes:
        exact: network in float32.
        rounded: network that rounds each result as the installed file does.
    """

    exact: Network
    rounded: Network


def served_networks(bundle: Bundle) -> ServedNetworks:
    """Convert a model to TensorFlow, from its Keras archive if it has one, else from its installed network.

    Raises:
        ModelError: the model is damaged, or has an operator without a counterpart in TensorFlow.
        NetworkError: the Keras archive is damaged.
    """
    archive = bundle.directory / KERAS_FILE
    if archive.is_file():
        network = _with_probabilities(_archived(load_network(archive)), bundle, activation="softmax")
        return ServedNetworks(network, network)
    activation = bundle.spec.activation
    if bundle.spec.engine == "tensorflow":
        network = _with_probabilities(_imported(bundle), bundle, activation=activation)
        return ServedNetworks(network, network)
    content = bundle.network.read_bytes()
    exact, rounded = (
        _with_probabilities(tensorflow_network(content, rounded=rounded), bundle, activation=activation)
        for rounded in (False, True)
    )
    return ServedNetworks(exact, rounded)


def _with_probabilities(network: Network, bundle: Bundle, *, activation: str) -> Network:
    """Add the layers that turn a network's outputs into calibrated probabilities, as the engine does.

    Args:
        network: network with the outputs of a bundle.
        bundle: model with the head, if any, and the temperature.
        activation: activation that the network's own scores still need: "none" or "softmax".
    """
    spec, head = bundle.spec, read_head(bundle)

    def served(image: tf.Tensor) -> dict[str, tf.Tensor]:
        outputs = {name: value for name, value in network(image).items() if name in spec.outputs}
        for name in {PROBABILITIES, EMBEDDING} & set(outputs):
            outputs[name] = tf.reshape(outputs[name], [-1, outputs[name].shape[-1]])
        scores = outputs[PROBABILITIES]
        if head is not None:
            scores = tf.matmul(outputs[EMBEDDING], head.weights) + head.bias
        elif activation == "none":
            if spec.temperature == 1:
                return outputs
            scores = tf.math.log(tf.maximum(scores, SMALLEST))
        return outputs | {PROBABILITIES: tf.nn.softmax(scores / spec.temperature)}

    return served


def _archived(model: keras.Model) -> Network:
    """Return a Keras archive's network. Its output is logits; its other outputs are found by the layers' names."""
    outputs = {name: model.get_layer(name).output for name in (EMBEDDING, FEATURES)}
    network = keras.Model(model.input, outputs | {PROBABILITIES: model.output})
    return lambda image: network(image, training=False)


def _imported(bundle: Bundle) -> Network:
    graph = upgrade_operators(read_bundle_graph(bundle))
    imported = tf.compat.v1.wrap_function(lambda: tf.import_graph_def(graph, name=""), [])
    nodes = imported.graph.as_graph_element
    network = imported.prune(nodes(f"{IMAGE}:0"), {name: nodes(f"{name}:0") for name in bundle.spec.outputs})
    return lambda image: network(tf.convert_to_tensor(image))
