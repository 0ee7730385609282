"""The interface of a loaded network, and the options of the engines that run it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from inference.errors import ModelError

# As many images as a pool admits; it keeps a mistyped number from allocating all memory.
MAX_BATCH_SIZE = 256


@dataclass(frozen=True, slots=True)
class NetworkOptions:
    """Where networks run, and in which batches; for networks that run in a TensorFlow session.

    Attributes:
        device: "CPU:0" or "GPU:1"; None is the first GPU that TensorFlow sees, or else the CPU.
        max_batch_size: largest batch, from 1 to MAX_BATCH_SIZE; None is a size that suits the device.

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
    """What a network's file gives for a batch, float32 and dequantised.

    Attributes:
        scores: (batch, classes), probabilities or logits.
        embedding, features: as those of `inference.models.engine.EngineOutput`.
    """

    scores: npt.NDArray[np.float32]
    embedding: npt.NDArray[np.float32] | None = None
    features: npt.NDArray[np.float32] | None = None


class Network(Protocol):
    """The loaded file of a network. Not thread-safe: it belongs to one thread."""

    @property
    def classes(self) -> int:
        """Number of scores."""
        ...

    @property
    def batch_size(self) -> int:
        """Largest batch that the network gains from; 1 if batches gain nothing."""
        ...

    def run(self, pixels: npt.NDArray[np.uint8]) -> NetworkOutput:
        """Run uint8 RGB pixels (batch, height, width, 3) of the input size, which the network normalises.

        Raises:
            ModelError: the pixels have another shape or dtype, or the network failed.
        """
        ...


def check_pixels(pixels: npt.NDArray[np.uint8], shape: tuple[int, int, int]) -> None:
    """Refuse what is no batch of uint8 images of this (height, width, channels).

    Raises:
        ModelError: the pixels have another shape or dtype, or there are none.
    """
    if pixels.dtype != np.uint8 or pixels.shape[1:] != shape or len(pixels) == 0:
        raise ModelError(
            f"expected pixels of uint8 (batch, {', '.join(map(str, shape))}). Received: {pixels.dtype} {pixels.shape}"
        )
