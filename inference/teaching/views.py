"""The views of a photo that is taught: one photo says more about its class if it is looked at four times."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from inference.images.augmented_views import View

# A photo that is recognised later is looked at once.
TEACHING_VIEWS = (View(), View(flip=True), View(scale=0.85), View(flip=True, scale=0.85))


def taught_embedding(views: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the embedding of a taught photo, float32 (channels,).

    Args:
        views: embeddings of the photo in the views `TEACHING_VIEWS`, float32 (views, channels).
    """
    return np.asarray(views.mean(axis=0), np.float32)
