"""A network as a TensorFlow function -> a SavedModel, a frozen GraphDef, a LiteRT file."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from inference.compiler.depthwise import float_depthwise
from inference.compiler.model import Quantization
from inference.models.bundle import IMAGE, SIGNATURE
from inference.system.stderr import silent_stderr

# From float32 images (batch, height, width, 3) to float32 outputs by name.
Network = Callable[[tf.Tensor], dict[str, tf.Tensor]]


def write_saved_model(network: Network, directory: Path, *, height: int, width: int) -> None:
    """Write a SavedModel without variables, with the one signature of a bundle.

    Args:
        network: its batch stays free.
        directory: made if absent.
        height: of the input, in pixels.
        width: of the input, in pixels.
    """
    frozen, names = _freeze(network, height, width)
    write_frozen_model(
        lambda image: dict(zip(names, frozen(image), strict=True)), directory, height=height, width=width, batch=None
    )


def write_frozen_model(network: Network, directory: Path, *, height: int, width: int, batch: int | None) -> None:
    """Write a network without variables as a SavedModel; see `write_saved_model`.

    Args:
        network: what is written.
        directory: made if absent.
        height: of the input, in pixels.
        width: of the input, in pixels.
        batch: number of images, where the network takes no other; None leaves it free.
    """
    image = tf.TensorSpec([batch, height, width, 3], tf.float32, name=IMAGE)
    module = tf.Module()
    module.serve = tf.function(network, input_signature=[image])
    # Nobody trains what is served, and gradients of constants cannot be saved: swish has one of its own.
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    tf.saved_model.save(module, str(directory), signatures={SIGNATURE: module.serve}, options=options)


def encode_graph(network: Network, *, height: int, width: int) -> bytes:
    """The content of a GraphDef from the node `image` to nodes of the outputs' names; arguments as above."""
    frozen, _ = _freeze(network, height, width)
    return bytes(frozen.graph.as_graph_def().SerializeToString())


def compile_saved_model(
    directory: Path, *, quantize: Quantization = "dynamic", samples: Iterable[npt.NDArray[np.float32]] = ()
) -> bytes:
    """Convert a SavedModel with the signature of a bundle into a LiteRT file.

    Args:
        directory: of the SavedModel.
        quantize: "dynamic" keeps weights as int8 with one scale a channel, depthwise ones aside, and computes the
            activations' scales at run time, a quarter of the size; "int8" takes those scales from samples; "float16"
            halves the size; "none" keeps float32.
        samples: inputs of (1, height, width, 3) for "int8".

    Returns:
        The content of a .tflite file.

    Raises:
        ConverterError: LiteRT lacks an operator of the network.
    """
    converter = tf.lite.TFLiteConverter.from_saved_model(str(directory), signature_keys=[SIGNATURE])
    if quantize != "none":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if quantize == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if quantize == "int8":
        converter.representative_dataset = lambda: ({IMAGE: sample} for sample in samples)
    # It tells each step to stderr, and that the interpreter is deprecated with which it calibrates.
    with silent_stderr(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*tf.lite.Interpreter is deprecated", category=UserWarning)
        content = bytes(converter.convert())
    return float_depthwise(content) if quantize == "dynamic" else content


def _freeze(network: Network, height: int, width: int) -> tuple[Any, list[str]]:
    """Make constants of the variables; the outputs come in the order of their names, which are those of nodes, too.

    The converter leaves Keras 3's variables unfrozen: 300 of them read again for each image, ten times slower.
    """
    image = tf.TensorSpec([None, height, width, 3], tf.float32, name=IMAGE)
    served = tf.function(
        lambda image: {name: tf.identity(value, name=name) for name, value in network(image).items()}
    ).get_concrete_function(image)
    return convert_variables_to_constants_v2(served), sorted(served.structured_outputs)
