"""The worker's side: models in memory, requests and replies."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import threading
import time
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inference.errors import ClusterError, ImageError, ModelError, NotAnImage, TruncatedImage
from inference.images.augmented_views import STANDARD_VIEW, View
from inference.images.decode import MAX_BYTES
from inference.images.framing import Fit
from inference.models.classifier import MAX_MODELS_PER_NETWORK, Classifier
from inference.models.familiarity import Familiarity
from inference.models.prediction import Classification, Frames
from inference.models.stage_observer import StageObserver
from inference.models.store import ModelStore
from inference.pool.launch import Process, WorkerEnds
from inference.pool.process import WorkerProcess
from inference.pool.protocol import (
    MAX_REQUEST_BYTES,
    Classify,
    Done,
    Embed,
    Load,
    Reply,
    Request,
    UnexpectedFailure,
    WorkerOptions,
    decode_reply,
    encode_request,
    read_frame,
    request_sockets,
    send_request,
)
from inference.pool.shared_images import SharedImages
from inference.pool.worker import serve
from tests.support.animations import animation
from tests.support.colour_models import install_colours, install_head, plain
from tests.support.images import GREEN, RED, encode
from tests.support.networks import COLOURS
from tests.support.processes import HANG_S, children, mapped_files, open_files

GIBIBYTE = 2**30
# One entry, which points beyond the end of the file.
EXIF_TO_WARN_OF = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\xff\xff\0\0\x01\0\0\0"


@pytest.mark.parametrize(
    ("colours", "headline", "level", "frames"),
    [
        (["green"], "green", "class", None),
        (["green"] * 5, "green", "class", Frames(total=3, agreeing=3)),
        (["red", "green", "green"], "green", "class", Frames(total=3, agreeing=2)),
        (["red", "green"], "red", "class", Frames(total=2, agreeing=1)),
    ],
)
def test_an_animation_gets_one_answer_for_its_frames(
    tmp_path: Path, colours: list[str], headline: str, level: str, frames: Frames | None
) -> None:
    bundle = install_colours(ModelStore(tmp_path), tmp_path)
    moving, still = animation("GIF", colours), plain("blue")
    answers = Classifier().classify_all([still, moving, b"broken", still], bundle, 3)
    assert isinstance(answers[2], NotAnImage)
    first, answer, last = (each for each in answers if isinstance(each, Classification))
    assert (answer.predictions[0].label, answer.headline.level, answer.frames) == (headline, level, frames)
    assert sum(each.score for each in answer.predictions) == pytest.approx(1, abs=1e-3)
    assert (first.predictions, first.frames, first.timings.batch_size) == (last.predictions, None, 3)
    assert first.predictions[0].label == "blue"


def test_a_classification_has_the_embedding_if_asked_of_an_animation_the_mean_of_its_frames(tmp_path: Path) -> None:
    bundle = install_colours(ModelStore(tmp_path), tmp_path)
    images = [animation("GIF", ["red", "green", "green"]), plain("red"), plain("green")]
    classifier = Classifier()
    moving, red, green = (
        each for each in classifier.classify_all(images, bundle, 1, embedding=True) if isinstance(each, Classification)
    )
    (views,) = classifier.embed_all([plain("red")], bundle, [STANDARD_VIEW])
    assert not isinstance(views, ImageError)
    (expected,) = views
    assert moving.embedding is not None
    assert red.embedding is not None
    assert green.embedding is not None
    assert red.embedding.dtype == np.float32
    assert red.embedding.shape == np.shape(expected)
    np.testing.assert_array_equal(red.embedding, expected)
    np.testing.assert_allclose(moving.embedding, (red.embedding + 2 * green.embedding) / 3, atol=0.01)
    without = classifier.classify(plain("red"), bundle, 1)
    assert without.embedding is None
    assert replace(red, timings=without.timings) == without


@pytest.mark.parametrize(
    ("colours", "level", "familiarity", "agreeing"),
    [(["red", "blue", "blue"], "unsure", 1 / 3, 2), (["red", "red", "blue"], "class", 2 / 3, 2)],
)
def test_an_animation_is_as_familiar_as_its_frames_are_on_average(
    tmp_path: Path, colours: list[str], level: str, familiarity: float, agreeing: int
) -> None:
    store = ModelStore(tmp_path)
    base = install_colours(store, tmp_path)
    embeddings = Classifier().embed_all([plain("red"), plain("blue")], base, [STANDARD_VIEW])
    red, blue = (each[0] for each in embeddings if not isinstance(each, Exception))
    # Red is familiar, and blue is not.
    towards = ((red - blue) * 100)[:, None].repeat(2, 1)
    known = Familiarity((red + blue) / 2, towards, np.zeros(2, np.float32))
    bundle = install_head(store, base, "red", 0, known)
    moving, *still = Classifier().classify_all([animation("GIF", colours), plain("red"), plain("blue")], bundle, 2)
    assert isinstance(moving, Classification)
    assert (moving.headline.level, moving.frames) == (level, Frames(total=3, agreeing=agreeing))
    assert [each.unfamiliar for each in still if isinstance(each, Classification)] == [False, True]
    assert moving.familiarity == pytest.approx(familiarity, abs=0.01)


@pytest.mark.parametrize(("fit", "colour"), [("crop", "green"), ("squash", "red"), ("pad", "red")])
def test_a_model_sees_what_its_fit_says(tmp_path: Path, fit: Fit, colour: str) -> None:
    bundle = install_colours(ModelStore(tmp_path), tmp_path, fit=fit)
    image = Image.new("RGB", (400, 100), RED)
    image.paste(GREEN, (150, 0, 250, 100))
    classifier, data = Classifier(), encode(image, "PNG")
    assert classifier.classify(data, bundle, 1).predictions[0].label == colour
    [[embedding]] = [
        each for each in classifier.embed_all([data], bundle, [STANDARD_VIEW]) if not isinstance(each, Exception)
    ]
    assert COLOURS[int(np.argmax(embedding))] == colour


def test_the_models_used_last_stay_in_memory(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    names = ("first", "second", "third")
    first, second, third = (install_colours(store, tmp_path, name, side=8 + n) for n, name in enumerate(names))
    classifier = Classifier(max_models=2)
    for bundle in (first, second, first, third):
        classifier.classify(plain("red"), bundle, 1)
    for bundle in (first, second, third):
        shutil.rmtree(bundle.directory)
    assert classifier.classify(plain("red"), first, 1).predictions[0].label == "red"
    assert classifier.classify(plain("green"), third, 1).predictions[0].label == "green"
    with pytest.raises(ModelError):
        classifier.classify(plain("red"), second, 1)


def networks_in_memory() -> int:
    """How many files of networks this process has mapped."""
    return mapped_files(os.getpid()).count("/model.tflite")


def test_models_with_heads_share_the_network_of_their_base_in_memory(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    base, other = install_colours(store, tmp_path), install_colours(store, tmp_path, "other", side=9)
    warm, cold = (install_head(store, base, name, index) for name, index in (("warm", 0), ("cold", 2)))
    classifier = Classifier(max_models=2)
    for bundle, image, label, networks in (
        (warm, "red", "warm", 1),
        (base, "green", "green", 1),
        (cold, "blue", "cold", 1),
        (other, "green", "green", 2),
        (warm, "blue", "not warm", 2),
    ):
        assert classifier.classify(plain(image), bundle, 1).predictions[0].label == label
        assert networks_in_memory() == networks


@pytest.mark.slow
def test_heads_beyond_a_number_make_room_for_each_other(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    base = install_colours(store, tmp_path)
    bundles = [install_head(store, base, f"head{number}", 0) for number in range(MAX_MODELS_PER_NETWORK + 1)]
    classifier = Classifier(max_models=1)
    for bundle in bundles:
        classifier.load(bundle)
    for bundle in bundles:
        shutil.rmtree(bundle.directory)
    for bundle in bundles[1:]:
        classifier.load(bundle)
    with pytest.raises(ModelError):
        classifier.load(bundles[0])


def test_an_image_that_is_none_costs_no_loading_of_a_model(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    bundle = install_colours(store, tmp_path)
    shutil.rmtree(bundle.directory)
    with pytest.raises(NotAnImage):
        Classifier().classify(b"no image", bundle, 1)


class Parent:
    """The parent's end of a connection with `serve`.

    Attributes:
        requests: leads to it.
        shared: memory shared with it.
    """

    def __init__(self, requests: socket.socket, replies: socket.socket, shared: SharedImages) -> None:
        self.requests = requests
        self.shared = shared
        self._replies = replies.makefile("rb")

    def request(self, request: Request, *images: bytes, place: int = 0) -> Reply:
        self.shared.write(place, images)
        assert not self.shared.begun(place)
        send_request(self.requests, place, request)
        return self.reply()

    def reply(self) -> Reply:
        content = read_frame(self._replies)
        assert content
        return decode_reply(content)


@pytest.fixture
def parent() -> Iterator[Parent]:
    """A connection with a worker that is ready, and that has ended when the test is over."""
    requests, unread_requests = request_sockets()
    replies, theirs = socket.socketpair()
    replies.settimeout(HANG_S)
    shared, fd = SharedImages.create()
    with requests, unread_requests, replies, theirs:
        serving = threading.Thread(
            target=serve, args=(unread_requests, theirs, SharedImages(fd), Classifier(), StageObserver())
        )
        os.close(fd)
        serving.start()
        parent = Parent(requests, replies, shared)
        assert parent.reply() is None
        yield parent
        requests.close()
        replies.shutdown(socket.SHUT_RDWR)
        serving.join(HANG_S)
        assert not serving.is_alive()


def test_a_worker_answers_what_it_is_asked(store: ModelStore, parent: Parent) -> None:
    bundle = store.find("colours")
    assert parent.request(Load(bundle)) == Done((), 1)
    assert parent.shared.begun(0)
    reply = parent.request(Classify(bundle, 2), plain("green"), place=1)
    assert isinstance(reply, Done)
    (answer,) = reply.results
    assert isinstance(answer, Classification)
    assert answer.predictions[0].label == "green"
    assert len(answer.predictions) == 2
    assert parent.shared.begun(1)
    times = parent.shared.times(1)
    assert times.work_s > 0
    assert parent.shared.times(0).begun_s < times.begun_s <= time.monotonic()


def test_a_bad_image_among_others_is_told_in_its_place(store: ModelStore, parent: Parent) -> None:
    bundle = store.find("colours")
    reply = parent.request(Classify(bundle, 1), plain("green"), b"no image", plain("blue"), plain("red", 300)[:-200])
    assert isinstance(reply, Done)
    green, no_image, blue, cut_off = reply.results
    assert isinstance(green, Classification)
    assert isinstance(blue, Classification)
    assert [green.predictions[0].label, blue.predictions[0].label] == ["green", "blue"]
    assert green.timings.batch_size == 2
    assert isinstance(no_image, NotAnImage)
    assert isinstance(cut_off, TruncatedImage)


def test_embeddings_of_several_images_are_those_of_each(store: ModelStore) -> None:
    bundle, classifier = store.find("colours"), Classifier()
    views = (STANDARD_VIEW, View(brightness=0.5), View(flip=True))
    green, no_image, blue = classifier.embed_all([plain("green"), b"no image", plain("blue")], bundle, views)
    assert isinstance(no_image, NotAnImage)
    for colour, together in (("green", green), ("blue", blue)):
        (alone,) = classifier.embed_all([plain(colour)], bundle, views)
        assert isinstance(together, np.ndarray)
        assert isinstance(alone, np.ndarray)
        assert together.shape == (3, 3)
        np.testing.assert_array_equal(together, alone)
    (nothing,) = classifier.embed_all([b"no image"], bundle, views)
    assert isinstance(nothing, NotAnImage)


def test_images_that_are_decoded_at_the_same_time_warn_of_nothing_and_leave_warnings_as_they_were(
    store: ModelStore,
) -> None:
    odd = encode(Image.new("RGB", (300, 300), "red"), "JPEG", exif=EXIF_TO_WARN_OF)
    bundle, filters = store.find("colours"), [*warnings.filters]
    # A race would break about one of a few dozen batches, so many are tried.
    for _ in range(200):
        answers = Classifier().classify_all([odd] * 8, bundle, 1)
        assert [isinstance(answer, Classification) for answer in answers] == [True] * 8
        assert warnings.filters == filters


def test_shared_memory_holds_the_largest_image_and_nothing_of_those_before() -> None:
    shared, fd = SharedImages.create()
    other_end = SharedImages(fd)
    os.close(fd)
    largest = bytes(range(256)) * (MAX_BYTES // 256)
    many = [bytes([number]) * number for number in range(100)]
    for images in ([largest], many, [b"short", b"", b"shorter"], [], [b""]):
        shared.write(0, images)
        shared.write(1, [b"next", *images[1:]])
        assert not shared.begun(0)
        assert other_end.begin(0) == images
        assert shared.begun(0)
        assert not shared.begun(1)
        assert other_end.begin(1) == [b"next", *images[1:]]
    assert SharedImages.needed_bytes(largest) == SharedImages.CAPACITY_BYTES


def test_a_request_that_no_worker_could_receive_whole_is_refused(store: ModelStore) -> None:
    views = tuple(View(scale=1 - number / 10_000) for number in range(2000))
    with pytest.raises(ValueError, match=f"fewer than {MAX_REQUEST_BYTES:,} bytes"):
        encode_request(Embed(store.find("colours"), views))


def test_a_worker_ends_without_a_word_when_the_parent_is_not_there_for_the_reply(
    store: ModelStore, parent: Parent
) -> None:
    """The fixture asserts that it ends."""
    parent.shared.write(0, [plain("red")])
    send_request(parent.requests, 0, Classify(store.find("slow"), 1))


def test_an_unexpected_error_is_reported_with_its_traceback(store: ModelStore, parent: Parent) -> None:
    bug = parent.request(Classify(store.find("colours"), 0), plain("red"))
    assert isinstance(bug, UnexpectedFailure)
    assert bug.kind == "ValueError"
    assert "in best_predictions" in bug.traceback


async def test_an_unexpected_error_is_logged_and_the_worker_serves_on(
    store: ModelStore, caplog: pytest.LogCaptureFixture
) -> None:
    bundle = store.find("colours")
    worker = await WorkerProcess.start(WorkerOptions(max_models=1, max_memory_bytes=GIBIBYTE))
    try:
        with pytest.raises(ModelError, match="ValueError"):
            await worker.request(Classify(bundle, 0), plain("red"))
        assert "in best_predictions" in caplog.text
        assert (await worker.request(Classify(bundle, 1), plain("red"))).predictions[0].label == "red"
    finally:
        await worker.end()


async def test_a_process_whose_end_is_not_waited_for_is_gone_all_the_same() -> None:
    before = children()
    worker = await WorkerProcess.start(WorkerOptions(max_models=1, max_memory_bytes=GIBIBYTE))
    ending = asyncio.create_task(worker.end())
    await asyncio.sleep(0)
    ending.cancel()
    await asyncio.gather(ending, return_exceptions=True)
    assert children() == before


async def test_a_worker_that_cannot_be_launched_leaves_no_file_open() -> None:
    def refuse(ends: WorkerEnds, options: WorkerOptions) -> Process:
        raise ClusterError("there is no connection")

    before = open_files()
    with pytest.raises(ClusterError):
        await WorkerProcess.start(WorkerOptions(max_models=1, max_memory_bytes=GIBIBYTE), launch=refuse)
    assert open_files() == before
