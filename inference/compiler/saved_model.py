"""Conversion of a network from a TensorFlow function to a SavedModel, a frozen GraphDef or a LiteRT file."""

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
from inference.litert.signature import IMAGE, SIGNATURE
from inference.system.stderr import silent_stderr

# A function from float32 images (batch, height, width, 3) to float32 outputs by name.
Network = Callable[[tf.Tensor], dict[str, tf.Tensor]]


def write_saved_model(network: Network, directory: Path, *, height: int, width: int) -> None:
    """Write a SavedModel without variables, with the signature of a bundle and a free batch size.

    Args:
        network: network to write.
        directory: folder of the SavedModel; created if absent.
        height: height of the input, in pixels.
        width: width of the input, in pixels.
    """
    frozen, names = _freeze(network, height, width)
    write_frozen_model(
        lambda image: dict(zip(names, frozen(image), strict=True)), directory, height=height, width=width, batch=None
    )


def write_frozen_model(network: Network, directory: Path, *, height: int, width: int, batch: int | None) -> None:
    """Write a network without variables as a SavedModel; see `write_saved_model`.

    Args:
        network: network to write, without variables.
        directory: folder of the SavedModel; created if absent.
        height: height of the input, in pixels.
        width: width of the input, in pixels.
        batch: batch size; None for any size.
    """
    image = tf.TensorSpec([batch, height, width, 3], tf.float32, name=IMAGE)
    module = tf.Module()
    module.serve = tf.function(network, input_signature=[image])
    # A served network needs no gradients. Custom gradients, such as that of swish, cannot be saved for constants.
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    tf.saved_model.save(module, str(directory), signatures={SIGNATURE: module.serve}, options=options)


def encode_graph(network: Network, *, height: int, width: int) -> bytes:
    """Return the content of a GraphDef from the node `image` to nodes with the names of the outputs.

    Args:
        network: network to encode.
        height: height of the input, in pixels.
        width: width of the input, in pixels.
    """
    frozen, _ = _freeze(network, height, width)
    return bytes(frozen.graph.as_graph_def().SerializeToString())


def compile_saved_model(
    directory: Path, *, quantize: Quantization = "dynamic", samples: Iterable[npt.NDArray[np.float32]] = ()
) -> bytes:
    """Convert a SavedModel with the signature of a bundle to a LiteRT file.

    Args:
        directory: folder of the SavedModel.
        quantize: "dynamic" stores weights as int8 with one scale per channel, except depthwise weights, and computes
            the activations' scales at run time; the file has a quarter of the size. "int8" calibrates the activations'
            scales on the samples. "float16" halves the size. "none" keeps float32.
        samples: inputs for "int8", float32 (1, height, width, 3) each.

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
    # The converter prints each step to stderr, and warns that its own interpreter is deprecated.
    with silent_stderr(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*tf.lite.Interpreter is deprecated", category=UserWarning)
        content = bytes(converter.convert())
    return float_depthwise(content) if quantize == "dynamic" else content


def _freeze(network: Network, height: int, width: int) -> tuple[Any, list[str]]:
    """Freeze a network; return the function and the names of its outputs.

    The outputs are sorted by name, and the node of each output has the name of the output. The converter itself would
    leave the variables of Keras 3 unfrozen. Then the network would read 300 variables for each image, and be ten times
    slower.
    """
    image = tf.TensorSpec([None, height, width, 3], tf.float32, name=IMAGE)
    served = tf.function(
        lambda image: {name: tf.identity(value, name=name) for name, value in network(image).items()}
    ).get_concrete_function(image)
    return convert_variables_to_constants_v2(served), sorted(served.structured_outputs)
