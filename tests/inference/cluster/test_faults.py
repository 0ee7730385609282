"""A cluster whose nodes have faults, and programs that end without a farewell."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from inference.cluster import cluster as cluster_module
from inference.cluster.cluster import Cluster
from inference.cluster.messages import Connected, Failed, Message, Node, Nodes, send
from inference.cluster.model_files import NodeModels, PackedModel, pack
from inference.errors import ClusterError
from inference.models.store import ModelStore
from inference.pool.host import ThisMachine
from inference.pool.pool import InferencePool
from tests.support import ray_namespace
from tests.support.colour_models import photo
from tests.support.processes import alive, children, until
from tests.support.ray_cluster import RayCluster

OWN_NODE = 4
# A program that uses the cluster at an address, with the models of a home.
PROGRAM = """
import asyncio, pathlib, sys
from inference import Cluster, InferencePool, ModelStore

async def main():
    store = ModelStore(pathlib.Path(sys.argv[2]))
    async with Cluster(sys.argv[1]) as cluster, InferencePool(store, host=cluster) as pool:
        print(*pool.worker_pids(), flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
def packed(store: ModelStore) -> PackedModel:
    return pack(store.find("colours"))


@pytest.mark.parametrize("address", ["head:0", "head:65536"])
def test_a_port_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ClusterError, match=f"Received: {address}"):
        Cluster(address)


async def test_a_machine_that_starts_no_process_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))

    monkeypatch.setattr(cluster_module, "_start_gateway", refuse)
    with pytest.raises(ClusterError, match="at head:6379: no process can be started for it: Cannot allocate"):
        await Cluster("head:6379").open()


CONNECTED = Connected("head:6379", "2.60.0", "3.11.7")
USABLE = Node("a", "head", "10.0.0.1", 2, 0, checked=True, fault=None)
OTHER = Node("d", "other", "10.0.0.4", 3, 0, checked=True, fault=None)
WITHOUT_CPUS = Node("b", "thin", "10.0.0.2", 0, 0, checked=True, fault=None)
WRONG = Node("c", "old", "10.0.0.3", 2, 0, checked=True, fault="it has Python 3.12")


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """A function that replaces the gateway processes: each tells what a list says. The last one stays."""
    kept: list[socket.socket] = []

    def replace(*told: list[Message]) -> None:
        waiting = list(told)

        def start(control: socket.socket, *_: object) -> subprocess.Popen[bytes]:
            for message in waiting.pop(0):
                send(control, message)
            if not waiting:
                kept.append(control.dup())
            return subprocess.Popen(["true"])

        monkeypatch.setattr(cluster_module, "_start_gateway", start)

    monkeypatch.setattr(cluster_module, "FIRST_DELAY_S", 0.0)
    yield replace
    for each in kept:
        each.close()


async def test_the_reason_of_a_loss_stays_until_there_is_a_connection(play: Callable[..., None]) -> None:
    play([CONNECTED, Nodes((USABLE,)), Failed("no answer")], [Failed("refused")], [CONNECTED], [])
    cluster = Cluster("head:6379")
    faults: list[str | None] = []
    cluster.watch(lambda: faults.append(cluster.fault))
    async with cluster:
        await until(lambda: len(faults) == 6)
        assert faults == [None, None, "no answer", "refused", None, "the head is gone"]
        assert cluster.fault == "the head is gone"


async def test_all_messages_of_the_gateway_that_are_there_are_handled_together() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    cluster, ended = Cluster("head:6379"), asyncio.Event()
    with ours, theirs:
        ours.setblocking(False)
        for nodes in ((USABLE,), (USABLE, WITHOUT_CPUS)):
            send(theirs, Nodes(nodes))
        cluster._receive(ours, ended)
        assert cluster.nodes == (USABLE, WITHOUT_CPUS)
        assert not ended.is_set()
        theirs.close()
        cluster._receive(ours, ended)
        assert ended.is_set()


