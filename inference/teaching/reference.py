"""What a base says about photos of anything: the reference that taught classes are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from inference.errors import ModelError
from inference.images.augmented_views import View
from inference.models.bundle import Bundle
from inference.models.discriminant import Others, prior_of
from inference.models.familiarity import normalised
from inference.models.last_layer import last_layer
from inference.models.unrelated import unrelated_embeddings

# Views of each sample photo for a base that comes without unrelated embeddings: the whole photo, and its parts, which
# show different things.
REFERENCE_VIEWS = (
    View(),
    *(View(flip=x > 0, scale=scale, x=x, y=y) for scale in (0.45, 0.65) for x in (-1.0, 1.0) for y in (-1.0, 1.0)),
)


@dataclass(frozen=True, eq=False)
class Reference:
    """Embeddings of photos of many things, which are of no class that somebody teaches.

    Attributes:
        centre: mean of the embeddings, float32 (channels,).
        unrelated: float32 (others, channels).
        shares: weights of the embeddings, float32 (others,), which sum to 1.
        last_layer: weights of the base's own last layer, float32 (outputs, channels); None if they are unknown.
        rough: whether the embeddings are of few photos, so that thresholds are less certain.
    """

    centre: npt.NDArray[np.float32]
    unrelated: npt.NDArray[np.float32]
    shares: npt.NDArray[np.float32]
    last_layer: npt.NDArray[np.float32] | None = None
    rough: bool = False

    @classmethod
    def of(
        cls,
        unrelated: npt.NDArray[np.float32],
        *,
        last_layer: npt.NDArray[np.float32] | None = None,
        rough: bool = False,
    ) -> Reference:
        """Return a reference of embeddings of equal weights, float32 (others, channels), at least two.

        Raises:
            ModelError: the array has another shape, or contains NaN or infinity.
        """
        if unrelated.ndim != 2 or len(unrelated) < 2 or not unrelated.size:
            raise ModelError(f"expected two unrelated embeddings (others, channels). Received: {unrelated.shape}")
        if not np.isfinite(unrelated).all():
            raise ModelError("expected unrelated embeddings of numbers. Received: values that are none")
        if last_layer is not None and last_layer.shape[1:] != unrelated.shape[1:]:
            raise ModelError(
                f"expected a last layer of {unrelated.shape[1]} channels. Received: {last_layer.shape[1:]}"
            )
        shares = np.full(len(unrelated), 1 / len(unrelated), np.float32)
        return cls(unrelated.mean(axis=0), unrelated, shares, last_layer, rough)

    def halves(self) -> tuple[Reference, npt.NDArray[np.float32]]:
        """Return a reference of every other photo, and the embeddings of the others.

        What is fitted on the first is judged on the others, float32 (others, channels).
        """
        setting = Reference.of(self.unrelated[::2], last_layer=self.last_layer, rough=self.rough)
        return setting, self.unrelated[1::2]

    @property
    def channels(self) -> int:
        return len(self.centre)

    @cached_property
    def others(self) -> Others:
        """The unrelated photos, prepared once for all classes."""
        return Others.of(normalised(self.unrelated, self.centre), self.shares, prior_of(self.last_layer))


def reference_of(bundle: Bundle) -> Reference | None:
    """Return the reference that comes with a built-in model, also for a head on its network.

    It reads the network's file, which takes a tenth of a second.

    Args:
        bundle: model whose embeddings are taught.

    Returns:
        The reference; None if the model comes without any. Then `measured_reference` makes one from the embeddings of
        the sample photos in the views `REFERENCE_VIEWS`.

    Raises:
        ModelError: the network's file is absent or damaged.
    """
    unrelated = unrelated_embeddings(bundle)
    return None if unrelated is None else Reference.of(unrelated, last_layer=_last_layer(bundle, unrelated.shape[1]))


def measured_reference(bundle: Bundle, views: Sequence[npt.NDArray[np.float32]]) -> Reference:
    """Return a rough reference for a base that comes without one.

    Args:
        bundle: the base.
        views: its embeddings of the sample photos, float32 (views, channels) of each photo.

    Raises:
        ModelError: the network's file is absent or damaged, or the embeddings are no numbers.
    """
    unrelated = np.concatenate(views)
    return Reference.of(unrelated, last_layer=_last_layer(bundle, unrelated.shape[1]), rough=True)


def _last_layer(bundle: Bundle, channels: int) -> npt.NDArray[np.float32] | None:
    found = last_layer(bundle)
    if found is None or found.weights.shape[1] != channels or not np.isfinite(found.weights).all():
        return None
    return found.weights
