"""An actor without Ray: threads call its methods, as Ray's do."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from inference.cluster import actor as actor_module
from inference.cluster.actor import Call, Outcome, WorkerActor
from inference.cluster.model_files import pack
from inference.models.prediction import Classification
from inference.models.store import ModelStore
from inference.pool.protocol import LENGTH, Classify, Done, WorkerOptions, decode_reply, encode_request
from inference.pool.shared_images import SharedImages
from tests.support.colour_models import photo
from tests.support.processes import stopped, until


class Client:
    """Sends photos to an actor."""

    def __init__(self, actor: WorkerActor, store: ModelStore) -> None:
        self._actor = actor
        self._bundle = store.find("colours")
        actor.add_model(self._bundle, pack(self._bundle))
        self._number = 0

    async def label(self, place: int, colour: str) -> str | None:
        """Return a photo's label; None if it was taken back."""
        shared, fd = SharedImages.create()
        os.close(fd)
        shared.write(place, [photo(colour)])
        call = Call(self._number, place, encode_request(Classify(self._bundle, 1))).encode()
        self._number += 1
        outcome = Outcome.decode(await asyncio.to_thread(self._actor.run, call, shared.copy_images(place)))
        shared.close()
        if not outcome.reply:
            return None
        reply = decode_reply(outcome.reply[LENGTH.size :])
        assert isinstance(reply, Done)
        (answer,) = reply.results
        assert isinstance(answer, Classification)
        return answer.predictions[0].label


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[WorkerActor, int]]:
    """An actor, and the process id of its worker."""
    monkeypatch.setenv("LABELBOT_HOME", str(tmp_path))
    actor = WorkerActor()
    pid = actor.start(WorkerOptions(max_models=1, max_memory_bytes=2**30))
    yield actor, pid
    actor._process.kill()
    actor._process.wait()
    for each in (actor._replies, *actor._requests, actor._shared, actor._output):
        each.close()


async def test_the_request_ahead_is_taken_back_even_if_the_worker_has_read_neither(
    worker: tuple[WorkerActor, int], store: ModelStore
) -> None:
    actor, pid = worker
    client = Client(actor, store)
    assert await client.label(0, "blue") == "blue"
    with stopped(pid):
        first, ahead = (asyncio.create_task(client.label(place, "red")) for place in range(2))
        await until(lambda: len(actor._order) == 2)
        assert actor.take_back()
        assert await ahead is None
        assert not actor.take_back(), "the turn of the other one has come"
    assert await first == "red"


async def test_requests_keep_their_order(worker: tuple[WorkerActor, int], store: ModelStore) -> None:
    client = Client(worker[0], store)
    labels = [asyncio.create_task(client.label(number % 2, colour)) for number, colour in enumerate(("red", "green"))]
    assert await asyncio.gather(*labels) == ["red", "green"]


async def test_a_model_in_use_stays_young(
    worker: tuple[WorkerActor, int], store: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client(worker[0], store)
    (folder,) = (tmp_path / "cluster").glob("[!.]*")
    assert await client.label(0, "red") == "red"
    os.utime(folder, times=(0, 0))
    assert await client.label(0, "red") == "red"
    assert folder.stat().st_mtime == 0
    monkeypatch.setattr(actor_module, "NOTE_PERIOD_S", 0.0)
    assert await client.label(0, "red") == "red"
    assert folder.stat().st_mtime > 0
