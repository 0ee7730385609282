"""What runs a network: one protocol, one way to get an implementation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from inference.bundle import Bundle
from inference.errors import ModelError


@dataclass(frozen=True, slots=True)
class EngineOutput:
    """Outputs for a batch, float32 and dequantised.

    Attributes:
        probabilities: (batch, classes), each row in [0, 1] with sum 1.
        embedding: (batch, channels) after global average pooling, or None where the model does not expose it.
        features: (batch, height, width, channels), the last feature map, or None.
    """

    probabilities: npt.NDArray[np.float32]
    embedding: npt.NDArray[np.float32] | None = None
    features: npt.NDArray[np.float32] | None = None


class Engine(Protocol):
    """A loaded network. Not thread-safe: one engine belongs to one thread."""

    def run(self, pixels: npt.NDArray[np.uint8]) -> EngineOutput:
        """Run uint8 RGB pixels (batch, height, width, 3) of the bundle's input size; normalising them is the engine's."""
        ...


def load_engine(bundle: Bundle, *, threads: int = 1) -> Engine:
    """Load the network of a bundle with the engine that its specification names.

    Raises:
        ModelError: the files are broken, or the engine is unknown.
    """
    if bundle.spec.engine == "litert":
        from inference.litert_engine import LiteRTEngine

        return LiteRTEngine(bundle, threads=threads)
    raise ModelError(f"expected an engine of: litert. Received: {bundle.spec.engine!r} in {bundle.directory}")
