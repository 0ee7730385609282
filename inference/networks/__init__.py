"""Inception networks in Keras 3, made of the blocks in the papers; commands choose a network by its name."""

from __future__ import annotations

from collections.abc import Callable

import keras

from inference.networks.inception_mini import inception_mini
from inference.networks.inception_v3 import inception_v3

# For each name, a function that builds the network for a number of classes.
NETWORKS: dict[str, Callable[[int], keras.Model]] = {"inception-mini": inception_mini, "inception-v3": inception_v3}
