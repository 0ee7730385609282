"""The interface of a loaded network, and the options of the engines that run it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from inference.errors import ModelError

# Limit on the batch size: the number of images that a pool admits. It keeps a mistyped number from filling the memory.
MAX_BATCH_SIZE = 256


@dataclass(frozen=True, slots=True)
class NetworkOptions:
    """Device and batch size of networks that run in a TensorFlow session; other networks ignore them.

    Attributes:
        device: name of a device, such as "CPU:0" or "GPU:1"; None for the first GPU that TensorFlow sees, or for the
            CPU if there is no GPU.
        max_batch_size: largest batch, from 1 to MAX_BATCH_SIZE; None for a size that suits the device.

    Raises:
        ValueError: `max_batch_size` is out of its range.
    """

    device: str | None = None
    max_batch_size: int | None = None

    def __post_init__(self) -> None:
        if self.max_batch_size is not None and not 1 <= self.max_batch_size <= MAX_BATCH_SIZE:
            raise ValueError(f"expected max_batch_size from 1 to {MAX_BATCH_SIZE}. Received: {self.max_batch_size}")


DEFAULT_OPTIONS = NetworkOptions()


@dataclass(frozen=True, slots=True)
class NetworkOutput:
    """A network's outputs for a batch, float32 and dequantised.

    Attributes:
        scores: probabilities or logits (batch, classes).
        embedding, features: see `inference.models.engine.EngineOutput`.
    """

    scores: npt.NDArray[np.float32]
    embedding: npt.NDArray[np.float32] | None = None
    features: npt.NDArray[np.float32] | None = None


class Network(Protocol):
    """A loaded network. Not thread-safe: only one thread may use it."""

    @property
    def classes(self) -> int:
        """Number of scores."""
        ...

    @property
    def batch_size(self) -> int:
        """Largest batch size that still makes the network faster; 1 if batches do not make it faster."""
        ...

    def run(self, pixels: npt.NDArray[np.uint8], *, features: bool = False) -> NetworkOutput:
        """Run the network on a batch. The network normalises the pixels.

        Args:
            pixels: uint8 (batch, height, width, 3), RGB, of the input size.
            features: whether the output has the features, too; copying them takes time.

        Raises:
            ModelError: the pixels have a wrong shape or dtype, or the network failed.
        """
        ...


def check_pixels(pixels: npt.NDArray[np.uint8], shape: tuple[int, int, int]) -> None:
    """Check that pixels are a batch of uint8 images.

    Args:
        pixels: batch to check.
        shape: expected (height, width, channels).

    Raises:
        ModelError: the pixels have a wrong shape or dtype, or the batch is empty.
    """
    if pixels.dtype != np.uint8 or pixels.shape[1:] != shape or len(pixels) == 0:
        raise ModelError(
            f"expected pixels of uint8 (batch, {', '.join(map(str, shape))}). Received: {pixels.dtype} {pixels.shape}"
        )
