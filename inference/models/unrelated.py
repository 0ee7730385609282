"""Embeddings of unrelated photos, which come with the built-in models; `Familiarity` compares photos with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from inference.models.bundle import Bundle
from inference.models.defaults import DEFAULT_MODEL, STARTER

# File in the folder of a built-in model. `inference.training.retraining.derive_unrelated` writes it.
UNRELATED_FILE = "unrelated.npz"


def unrelated_file(name: str) -> Path:
    """Return the file of a built-in model."""
    return Path(__file__).parent / name / UNRELATED_FILE


def unrelated_embeddings(base: Bundle) -> npt.NDArray[np.float32] | None:
    """Return embeddings of photos of many things, float32 (photos, channels); None if the model comes without any.

    Args:
        base: model that computed the embeddings, or a head on its network.
    """
    spec = base.spec
    name = spec.base.split()[0] if spec.head and spec.base else spec.name
    if name not in (DEFAULT_MODEL, STARTER):
        return None
    with np.load(unrelated_file(name)) as stored:
        return np.asarray(stored["levels"] * stored["step"], np.float32)


def write_unrelated(name: str, embeddings: npt.NDArray[np.float32]) -> None:
    """Write the file of a built-in model. Its 255 levels change an embedding less than saving its photo again does.

    Args:
        name: name of the model.
        embeddings: float32 (photos, channels), numbers of at least 0.

    Raises:
        OSError: the file cannot be written.
    """
    step = np.float32(embeddings.max() / 255)
    levels = np.round(embeddings / step).astype(np.uint8)
    np.savez_compressed(unrelated_file(name), levels=levels, step=step)
