"""The models that a gateway sends to nodes, each read and put into Ray's object store once."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import ray

from inference.cluster.model_files import pack
from inference.models.bundle import Bundle


class StoredModel(NamedTuple):
    """A model in Ray's object store.

    Attributes:
        key: see `PackedModel`.
        packed: reference to the `PackedModel`.
    """

    key: str
    packed: ray.ObjectRef[tuple[str, dict[str, bytes]]]


class PackedModels:
    """Packs each model when a node first needs it."""

    def __init__(self) -> None:
        self._stored: dict[Bundle, asyncio.Task[StoredModel]] = {}

    async def get(self, bundle: Bundle) -> StoredModel:
        """Return a model in Ray's object store.

        Raises:
            ModelError: a file cannot be read.
        """
        storing = self._stored.get(bundle)
        if storing is None or (storing.done() and storing.exception() is not None):
            storing = self._stored[bundle] = asyncio.create_task(asyncio.to_thread(_store, bundle))
        return await asyncio.shield(storing)


def _store(bundle: Bundle) -> StoredModel:
    packed = pack(bundle)
    return StoredModel(packed.key, ray.put((packed.key, packed.files)))
