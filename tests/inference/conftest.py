"""Fixtures for the tests of inference."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from inference.models.store import ModelStore
from tests.support.colour_models import install_colours
from tests.support.ray_cluster import RayCluster, ray_cluster


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    """Holds `colours`, which names the colour of an image at once, and `slow`, which takes some tenths of a second."""
    folder = tmp_path_factory.mktemp("home")
    store = ModelStore(folder)
    install_colours(store, folder)
    install_colours(store, folder, "slow", side=1500)
    return store


@pytest.fixture(scope="session")
def ray_nodes() -> Iterator[RayCluster]:
    """A Ray cluster of two nodes with two cores each. Tests leave it as it was."""
    with ray_cluster(nodes=2) as cluster:
        yield cluster
