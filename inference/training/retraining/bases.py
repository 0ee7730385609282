"""The choice of an installed model to retrain."""

from __future__ import annotations

from inference.errors import ModelError
from inference.models.bundle import Bundle
from inference.models.store import ModelStore

# Classes beyond ImageNet's thousand do not count: a model of many bird species is no better base for other photos.
MANY_CLASSES = 1000


def choose_base(store: ModelStore) -> Bundle:
    """Return the best base of a store, among the models with an embedding and a last layer of their own.

    It is the one with the most classes, counted up to ImageNet's thousand, and of several such models the most
    accurate.

    Raises:
        ModelError: a model's specification is damaged.
    """
    fit = [bundle for bundle in store.bundles() if "embedding" in bundle.spec.outputs and not bundle.spec.head]
    return max(fit, key=lambda bundle: (min(bundle.spec.classes, MANY_CLASSES), bundle.spec.accuracy or 0.0))


def find_base(store: ModelStore, name: str) -> Bundle:
    """Find a base by its name.

    Raises:
        ModelNotFound: there is no model of this name.
        ModelError: the model exposes no embedding, or is a head on another model's network.
    """
    base = store.find(name)
    if base.spec.head:
        raise ModelError(
            f"expected a base with a last layer of its own. Received: {name!r}, which has one on {base.spec.base}"
        )
    if "embedding" not in base.spec.outputs:
        raise ModelError(f"expected a base that exposes its embedding. Received: {name!r}, which does not")
    return base
