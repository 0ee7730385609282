"""What a base says about photos of anything: the reference that taught classes are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference.errors import ModelError
from inference.images.augmented_views import View
from inference.models.bundle import Bundle
from inference.models.unrelated import unrelated_embeddings

# Views of the sample photos for a base that comes without unrelated embeddings: the whole photo, and its corners, which
# show other things.
REFERENCE_VIEWS = (
    View(),
    *(View(flip=x > 0, scale=scale, x=x, y=y) for scale in (0.45, 0.65) for x in (-1.0, 1.0) for y in (-1.0, 1.0)),
)


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """Embeddings of photos of many things, which are of no class that somebody teaches.

    Attributes:
        centre: weighted mean of the embeddings, float32 (channels,).
        unrelated: float32 (others, channels).
        shares: weights of the embeddings, float32 (others,), which sum to 1.
        rough: whether the embeddings are of few photos, so that thresholds are less certain.
    """

    centre: npt.NDArray[np.float32]
    unrelated: npt.NDArray[np.float32]
    shares: npt.NDArray[np.float32]
    rough: bool = False

    @classmethod
    def of(cls, unrelated: npt.NDArray[np.float32], *, rough: bool = False) -> Reference:
        """Return a reference of embeddings of equal weights, float32 (others, channels).

        Raises:
            ModelError: the array has another shape, or contains NaN or infinity.
        """
        if unrelated.ndim != 2 or not unrelated.size:
            raise ModelError(f"expected unrelated embeddings (others, channels). Received: {unrelated.shape}")
        if not np.isfinite(unrelated).all():
            raise ModelError("expected unrelated embeddings of numbers. Received: values that are none")
        shares = np.full(len(unrelated), 1 / len(unrelated), np.float32)
        return cls(unrelated.mean(axis=0), unrelated, shares, rough)


def reference_of(bundle: Bundle) -> Reference | None:
    """Return the reference that comes with a built-in model, also for a head on its network.

    Args:
        bundle: model whose embeddings are taught.

    Returns:
        The reference; None if the model comes without any. Then `measured_reference` makes one from the embeddings of
        the sample photos in the views `REFERENCE_VIEWS`.
    """
    unrelated = unrelated_embeddings(bundle)
    return None if unrelated is None else Reference.of(unrelated)


def measured_reference(views: Sequence[npt.NDArray[np.float32]]) -> Reference:
    """Return a rough reference from embeddings of the sample photos, float32 (views, channels) of each photo."""
    return Reference.of(np.concatenate(views), rough=True)
