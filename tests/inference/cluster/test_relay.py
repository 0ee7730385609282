"""A relay between a pool and the worker of a node, without Ray: the actor is an object of this process."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("ray")

from inference.cluster import packed_models, stream
from inference.cluster.actor import WorkerActor
from inference.cluster.cluster import ClusterWorker
from inference.cluster.model_files import pack
from inference.cluster.packed_models import PackedModels, StoredModel
from inference.cluster.relay import Relay
from inference.cluster.stream import Stream
from inference.errors import ModelError
from inference.models.bundle import Bundle
from inference.models.prediction import Classification
from inference.models.store import ModelStore
from inference.pool.launch import WorkerEnds
from inference.pool.process import WorkerDied, WorkerProcess
from inference.pool.protocol import Classify, WorkerOptions
from tests.support.colour_models import photo
from tests.support.processes import alive, stopped, until
from tests.support.ray_cluster import network_of_its_own

OPTIONS = WorkerOptions(max_models=2, max_memory_bytes=2**30)
HERE = "127.0.0.1"


class Node:
    """A worker of a node, as its pool sees it.

    Attributes:
        worker: the pool's end.
        faults: what the relay said about the node.
        returned: number of requests that were returned.
    """

    worker: WorkerProcess

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.returned = 0
        self._actor = WorkerActor()

    async def start(self) -> None:
        started = await self._actor.start(OPTIONS, HERE)
        self.pid = started.pid
        self._stream = await Stream.connect(HERE, started.port, started.secret)
        self.worker = await WorkerProcess.start(OPTIONS, launch=self._launch)

    def _launch(self, ends: WorkerEnds, _: WorkerOptions) -> ClusterWorker:
        sockets = (*ends.requests, ends.replies)
        fds = [*(each.fileno() for each in sockets), ends.shared_fd, ends.output.stderr_fd, ends.output.crash_fd]
        methods = {name: getattr(self._actor, name) for name in ("stay", "has_model", "add_model")}
        handle = SimpleNamespace(**{name: SimpleNamespace(remote=method) for name, method in methods.items()})
        relay = Relay(
            [os.dup(fd) for fd in fds],
            handle,
            self._stream,
            PackedModels(),
            on_returned=self._note_returned,
            on_fault=self.faults.append,
        )
        self.relaying = asyncio.create_task(relay.run())
        return ClusterWorker(1, ends.connection, lambda: None)

    def _note_returned(self) -> None:
        self.returned += 1

    async def ask(self, bundle: Bundle, colour: str) -> str:
        answer: Classification = await self.worker.request(Classify(bundle, 1), photo(colour))
        return answer.predictions[0].label

    async def end(self) -> None:
        await self.worker.end()
        await self.relaying
        serving = self._actor._serving
        assert serving is not None
        await serving
        assert not alive(self.pid)


@pytest.fixture
def bundle(store: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bundle:
    """A model; the node has a folder of its own."""
    monkeypatch.setenv("LABELBOT_HOME", str(tmp_path))
    monkeypatch.setattr(packed_models, "_store", _packed)
    return store.find("colours")


def _packed(bundle: Bundle) -> StoredModel:
    packed = pack(bundle)
    return StoredModel(packed.key, packed)  # type: ignore[arg-type]


@pytest.fixture
async def node(bundle: Bundle) -> AsyncIterator[Node]:
    found = Node()
    await found.start()
    yield found
    await found.end()


async def test_photos_are_labelled_in_their_order(node: Node, bundle: Bundle) -> None:
    assert await asyncio.gather(*(node.ask(bundle, colour) for colour in ("red", "green"))) == ["red", "green"]
    assert await node.ask(bundle, "blue") == "blue"
    assert node.worker.usage.work_s > 0


async def test_a_model_that_cannot_be_sent_fails_alone(node: Node, bundle: Bundle) -> None:
    lost = replace(bundle, directory=Path("/nowhere"))
    good, bad = (asyncio.create_task(node.ask(each, "red")) for each in (bundle, lost))
    assert await good == "red"
    with pytest.raises(ModelError, match="cannot be read: No such file"):
        await bad
    assert await node.ask(bundle, "green") == "green"


async def test_a_request_that_waits_behind_another_can_be_taken_back(node: Node, bundle: Bundle) -> None:
    assert await node.ask(bundle, "red") == "red"
    with stopped(node.pid):
        first, ahead = (node.worker.submit(Classify(bundle, 1), [photo("blue")]) for _ in range(2))
        await until(lambda: node.returned)
        assert node.worker.take_back() is ahead
    assert len(await first.reply) == 1


async def test_a_returned_request_that_nobody_takes_comes_next(node: Node, bundle: Bundle) -> None:
    with stopped(node.pid):
        first, ahead = (node.worker.submit(Classify(bundle, 1), [photo("blue")]) for _ in range(2))
        await until(lambda: node.returned)
    assert len(await first.reply) == len(await ahead.reply) == 1


async def test_the_death_of_the_worker_is_no_fault_of_its_node(node: Node, bundle: Bundle) -> None:
    assert await node.ask(bundle, "red") == "red"
    with stopped(node.pid):
        held = node.worker.submit(Classify(bundle, 1), [photo("red")])
        node._actor._worker.process.kill()
        with pytest.raises(WorkerDied):
            await held.reply
    await node.relaying
    assert node.faults == []


async def test_a_node_without_a_route_to_it_is_told(node: Node, bundle: Bundle) -> None:
    assert await node.ask(bundle, "red") == "red"
    # So the system says it if the cable of this machine was pulled out.
    node._stream._reader.set_exception(OSError(errno.EHOSTUNREACH, os.strerror(errno.EHOSTUNREACH)))
    await node.relaying
    assert node.faults == ["it gives no sign of life"]


@pytest.mark.slow
async def test_a_node_that_is_cut_off_is_told_and_its_photo_is_not_to_blame(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "SILENT_S", 1)
    monkeypatch.setattr(stream, "LOST_S", 1)
    with network_of_its_own() as link:
        node = Node()
        await node.start()
        assert await node.ask(bundle, "red") == "red"
        link("down")
        with pytest.raises(WorkerDied) as death:
            await node.ask(bundle, "green")
        assert not death.value.began
        await node.end()
        assert node.faults == ["it gives no sign of life"]
