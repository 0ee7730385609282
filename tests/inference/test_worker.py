"""The child side: models kept in memory, requests and replies."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from inference.errors import ModelError, NotAnImage
from inference.prediction import Classification
from inference.store import ModelStore
from inference.worker import Classifier, serve
from inference.worker_process import WorkerProcess
from inference.worker_protocol import (
    LENGTH,
    Bug,
    Classify,
    Load,
    Readable,
    Reply,
    decode_reply,
    encode_request,
    frame,
    read_frame,
)
from tests.support.colour_models import install_colours, plain

GIBIBYTE = 2**30


def test_the_models_used_last_stay_in_memory(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    first, second, third = (install_colours(store, tmp_path, name) for name in ("first", "second", "third"))
    classifier = Classifier(max_models=2)
    for bundle in (first, second, first, third):
        classifier.classify(plain("red"), bundle, 1)
    for bundle in (first, second, third):
        shutil.rmtree(bundle.directory)
    assert classifier.classify(plain("red"), first, 1).predictions[0].label == "red"
    assert classifier.classify(plain("green"), third, 1).predictions[0].label == "green"
    with pytest.raises(ModelError):
        classifier.classify(plain("red"), second, 1)


def test_an_image_that_is_none_costs_no_loading_of_a_model(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    bundle = install_colours(store, tmp_path)
    shutil.rmtree(bundle.directory)
    with pytest.raises(NotAnImage):
        Classifier().classify(b"no image", bundle, 1)


@pytest.fixture
def parent() -> Iterator[socket.socket]:
    """The parent's end of a connection with `serve`, which has ended when the test is over."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(60)
        serving = threading.Thread(target=serve, args=(theirs, Classifier()))
        serving.start()
        yield ours
        ours.close()
        serving.join(60)
        assert not serving.is_alive()


def reply(stream: Readable) -> Reply:
    content = read_frame(stream)
    assert content
    return decode_reply(content)


def test_a_worker_says_that_it_is_ready_then_that_it_begins_then_what_came_of_it(
    store: ModelStore, parent: socket.socket
) -> None:
    bundle = store.find("colours")
    replies = parent.makefile("rb")
    assert reply(replies) is None
    parent.sendall(encode_request(Load(bundle)))
    assert read_frame(replies) == b""
    assert reply(replies) is None
    for image in (plain("green"), b"no image"):
        parent.sendall(encode_request(Classify(bundle, 2)) + frame(image))
    assert read_frame(replies) == b""
    answer = reply(replies)
    assert isinstance(answer, Classification)
    assert answer.predictions[0].label == "green"
    assert len(answer.predictions) == 2
    assert read_frame(replies) == b""
    assert isinstance(reply(replies), NotAnImage)


def test_a_worker_begins_before_the_image_is_there_so_that_one_too_large_for_it_counts(
    store: ModelStore, parent: socket.socket
) -> None:
    replies = parent.makefile("rb")
    assert reply(replies) is None
    parent.sendall(encode_request(Classify(store.find("colours"), 1)) + LENGTH.pack(1000))
    assert read_frame(replies) == b""


def test_a_worker_ends_when_the_parent_leaves_in_the_midst_of_a_request(parent: socket.socket) -> None:
    parent.sendall(LENGTH.pack(1000) + b"first bytes")


def test_what_nobody_expected_is_told_with_its_traceback(store: ModelStore, parent: socket.socket) -> None:
    replies = parent.makefile("rb")
    assert reply(replies) is None
    parent.sendall(encode_request(Classify(store.find("colours"), 0)) + frame(plain("red")))
    assert read_frame(replies) == b""
    bug = reply(replies)
    assert isinstance(bug, Bug)
    assert bug.kind == "ValueError"
    assert "in top_k" in bug.traceback


async def test_what_nobody_expected_is_logged_and_the_worker_serves_on(
    store: ModelStore, caplog: pytest.LogCaptureFixture
) -> None:
    bundle = store.find("colours")
    worker = await WorkerProcess.start(max_models=1, max_memory_bytes=GIBIBYTE)
    try:
        with pytest.raises(ModelError, match="ValueError"):
            await worker.classify(plain("red"), bundle, 0)
        assert "in top_k" in caplog.text
        assert (await worker.classify(plain("red"), bundle, 1)).predictions[0].label == "red"
    finally:
        await worker.end()
