"""A last layer of its own on the embedding of a network that other models use, too."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference.errors import ModelError

# What reading a damaged file comes upon. zipfile raises RuntimeError where the damage looks like encryption, and its
# NotImplementedError where it looks like a method or version that zipfile does not know.
DAMAGE = (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile)


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A dense layer from an embedding to logits.

    Attributes:
        weights: float32 (channels, classes).
        bias: float32 (classes,).

    Raises:
        ModelError: the arrays have other shapes or dtypes, or hold values that are no numbers.
    """

    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]

    def __post_init__(self) -> None:
        weights, bias = self.weights, self.bias
        if (
            weights.ndim != 2
            or bias.shape != weights.shape[1:]
            or {weights.dtype, bias.dtype} != {np.dtype(np.float32)}
        ):
            raise ModelError(
                "expected a head of float32 weights (channels, classes) and bias (classes,). "
                f"Received: {weights.dtype} {weights.shape} and {bias.dtype} {bias.shape}"
            )
        if not (np.isfinite(weights).all() and np.isfinite(bias).all()):
            raise ModelError("expected a head of numbers. Received: values that are none")

    @property
    def channels(self) -> int:
        return int(self.weights.shape[0])

    @property
    def classes(self) -> int:
        return int(self.weights.shape[1])

    def logits(self, embedding: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Logits (batch, classes) of embeddings (batch, channels).

        Raises:
            ModelError: the embeddings have another number of channels.
        """
        if embedding.shape[1:] != (self.channels,):
            raise ModelError(
                f"expected an embedding of {self.channels} channels, which the head reads. "
                f"Received: {embedding.shape[1:]}"
            )
        return embedding @ self.weights + self.bias


def encode_head(head: Head) -> bytes:
    """The content of a head's file; the same for the same numbers."""
    file = io.BytesIO()
    np.savez(file, weights=head.weights, bias=head.bias)
    return file.getvalue()


def decode_head(content: bytes) -> Head:
    """Read the content of a head's file.

    Raises:
        ModelError: it is damaged, or holds no head.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return Head(weights=arrays["weights"], bias=arrays["bias"])
    except DAMAGE as error:
        raise ModelError(f"the file of a head is damaged: {error}") from error
