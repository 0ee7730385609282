"""The choice of an installed model to retrain."""

from __future__ import annotations

from inference.errors import ModelError
from inference.models.bundle import Bundle
from inference.models.store import ModelStore

# Maximum number of classes that count for a base; ImageNet has a thousand. More classes do not make a better base: a
# model for thousands of bird species is no better for other photos.
MANY_CLASSES = 1000


def choose_base(store: ModelStore) -> Bundle:
    """Return the best base in a store, among the models with an embedding and a last layer of their own.

    The best base has the most classes, where more than a thousand classes count as a thousand. If several models have
    the same number, the most accurate model is the best.

    Raises:
        ModelError: a model's specification is damaged.
    """
    fit = [bundle for bundle in store.bundles() if "embedding" in bundle.spec.outputs and not bundle.spec.head]
    return max(fit, key=lambda bundle: (min(bundle.spec.classes, MANY_CLASSES), bundle.spec.accuracy or 0.0))


def check_base(base: Bundle) -> Bundle:
    """Return a model that can be a base.

    Raises:
        ModelError: the model exposes no embedding, or is a head on another model's network.
    """
    name = base.spec.name
    if base.spec.head:
        raise ModelError(
            f"expected a base with a last layer of its own. Received: {name!r}, which has one on {base.spec.base}"
        )
    if "embedding" not in base.spec.outputs:
        raise ModelError(f"expected a base that exposes its embedding. Received: {name!r}, which does not")
    return base
