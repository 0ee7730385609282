"""A pool that changes its models and its number of workers under load."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from inference.errors import ModelError, ModelNotFound, NotAnImage, PoolClosed
from inference.models.bundle import Bundle
from inference.models.prediction import Classification
from inference.models.store import ModelStore
from inference.pool.host import ThisMachine
from inference.pool.launch import Process, WorkerEnds
from inference.pool.pool import InferencePool
from inference.pool.protocol import WorkerOptions
from tests.support.colour_models import install_colours, plain
from tests.support.processes import WorkersOfHost, alive, mapped_files, stopped, until


@pytest.fixture
def models(tmp_path: Path) -> tuple[ModelStore, Bundle, Bundle]:
    """A store, and two models in it: `old` and `new`."""
    store = ModelStore(tmp_path)
    return store, install_colours(store, tmp_path, "old"), install_colours(store, tmp_path, "new", side=9)


def ask(pool: InferencePool, model: str, colour: str = "red", client: str = "someone") -> asyncio.Task[Classification]:
    return asyncio.create_task(pool.classify(plain(colour), model=model, top_k=1, client=client))


def has_loaded(pid: int, bundle: Bundle) -> bool:
    """Whether a worker has a model's file in memory, from the store or from a node's folder of that version."""
    files = mapped_files(pid)
    return str(bundle.directory / "model.tflite") in files or f"/{bundle.spec.version}-" in files


async def until_only(pool: InferencePool, host: WorkersOfHost, kept: Bundle, gone: Bundle, *, workers: int) -> None:
    """Wait until all workers have one model loaded and none has the other."""

    def settled() -> bool:
        pids = pool.worker_pids()
        return (
            len(pids) == len(host()) == workers
            and all(has_loaded(pid, kept) for pid in pids)
            and not any(has_loaded(pid, gone) for pid in pids)
        )

    await until(settled)


@pytest.mark.any_host
async def test_a_model_is_tried_in_a_fresh_process_that_takes_the_place_of_one(
    models: tuple[ModelStore, Bundle, Bundle], host: WorkersOfHost
) -> None:
    store, old, new = models
    pool = InferencePool(store, workers=2)
    await pool.start(models=["old"])
    try:
        before = set(pool.worker_pids())
        answer = await pool.try_model("new", plain("blue"), other_models=["old"])
        assert (answer.model, answer.predictions[0].label) == ("new", "blue")
        (fresh,) = set(pool.worker_pids()) - before
        assert has_loaded(fresh, new)
        assert has_loaded(fresh, old)
        assert len(pool.worker_pids()) == 2
        await until(lambda: len(host()) == 2)
    finally:
        await pool.close()


class RecordingHost(ThisMachine):
    """Remembers the process id of each worker that is to be replaced."""

    def __init__(self) -> None:
        self.replaced: list[int | None] = []

    def launch(self, ends: WorkerEnds, options: WorkerOptions, replaced: Process | None = None) -> Process:
        self.replaced.append(None if replaced is None else replaced.pid)
        return super().launch(ends, options)


async def test_a_fresh_process_is_started_in_the_room_of_the_worker_that_it_replaces(
    models: tuple[ModelStore, Bundle, Bundle], host: WorkersOfHost
) -> None:
    store, old, new = models
    recording = RecordingHost()
    pool = InferencePool(store, workers=2, host=recording)
    await pool.start(models=["old"])
    try:
        before = set(pool.worker_pids())
        await pool.try_model("new", plain("blue"))
        pool.set_active_models(["new"])
        await until_only(pool, host, new, old, workers=2)
        assert recording.replaced[:2] == [None, None]
        assert set(recording.replaced[2:]) == before
    finally:
        await pool.close()


@pytest.mark.any_host
async def test_a_model_that_does_not_work_changes_nothing(
    models: tuple[ModelStore, Bundle, Bundle], host: WorkersOfHost
) -> None:
    store, _, new = models
    async with InferencePool(store, workers=1) as pool:
        before = pool.worker_pids(), host()
        with pytest.raises(ModelNotFound):
            await pool.try_model("another", plain("red"))
        with pytest.raises(NotAnImage):
            await pool.try_model("old", b"no image")
        (new.directory / "model.tflite").write_bytes(b"damaged")
        with pytest.raises(ModelError, match="version"):
            await pool.try_model("new", plain("red"))
        await until(lambda: (pool.worker_pids(), host()) == before)
        assert (await ask(pool, "old")).model == "old"


@pytest.mark.any_host
async def test_a_model_whose_process_dies_changes_nothing(store: ModelStore, host: WorkersOfHost) -> None:
    async with InferencePool(store, workers=1) as pool:
        before = pool.worker_pids(), host()
        preparing = asyncio.create_task(pool.try_model("slow", plain("red")))
        await until(lambda: len(host()) == 2)
        (tried,) = host() - before[1]
        os.kill(tried, signal.SIGKILL)
        with pytest.raises(ModelError, match="the process that tried slow died"):
            await preparing
        await until(lambda: (pool.worker_pids(), host()) == before)
        assert (await ask(pool, "colours")).model == "colours"


@pytest.mark.any_host
async def test_the_memory_of_a_model_that_is_no_longer_used_is_given_back(
    models: tuple[ModelStore, Bundle, Bundle], host: WorkersOfHost
) -> None:
    store, old, new = models
    pool = InferencePool(store, workers=2)
    await pool.start(models=["old"])
    try:
        await pool.try_model("new", plain("red"))
        pool.set_active_models(["new"])
        await until_only(pool, host, new, old, workers=2)
        pids = pool.worker_pids()
        # A photo that was in flight for long still gets an answer.
        assert (await ask(pool, "old")).model == "old"
        await until_only(pool, host, new, old, workers=2)
        assert set(pool.worker_pids()) != set(pids)
        pids = pool.worker_pids()
        assert (await ask(pool, "starter")).model == "starter", "it was never in use, and so not given up"
        assert pool.worker_pids() == pids
    finally:
        await pool.close()


async def test_a_model_that_was_replaced_leaves_memory_in_its_old_version(tmp_path: Path, host: WorkersOfHost) -> None:
    store = ModelStore(tmp_path)
    before = install_colours(store, tmp_path)
    pool = InferencePool(store, workers=1)
    await pool.start(models=["colours"])
    try:
        after = install_colours(store, tmp_path, labels=("rouge", "vert", "bleu"))
        pool.set_active_models(["colours"])
        await until_only(pool, host, after, before, workers=1)
        answer = await pool.classify(plain("red"), model="colours", top_k=1, client=1)
        assert answer.predictions[0].label == "rouge"
    finally:
        await pool.close()


@pytest.mark.any_host
async def test_images_that_wait_are_answered_by_their_model_before_its_memory_goes(
    models: tuple[ModelStore, Bundle, Bundle], host: WorkersOfHost
) -> None:
    store, old, new = models
    pool = InferencePool(store, workers=1)
    await pool.start(models=["old"])
    try:
        (pid,) = pool.worker_pids()
        with stopped(pid):
            waiting = [ask(pool, "old", client=str(number)) for number in range(20)]
            await until(lambda: pool.pending == 20)
            pool.set_active_models(["new"])
            waiting += [ask(pool, "new", client=str(number)) for number in range(20)]
            await until(lambda: pool.pending == 40)
        answers = await asyncio.gather(*waiting)
        assert [answer.model for answer in answers] == ["old"] * 20 + ["new"] * 20
        await until_only(pool, host, new, old, workers=1)
        await until(lambda: not alive(pid))
    finally:
        await pool.close()


@pytest.mark.any_host
async def test_a_worker_that_is_replaced_ends_after_the_image_that_it_holds(store: ModelStore) -> None:
    async with InferencePool(store, workers=1) as pool:
        (pid,) = pool.worker_pids()
        with stopped(pid):
            held = ask(pool, "colours", "blue")
            await until(lambda: pool.pending == 1)
            preparing = asyncio.create_task(pool.try_model("colours", plain("red")))
            await until(lambda: pool.worker_pids() != (pid,))
            assert (await ask(pool, "colours", "green")).predictions[0].label == "green"
            assert alive(pid)
        assert (await held).predictions[0].label == "blue"
        await preparing
        await until(lambda: not alive(pid))


async def test_workers_that_cannot_be_renewed_work_on(
    models: tuple[ModelStore, Bundle, Bundle],
    host: WorkersOfHost,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    store, old, new = models
    pool = InferencePool(store, workers=1)
    await pool.start(models=["old"])
    try:
        pids = pool.worker_pids()
        with monkeypatch.context() as broken:
            broken.setattr(sys, "executable", "/bin/false")
            pool.set_active_models(["new"])
            await until(lambda: "a worker could not be recycled" in caplog.text)
        assert (await ask(pool, "new")).model == "new"
        assert pool.worker_pids() == pids
        pool.set_active_models(["new"])
        await until_only(pool, host, new, old, workers=1)
    finally:
        await pool.close()


@pytest.mark.any_host
async def test_the_number_of_workers_changes_without_the_loss_of_an_image(
    store: ModelStore, host: WorkersOfHost
) -> None:
    async with InferencePool(store, workers=1) as pool:
        await pool.resize(3)
        assert pool.workers == 3
        await until(lambda: len(pool.worker_pids()) == 3)
        with stopped(*pool.worker_pids()):
            held = [ask(pool, "slow", client=str(number)) for number in range(3)]
            await until(lambda: pool.pending == 3)
            shrinking = asyncio.create_task(pool.resize(1))
            await until(lambda: len(pool.worker_pids()) == 1)
        await shrinking
        assert [(await answer).predictions[0].label for answer in held] == ["red"] * 3
        await until(lambda: len(host()) == 1)
        with pytest.raises(ValueError, match="at least one worker"):
            await pool.resize(0)
    with pytest.raises(PoolClosed):
        await pool.resize(2)
    with pytest.raises(PoolClosed):
        await pool.try_model("colours", plain("red"))


@pytest.mark.any_host
async def test_closing_in_the_midst_of_changes_leaves_no_process(
    models: tuple[ModelStore, Bundle, Bundle], host: WorkersOfHost
) -> None:
    store, _, _ = models
    before = host()
    pool = InferencePool(store, workers=2)
    await pool.start(models=["old"])
    preparing = asyncio.create_task(pool.try_model("new", plain("red")))
    await until(lambda: len(host() - before) == 3)
    await pool.close()
    with pytest.raises(PoolClosed):
        await preparing
    await until(lambda: host() == before)

    pool = InferencePool(store, workers=2)
    await pool.start(models=["old"])
    pool.set_active_models(["new"])
    await until(lambda: len(host() - before) == 3)
    await pool.close()
    await until(lambda: host() == before)
