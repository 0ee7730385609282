"""Inception networks in Keras 3, in blocks as in the papers, by the names in commands."""

from __future__ import annotations

from collections.abc import Callable

import keras

from inference.networks.inception_mini import inception_mini
from inference.networks.inception_v3 import inception_v3

# Functions from the number of classes to a network.
NETWORKS: dict[str, Callable[[int], keras.Model]] = {"inception-mini": inception_mini, "inception-v3": inception_v3}
