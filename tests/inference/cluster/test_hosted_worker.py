"""A worker of a node without Ray: the relay's side of the connection is played."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from inference.cluster import hosted_worker as hosted_worker_module
from inference.cluster.actor import WorkerActor
from inference.cluster.model_files import pack
from inference.cluster.stream import Outcome, Progress, Request, Returned, Stream
from inference.errors import ClusterError
from inference.models.prediction import Classification
from inference.models.store import ModelStore
from inference.pool.protocol import LENGTH, Classify, Done, WorkerOptions, decode_reply, encode_request
from inference.pool.shared_images import SharedImages
from tests.support.colour_models import photo
from tests.support.processes import alive, stopped, until

OPTIONS = WorkerOptions(max_models=1, max_memory_bytes=2**30)
HERE = "127.0.0.1"


class Client:
    """Sends photos to an actor's worker."""

    def __init__(self, actor: WorkerActor, stream: Stream, pid: int) -> None:
        self.actor = actor
        self.stream = stream
        self.pid = pid

    def send(self, place: int, colour: str, store: ModelStore, model: str = "colours") -> None:
        shared, fd = SharedImages.create()
        os.close(fd)
        shared.write(place, [photo(colour)])
        request = encode_request(Classify(store.find(model), 1))
        self.stream.write(Request(place, request, shared.copy_images(place)))
        shared.close()

    async def answer(self) -> tuple[int, str]:
        """Return the place and the label of the next photo."""
        outcome = await self.stream.read()
        assert isinstance(outcome, Outcome)
        reply = decode_reply(outcome.reply[LENGTH.size :])
        assert isinstance(reply, Done)
        (answer,) = reply.results
        assert isinstance(answer, Classification)
        return outcome.place, answer.predictions[0].label


@pytest.fixture
async def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: ModelStore) -> AsyncIterator[Client]:
    monkeypatch.setenv("LABELBOT_HOME", str(tmp_path))
    actor = WorkerActor()
    for model in ("colours", "slow"):
        await actor.add_model(store.find(model), pack(store.find(model)))
    started = await actor.start(OPTIONS, HERE)
    stream = await Stream.connect(HERE, started.port, started.secret)
    yield Client(actor, stream, started.pid)
    stream.close()
    await until(lambda: actor._serving is not None and actor._serving.done())
    assert not alive(started.pid)


async def test_a_request_that_waits_behind_another_is_returned(client: Client, store: ModelStore) -> None:
    client.send(0, "blue", store)
    assert await client.answer() == (0, "blue")
    with stopped(client.pid):
        for place in range(2):
            client.send(place, "red", store)
        assert await client.stream.read() == Returned(1)
    # Meanwhile, there may be a message on the progress.
    while not isinstance(message := await client.stream.read(), Outcome):
        assert isinstance(message, Progress)
    assert message.place == 0


async def test_requests_keep_their_order(client: Client, store: ModelStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosted_worker_module, "MAX_AHEAD_S", 60.0)
    for place, colour in enumerate(("red", "green")):
        client.send(place, colour, store)
    assert [await client.answer(), await client.answer()] == [(0, "red"), (1, "green")]


async def test_the_progress_of_a_long_request_is_told(
    client: Client, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosted_worker_module, "PROGRESS_PERIOD_S", 0.01)
    await asyncio.sleep(0.5)  # the period before
    client.send(1, "red", store, "slow")
    progress = await client.stream.read()
    assert isinstance(progress, Progress)
    assert progress.place == 1


async def test_each_request_has_an_outcome_if_the_worker_dies(
    client: Client, store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosted_worker_module, "MAX_AHEAD_S", 60.0)
    with stopped(client.pid):
        for place in range(2):
            client.send(place, "red", store)
        await until(lambda: len(client.actor._worker._order) == 2)
        client.actor._worker.process.kill()
        outcomes = [await client.stream.read() for _ in range(2)]
    assert [(each.place, each.reply) for each in outcomes if isinstance(each, Outcome)] == [(0, b""), (1, b"")]
    assert await client.stream.read() is None


async def test_a_model_in_use_stays_young(
    client: Client, store: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def label() -> None:
        client.send(0, "red", store)
        assert await client.answer() == (0, "red")

    folder = client.actor._bundles[store.find("colours")].directory
    await label()
    os.utime(folder, times=(0, 0))
    await label()
    assert folder.stat().st_mtime == 0
    monkeypatch.setattr(hosted_worker_module, "NOTE_PERIOD_S", 0.0)
    await label()
    assert folder.stat().st_mtime > 0


async def test_a_process_that_does_not_start_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ClusterError, match="its process died: it printed nothing"):
        await WorkerActor().start(OPTIONS, HERE)
