"""Keras model -> LiteRT file."""

from __future__ import annotations

import tempfile
from typing import Literal

import keras
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

Quantization = Literal["none", "float16", "dynamic"]


def compile_keras(model: keras.Model, *, height: int, width: int, quantize: Quantization = "dynamic") -> bytes:
    """Convert a model with several named outputs into a LiteRT file with one signature.

    Args:
        model: float32 (batch, height, width, 3) -> a dictionary of float32 outputs by name; the batch stays free.
        height: of the input, in pixels.
        width: of the input, in pixels.
        quantize: "dynamic" keeps weights as int8 with one scale a channel and computes the activations' scales at run
            time, a quarter of the size; "float16" halves the size; "none" keeps float32.

    Returns:
        The content of a .tflite file whose signature "serving_default" has the input `image` and the model's outputs.
    """
    image = tf.TensorSpec([None, height, width, 3], tf.float32, name="image")
    served = tf.function(lambda image: model(image, training=False)).get_concrete_function(image)
    names = sorted(served.structured_outputs)
    # The converter leaves Keras 3's variables unfrozen: 300 of them read again for each image, ten times slower.
    frozen = convert_variables_to_constants_v2(served)

    module = tf.Module()
    module.serve = tf.function(lambda image: dict(zip(names, frozen(image), strict=True)), input_signature=[image])
    with tempfile.TemporaryDirectory() as directory:
        tf.saved_model.save(module, directory, signatures={"serving_default": module.serve})
        converter = tf.lite.TFLiteConverter.from_saved_model(directory)
        if quantize != "none":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if quantize == "float16":
            converter.target_spec.supported_types = [tf.float16]
        return bytes(converter.convert())
