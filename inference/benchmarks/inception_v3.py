"""Inception-v3 with random weights, for benchmarks.

`python -m inference.benchmarks.inception_v3 FILE` writes the network to a file. Its answers mean nothing, but it needs
the same time and memory as a trained network.
"""

from __future__ import annotations

import sys
from pathlib import Path

import keras

from inference.compiler.keras_model import compile_keras

SIDE = 299
CLASSES = 1000


def compile_random_inception_v3() -> bytes:
    """Build the network with the three outputs of a bundle; return a .tflite file with int8 weights."""
    network = keras.applications.InceptionV3(weights=None, classes=CLASSES)
    outputs = {
        "probabilities": network.output,
        "embedding": network.get_layer("avg_pool").output,
        "features": network.get_layer("mixed10").output,
    }
    return compile_keras(keras.Model(network.input, outputs), height=SIDE, width=SIDE)


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(compile_random_inception_v3())
