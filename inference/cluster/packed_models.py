"""The models that a gateway sends to nodes, each read and put into Ray's object store once."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import ray

from inference.cluster.model_files import pack
from inference.models.bundle import Bundle

# Number of models that stay in the object store; the one that was used last longest ago is dropped.
MAX_STORED = 4


class StoredModel(NamedTuple):
    """A model in Ray's object store.

    Attributes:
        key: see `PackedModel`.
        packed: reference to the `PackedModel`.
    """

    key: str
    packed: ray.ObjectRef[tuple[str, dict[str, bytes]]]


class PackedModels:
    """Packs each model when a node first needs it, and keeps the latest few."""

    def __init__(self) -> None:
        self._stored: dict[Bundle, asyncio.Task[StoredModel]] = {}

    async def get(self, bundle: Bundle) -> StoredModel:
        """Return a model in Ray's object store.

        Raises:
            ModelError: a file cannot be read.
        """
        storing = self._stored.pop(bundle, None)
        if storing is None or (storing.done() and storing.exception() is not None):
            storing = asyncio.create_task(asyncio.to_thread(_store, bundle))
        # The dictionary keeps the order of use.
        self._stored[bundle] = storing
        if len(self._stored) > MAX_STORED:
            del self._stored[next(iter(self._stored))]
        return await asyncio.shield(storing)


def _store(bundle: Bundle) -> StoredModel:
    packed = pack(bundle)
    return StoredModel(packed.key, ray.put((packed.key, packed.files)))
