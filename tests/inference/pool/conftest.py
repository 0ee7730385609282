"""Tests that are marked `any_host` run with local workers, and among the longer checks with those of a Ray cluster."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from inference.cluster.cluster import Cluster
from inference.pool import pool as pool_module
from tests.support.processes import WorkersOfHost, children
from tests.support.ray_cluster import RayCluster


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.definition.get_closest_marker("any_host"):
        metafunc.parametrize("host", ["local", pytest.param("cluster", marks=pytest.mark.slow)], indirect=True)


@pytest.fixture(autouse=True)
async def host(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WorkersOfHost]:
    """Have pools start their workers locally, or on the nodes of a cluster."""
    if getattr(request, "param", "local") == "local":
        # A cluster that other tests use may run, too.
        before = children()
        yield lambda: children() - before
        return
    ray_nodes: RayCluster = request.getfixturevalue("ray_nodes")
    with ray_nodes.inside():
        async with Cluster(ray_nodes.address) as cluster:
            monkeypatch.setattr(pool_module, "ThisMachine", lambda: cluster)
            yield lambda: {pid for pid in ray_nodes.pids() if _is_worker(pid)}


def _is_worker(pid: int) -> bool:
    try:
        return b"\0inference.pool.worker\0" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
