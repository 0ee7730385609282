"""A head of taught classes, from an export without images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from inference.errors import ModelError
from inference.models.bundle import Bundle, read_labels
from inference.models.last_layer import last_layer
from inference.models.store import ModelStore
from inference.models.unrelated import unrelated_embeddings
from inference.teaching.reference import reference_of
from inference.training.retraining.taught_head import build_taught_head


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return ModelStore(tmp_path_factory.mktemp("home")).find("starter")


def photos_of(thing: int, count: int, seed: int = 0) -> npt.NDArray[np.float32]:
    """Embeddings around the middle of a few unrelated photos: something that the starter does not know."""
    unrelated = unrelated_embeddings(ModelStore(Path("unused")).find("starter"))
    assert unrelated is not None
    random = np.random.default_rng(seed * 100 + thing)
    direction = np.random.default_rng(thing + 50).exponential(unrelated.mean() * 3, unrelated.shape[1])
    noise = random.normal(0, unrelated.std(), (count, unrelated.shape[1]))
    return np.asarray(np.maximum(direction + noise, 0), np.float32)


def test_taught_names_are_added_and_those_of_the_base_stay(starter: Bundle) -> None:
    reference = reference_of(starter)
    layer = last_layer(starter)
    assert reference is not None
    assert layer is not None
    learnt = {"Rex": photos_of(0, 6), "Макс": photos_of(1, 6)}
    held_out = {"Макс": photos_of(1, 4, seed=1), "Rex": photos_of(0, 5, seed=1)}
    built = build_taught_head(starter, learnt, held_out, reference)
    assert built.labels == (*read_labels(starter), "Rex", "Макс")
    assert (built.spec.classes, built.spec.head, built.photos, built.unrelated) == (202, True, 9, 128)
    assert built.right >= 8
    assert built.mistaken <= 8
    own = layer.weights @ reference.unrelated.T + layer.bias[:, None]
    np.testing.assert_allclose(built.head.logits(reference.unrelated)[:, :200], own.T, rtol=1e-3, atol=1e-3)


def test_a_name_that_the_base_has_is_refused(starter: Bundle) -> None:
    reference, label = reference_of(starter), read_labels(starter)[0]
    assert reference is not None
    assert label is not None
    with pytest.raises(ModelError, match="which it has"):
        build_taught_head(starter, {label: photos_of(0, 2)}, {}, reference)
