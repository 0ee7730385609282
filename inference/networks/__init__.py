"""Inception networks in Keras 3, written in blocks that read like the papers, by the names that users type."""

from __future__ import annotations

from collections.abc import Callable

import keras

from inference.networks.inception_mini import inception_mini
from inference.networks.inception_v3 import inception_v3

# Each takes the number of classes; its docstring says what comes of it.
NETWORKS: dict[str, Callable[[int], keras.Model]] = {"inception-mini": inception_mini, "inception-v3": inception_v3}
