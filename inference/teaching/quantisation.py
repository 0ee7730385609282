"""Embeddings in a byte per number, as taught photos are stored."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from inference.errors import ModelError

# Bytes of the scale and of the offset, little-endian float32 each.
HEADER_BYTES = 8


def quantise(embedding: npt.NDArray[np.float32]) -> bytes:
    """Return an embedding in `channels + 8` bytes: its range in 255 steps, with the range before them.

    A number changes by at most 1/510 of the embedding's range, which is less than saving the photo again changes it.

    Args:
        embedding: float32 (channels,), at least one channel.

    Raises:
        ModelError: the embedding has another shape, or contains NaN or infinity.
    """
    if embedding.ndim != 1 or not embedding.size:
        raise ModelError(f"expected the numbers of one photo, (channels,). Received: {embedding.shape}")
    if not np.isfinite(embedding).all():
        raise ModelError("expected an embedding of numbers. Received: values that are none")
    low, high = np.float64(embedding.min()), np.float64(embedding.max())
    header = np.array([(high - low) / 255, low], "<f4")
    step, offset = header.astype(np.float64)
    levels = np.round((embedding - offset) / step) if step else np.zeros_like(embedding)
    return header.tobytes() + np.clip(levels, 0, 255).astype(np.uint8).tobytes()


def dequantise(stored: bytes) -> npt.NDArray[np.float32]:
    """Return the embedding that `quantise` stored, float32 (channels,).

    Raises:
        ModelError: the bytes are too few, or contain no scale.
    """
    if len(stored) <= HEADER_BYTES:
        raise ModelError(f"expected more than {HEADER_BYTES} bytes of an embedding. Received: {len(stored)}")
    step, offset = np.frombuffer(stored, "<f4", count=2).astype(np.float64)
    levels = np.frombuffer(stored, np.uint8, offset=HEADER_BYTES)
    with np.errstate(over="ignore"):
        embedding = np.asarray(levels * step + offset, np.float32)
    if not np.isfinite(embedding).all():
        raise ModelError("expected the scale of an embedding. Received: values that are no numbers")
    return embedding
