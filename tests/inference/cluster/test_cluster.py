"""A Ray cluster whose nodes come and go, and whose processes die."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from inference.cluster.cluster import Cluster
from inference.errors import ClusterError, MissingExtra
from inference.models.prediction import Classification
from inference.models.store import ModelStore
from inference.pool.pool import InferencePool
from inference.system import extras
from tests.support.colour_models import photo
from tests.support.processes import HANG_S, alive, children, until
from tests.support.ray_cluster import RayCluster, ray_cluster

EXTRA_NODE = 3


@pytest.mark.parametrize("address", ["", "head", "head:", "ray://head:10001", "head:6379/x", "-h:1 x"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ClusterError, match=r"expected HOST:PORT of its head, or auto\. Received: "):
        Cluster(address)


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    with pytest.raises(MissingExtra, match=r"labelling on a cluster needs the extra \[cluster\]"):
        Cluster("auto")


@pytest.fixture
def inside(ray_nodes: RayCluster) -> Iterator[RayCluster]:
    """The cluster, whose network the test is in."""
    with ray_nodes.inside():
        yield ray_nodes


@asynccontextmanager
async def cluster_pool(store: ModelStore, nodes: RayCluster) -> AsyncIterator[tuple[Cluster, InferencePool]]:
    async with Cluster(nodes.address) as cluster, InferencePool(store, host=cluster) as pool:
        await until(lambda: len(cluster.nodes) == len(pool.worker_pids()) / 2)
        yield cluster, pool


async def ask(pool: InferencePool, colour: str, client: int = 0) -> str:
    answer: Classification = await pool.classify(photo(colour), model="colours", top_k=1, client=client)
    return answer.predictions[0].label


@pytest.mark.slow
async def test_a_head_that_is_not_there_is_told_within_seconds(inside: RayCluster) -> None:
    async with asyncio.timeout(HANG_S):
        with pytest.raises(ClusterError, match=r"no connection to the cluster at .*:1: .*refused"):
            await Cluster(f"{inside.address.partition(':')[0]}:1").open()
    assert children() == {inside.namespace_pid}


@pytest.mark.slow
async def test_each_photo_is_answered_once_while_an_actor_and_a_node_die(store: ModelStore, inside: RayCluster) -> None:
    inside.start(EXTRA_NODE)
    async with cluster_pool(store, inside) as (cluster, pool):
        assert pool.workers == 6
        answers: list[str] = []
        ending = asyncio.Event()

        async def keep_asking(client: int, colour: str) -> int:
            asked = 0
            while not ending.is_set():
                answers.append(await ask(pool, colour, client))
                assert answers[-1] == colour
                asked += 1
            return asked

        asking = [asyncio.create_task(keep_asking(n, colour)) for n, colour in enumerate(("red", "green") * 6)]
        await until(lambda: len(answers) > 100)
        actor = next(pid for pid in inside.pids() if b"ray::WorkerActor" in _command(pid))
        os.kill(actor, signal.SIGKILL)
        await until(lambda: pool.worker_deaths > 0 and len(pool.worker_pids()) == 6)
        inside.kill(EXTRA_NODE)
        # Ray takes fifteen seconds to notice it, and more on a busy machine.
        for _ in range(3):
            with suppress(TimeoutError):
                await until(lambda: [node.workers for node in cluster.nodes] == [2, 2])
                break
        assert pool.workers == len(pool.worker_pids()) == 4
        answered = len(answers)
        await until(lambda: len(answers) > answered + 100)
        ending.set()
        assert sum(await asyncio.gather(*asking)) == len(answers)


@pytest.mark.slow
async def test_photos_wait_for_another_gateway(store: ModelStore, inside: RayCluster) -> None:
    async with cluster_pool(store, inside) as (cluster, pool):
        pids = pool.worker_pids()
        (gateway,) = children() - {inside.namespace_pid}
        os.kill(gateway, signal.SIGKILL)
        await until(lambda: cluster.fault)
        assert await asyncio.wait_for(ask(pool, "blue"), HANG_S) == "blue"
        assert cluster.fault is None
        await until(lambda: not any(map(alive, pids)))


@pytest.mark.slow
async def test_after_a_switch_each_node_has_a_worker_for_each_core(store: ModelStore, inside: RayCluster) -> None:
    async with Cluster(inside.address) as cluster:
        await until(lambda: len(cluster.nodes) == 2 and all(node.usable for node in cluster.nodes))
        pool = InferencePool(store, host=cluster)
        await pool.start(["colours"])
        try:
            before = set(pool.worker_pids())
            await pool.try_model("slow", photo("red"))
            pool.set_active_models(["slow"])
            await until(lambda: len(pool.worker_pids()) == 4 and before.isdisjoint(pool.worker_pids()))
            await until(lambda: sum(node.workers for node in cluster.nodes) == 4)
            assert [node.workers for node in cluster.nodes] == [2, 2]
        finally:
            await pool.close()


@pytest.mark.slow
async def test_workers_end_with_the_program_that_uses_them(store: ModelStore, inside: RayCluster) -> None:
    async with cluster_pool(store, inside) as (_, pool):
        pids = pool.worker_pids()
    await until(lambda: not any(map(alive, pids)))
    await until(lambda: not [pid for pid in inside.pids() if b"ray::WorkerActor" in _command(pid)])
    assert children() == {inside.namespace_pid}


@pytest.mark.slow
async def test_the_largest_photo_travels_without_the_object_store(store: ModelStore, inside: RayCluster) -> None:
    async with cluster_pool(store, inside) as (_, pool):
        large = photo("red") + bytes(19_000_000)
        answer = await pool.classify(large, model="colours", top_k=1, client=1)
        assert answer.predictions[0].label == "red"
    assert not inside.spilled_files()


@pytest.mark.slow
async def test_photos_wait_while_the_head_is_gone(store: ModelStore) -> None:
    with ray_cluster(nodes=1) as nodes, nodes.inside():
        async with cluster_pool(store, nodes) as (cluster, pool):
            nodes.kill(1)
            await until(lambda: cluster.fault is not None and not pool.worker_pids())
            waiting = asyncio.create_task(ask(pool, "red"))
            await asyncio.sleep(0)
            assert pool.queued == 1
            nodes.start(1)
            assert await asyncio.wait_for(waiting, HANG_S) == "red"


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
