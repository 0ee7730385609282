"""Conversion of Keras models to LiteRT files."""

from __future__ import annotations

import tempfile
from pathlib import Path

import keras

from inference.compiler.saved_model import compile_saved_model, write_saved_model


def compile_keras(model: keras.Model, *, height: int, width: int) -> bytes:
    """Convert a model with several named outputs into a LiteRT file with one signature.

    Args:
        model: model from float32 (batch, height, width, 3) to a dictionary of float32 outputs by name.
        height: height of the input, in pixels.
        width: width of the input, in pixels.

    Returns:
        The content of a .tflite file with a free batch size; its signature "serving_default" has the input `image` and
        the model's outputs.
    """
    with tempfile.TemporaryDirectory() as directory:
        write_saved_model(lambda image: model(image, training=False), Path(directory), height=height, width=width)
        return compile_saved_model(Path(directory), quantize="dynamic")
