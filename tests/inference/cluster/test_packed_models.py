"""The models that a gateway keeps in Ray's object store."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("ray")

from inference.cluster import packed_models
from inference.cluster.packed_models import MAX_STORED, PackedModels
from inference.models.bundle import Bundle
from inference.models.store import ModelStore


async def test_the_models_used_last_are_kept(store: ModelStore, monkeypatch: pytest.MonkeyPatch) -> None:
    stored: list[Bundle] = []
    monkeypatch.setattr(packed_models, "_store", stored.append)
    first, *others = (replace(store.find("colours"), directory=Path(str(n))) for n in range(MAX_STORED + 1))
    models = PackedModels()
    for bundle in (first, *others[:-1], first, others[-1]):
        await models.get(bundle)
    assert stored == [first, *others]
    await models.get(first)
    assert stored == [first, *others]
    await models.get(others[0])
    assert stored == [first, *others, others[0]]
