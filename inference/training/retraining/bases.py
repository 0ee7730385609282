"""Installed models that can be retrained."""

from __future__ import annotations

from inference.errors import ModelError
from inference.models.bundle import Bundle
from inference.models.store import ModelStore

# More classes than ImageNet's, as of one kind of animals, are no better preparation for photos of anything.
MANY_CLASSES = 1000


def choose_base(store: ModelStore) -> Bundle:
    """The best base there is, with an embedding and a last layer of its own.

    That is the one that knows the most classes, up to ImageNet's thousand, and of several the most accurate.

    Raises:
        ModelError: a model's specification is broken.
    """
    fit = [bundle for bundle in store.bundles() if "embedding" in bundle.spec.outputs and not bundle.spec.head]
    return max(fit, key=lambda bundle: (min(bundle.spec.classes, MANY_CLASSES), bundle.spec.accuracy or 0.0))


def find_base(store: ModelStore, name: str) -> Bundle:
    """Find a model to retrain.

    Raises:
        ModelNotFound: there is none of this name.
        ModelError: it exposes no embedding, or has a head on another model's network.
    """
    base = store.find(name)
    if base.spec.head:
        raise ModelError(
            f"expected a base with a last layer of its own. Received: {name!r}, which has one on {base.spec.base}"
        )
    if "embedding" not in base.spec.outputs:
        raise ModelError(f"expected a base that exposes its embedding. Received: {name!r}, which does not")
    return base