async def test_a_lost_node_is_a_warning_that_says_what_is_left(
    play: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    busy, faulty = replace(OTHER, workers=3), replace(USABLE, fault="labelbot is not installed there")
    play(
        [CONNECTED, Nodes((USABLE,)), Nodes((USABLE, OTHER)), Nodes((faulty, busy)), Nodes((OTHER,)), Nodes((USABLE,))]
    )
    with caplog.at_level(logging.INFO):
        async with Cluster("head:6379") as cluster:
            await until(lambda: cluster.nodes == (USABLE,))
    assert [(each.levelname, each.getMessage()) for each in caplog.records] == [
        ("INFO", "nodes of the cluster: head (10.0.0.1): cores: 2"),
        ("INFO", "nodes of the cluster: head (10.0.0.1): cores: 2, other (10.0.0.4): cores: 3"),
        (
            "WARNING",
            "no worker can run on head (10.0.0.1): labelbot is not installed there; cores that are left for workers: 3",
        ),
        ("INFO", "nodes of the cluster: head (10.0.0.1): cores: 2"),
        ("WARNING", "the node other (10.0.0.4) is gone; cores that are left for workers: 2"),
    ]


@pytest.mark.parametrize(
    ("nodes", "told"),
    [
        ((WITHOUT_CPUS, WRONG), r"can label: old \(10\.0\.0\.3\): it has Python 3\.12$"),
        ((WITHOUT_CPUS,), "can label: none offers CPUs$"),
    ],
)
async def test_a_cluster_without_a_usable_core_is_refused_at_once(
    nodes: tuple[Node, ...], told: str, play: Callable[..., None]
) -> None:
    play([CONNECTED, Nodes(nodes)])
    with pytest.raises(ClusterError, match=told):
        await Cluster("head:6379").open()


def test_a_damaged_model_is_written_again(packed: PackedModel, tmp_path: Path) -> None:
    models = NodeModels(tmp_path)
    network = models.add(packed) / "model.tflite"
    whole = network.read_bytes()
    network.write_bytes(whole[:100])
    assert models.find_whole(packed.key) is None
    assert models.add(packed) == models.find_whole(packed.key)
    assert network.read_bytes() == whole


def test_what_a_killed_writer_left_is_removed(packed: PackedModel, tmp_path: Path) -> None:
    (tmp_path / ".abc").mkdir()
    folder = NodeModels(tmp_path).add(packed)
    assert list(tmp_path.iterdir()) == [folder]


class ShrinkingHost(ThisMachine):
    """Has room for two workers at first, and for one as soon as one is there."""

    cores, most = 2, 2  # type: ignore[assignment]

    def __init__(self) -> None:
        self._rooms = 0
        self._on_change: Callable[[], None] = lambda: None

    def watch(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change

    async def wait_for_room(self) -> None:
        self._rooms += 1
        if self._rooms == 1:
            return
        self.cores = self.most = 1
        asyncio.get_running_loop().call_soon(self._on_change)
        await asyncio.Event().wait()


async def test_a_start_does_not_wait_for_room_that_is_gone(store: ModelStore) -> None:
    async with asyncio.timeout(30), InferencePool(store, host=ShrinkingHost()) as pool:
        assert len(pool.worker_pids()) == pool.workers == 1
        assert await _ask(pool) == "red"


@pytest.fixture
def inside(ray_nodes: RayCluster) -> Iterator[RayCluster]:
    """The cluster, whose network the test is in."""
    with ray_nodes.inside():
        yield ray_nodes


@pytest.fixture
def own_node(inside: RayCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of models of one more node."""
    monkeypatch.setenv("LABELBOT_HOME", str(tmp_path))
    network = inside.address.rpartition(".")[0]
    ray_namespace.start(OWN_NODE, "", network)
    yield tmp_path / "cluster"
    # So the node takes its leave.
    own = f"--node_ip_address={network}.{OWN_NODE}\0"
    (raylet,) = (pid for pid in inside.pids() if own in _command(pid, "raylet/raylet"))
    os.kill(raylet, signal.SIGTERM)


@asynccontextmanager
async def _cluster_pool(
    store: ModelStore, nodes: RayCluster, count: int
) -> AsyncIterator[tuple[Cluster, InferencePool]]:
    async with Cluster(nodes.address) as cluster:
        await until(lambda: sum(node.usable for node in cluster.nodes) == count)
        pool = InferencePool(store, host=cluster)
        await pool.start(["colours"])
        try:
            yield cluster, pool
        finally:
            await pool.close()


async def _ask(pool: InferencePool, client: int = 0) -> str:
    answer = await pool.classify(photo("red"), model="colours", top_k=1, client=client)
    return answer.predictions[0].label


@pytest.mark.slow
async def test_a_node_that_cannot_keep_models_is_left_out(
    store: ModelStore, inside: RayCluster, own_node: Path
) -> None:
    async with _cluster_pool(store, inside, 3) as (cluster, pool):
        assert len(pool.worker_pids()) == 6
    # Damaged, the model is sent to the node again.
    (network,) = own_node.glob("*/model.tflite")  # noqa: ASYNC240
    whole = network.read_bytes()
    network.write_bytes(whole[:100])
    async with _cluster_pool(store, inside, 3) as (cluster, pool):
        assert len(pool.worker_pids()) == 6
        assert network.read_bytes() == whole
    # A folder that cannot be written is a fault of the node, not of the model.
    own_node.rename(own_node.with_name("moved"))  # noqa: ASYNC240
    own_node.touch()  # noqa: ASYNC240
    async with _cluster_pool(store, inside, 3) as (cluster, pool):
        assert len(pool.worker_pids()) == pool.workers == 4
        assert await asyncio.gather(*(_ask(pool, client) for client in range(20))) == ["red"] * 20
        (fault,) = (node.fault for node in cluster.nodes if node.address.endswith(f".{OWN_NODE}"))
        assert fault is not None
        assert fault.startswith("the model cannot be ")


@pytest.mark.slow
async def test_a_signal_for_the_whole_service_leaves_the_workers_to_the_pool(
    store: ModelStore, inside: RayCluster
) -> None:
    before = children()
    async with _cluster_pool(store, inside, 2) as (cluster, pool):
        (gateway,) = children() - before
        asking = [asyncio.create_task(_ask(pool, client)) for client in range(20)]
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(gateway, number)
        assert await asyncio.gather(*asking) == ["red"] * 20
        assert pool.worker_deaths == 0
        assert cluster.fault is None


@pytest.mark.slow
async def test_workers_end_with_a_program_that_is_killed(store: ModelStore, inside: RayCluster, tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, inside.address, str(tmp_path)]
    program = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert program.stdout is not None
    workers = set(map(int, (await program.stdout.readline()).split()))
    gateway = children(program.pid)
    program.kill()
    await program.wait()
    assert workers
    await until(lambda: not any(map(alive, workers | gateway)))
    await until(lambda: not any("ray::WorkerActor" in _command(pid) for pid in inside.pids()))


def _command(pid: int, program: str = "") -> str:
    """The command line of a process, if it has a program's name in it."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode()
    except OSError:
        return ""
    return command if program in command else ""
