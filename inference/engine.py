"""What runs a network: one protocol, one way to get an implementation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from inference.bundle import Bundle, content_version
from inference.errors import ModelError


@dataclass(frozen=True, slots=True)
class EngineOutput:
    """Outputs for a batch, float32 and dequantised.

    Attributes:
        probabilities: (batch, classes), each in [0, 1]. A row's sum is 1, or less where the network's own output is
            quantised: what lies under half a step of, say, 1/256 has become 0.
        embedding: (batch, channels) after global average pooling, or None where the model does not expose it.
        features: (batch, height, width, channels), the last feature map, or None.
    """

    probabilities: npt.NDArray[np.float32]
    embedding: npt.NDArray[np.float32] | None = None
    features: npt.NDArray[np.float32] | None = None


class Engine(Protocol):
    """A loaded network. Not thread-safe: one engine belongs to one thread."""

    def run(self, pixels: npt.NDArray[np.uint8]) -> EngineOutput:
        """Run uint8 RGB pixels (batch, height, width, 3) of the bundle's input size, which the engine normalises.

        Raises:
            ModelError: the pixels have another shape or dtype, or the network failed.
        """
        ...


def load_engine(bundle: Bundle, *, threads: int = 1) -> Engine:
    """Load the network of a bundle with the engine that its specification names.

    Raises:
        ModelError: the files are broken, or changed since the specification was written, or the engine is unknown.
    """
    # A damaged network can crash the process that runs it.
    try:
        version = content_version(bundle)
    except OSError as error:
        raise ModelError(str(error)) from error
    if version != bundle.spec.version:
        raise ModelError(
            f"expected the files of version {bundle.spec.version} in {bundle.directory}. Received: version {version}"
        )
    if bundle.spec.engine == "litert":
        from inference.litert_engine import LiteRTEngine

        return LiteRTEngine(bundle, threads=threads)
    raise ModelError(f"expected an engine of: litert. Received: {bundle.spec.engine!r} in {bundle.directory}")
