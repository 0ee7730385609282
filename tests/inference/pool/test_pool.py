"""The pool: images, answers, their order, and refusals."""

from __future__ import annotations

import asyncio
import os
import resource
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inference.errors import ModelError, ModelNotFound, NotAnImage, Overloaded, PoolClosed, TooManyBytes, TruncatedImage
from inference.images.augmented_views import STANDARD_VIEW, View
from inference.images.decode import MAX_BYTES
from inference.models.store import ModelStore
from inference.pool.pool import InferencePool
from inference.pool.worker import NICENESS
from tests.support.colour_models import install_colours, plain
from tests.support.images import BLUE, GREEN, RED, encode
from tests.support.networks import COLOURS
from tests.support.processes import WorkersOfHost, children, open_files, stopped, until, until_at_work


@pytest.mark.any_host
async def test_answers_name_what_is_in_the_image(store: ModelStore) -> None:
    async with InferencePool(store, workers=2) as pool:
        colours = ["red", "green", "blue"] * 4
        answers = await asyncio.gather(
            *(pool.classify(plain(colour), model="colours", top_k=2, client=colour) for colour in colours)
        )
    assert [answer.predictions[0].label for answer in answers] == colours
    assert {answer.model for answer in answers} == {"colours"}
    assert {answer.version for answer in answers} == {store.find("colours").spec.version}
    assert {len(answer.predictions) for answer in answers} == {2}
    assert answers[0].timings.decode_ms > 0
    assert answers[0].timings.inference_ms > 0
    assert answers[-1].timings.queue_ms > answers[0].timings.queue_ms


@pytest.mark.any_host
async def test_embeddings_are_those_of_the_image_and_its_augmented_views(store: ModelStore) -> None:
    views = (STANDARD_VIEW, View(brightness=0.5), View(flip=True))
    async with InferencePool(store, workers=2) as pool:
        embeddings = await asyncio.gather(
            *(pool.embed(plain(c), model="colours", client=1, views=views) for c in ("red", "green", "blue"))
        )
        one = await pool.embed(plain("red"), model="colours", client=1)
        asked, unasked = await asyncio.gather(
            *(pool.classify(plain("red"), model="colours", top_k=1, client=1, embedding=each) for each in (True, False))
        )
    for colour, embedding in zip((RED, GREEN, BLUE), embeddings, strict=True):
        expected = np.array([colour, [value // 2 for value in colour], colour]) / 127.5 - 1
        assert embedding.dtype == np.float32
        np.testing.assert_allclose(embedding, expected, atol=1e-5)
    np.testing.assert_array_equal(one, embeddings[0][:1])
    np.testing.assert_array_equal(asked.embedding, one[0])
    assert unasked.embedding is None


async def test_what_has_no_embedding_is_refused_and_the_worker_serves_on(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    bundle = install_colours(store, tmp_path)
    blind = replace(bundle.spec, name="blind", outputs=("probabilities",))
    store.add(blind, network=bundle.directory / "model.tflite", labels=COLOURS)
    async with InferencePool(store, workers=1) as pool:
        pids = pool.worker_pids()
        with pytest.raises(ModelError, match=r"expected a model with an embedding\. Received: blind"):
            await pool.embed(plain("red"), model="blind", client=1)
        with pytest.raises(NotAnImage):
            await pool.embed(b"no image", model="colours", client=1)
        with pytest.raises(TooManyBytes):
            await pool.embed(bytes(MAX_BYTES + 1), model="colours", client=1)
        with pytest.raises(ValueError, match="at least one view"):
            await pool.embed(plain("red"), model="colours", client=1, views=())
        assert (await pool.embed(plain("red"), model="colours", client=1)).shape == (1, 3)
        assert pool.worker_pids() == pids


@pytest.mark.any_host
async def test_a_bad_image_fails_by_itself_and_leaves_its_worker_alone(store: ModelStore) -> None:
    async with InferencePool(store, workers=1) as pool:
        pids = pool.worker_pids()
        with pytest.raises(NotAnImage):
            await pool.classify(b"", model="colours", top_k=1, client=1)
        with pytest.raises(NotAnImage):
            await pool.classify(b"no image", model="colours", top_k=1, client=1)
        with pytest.raises(TruncatedImage):
            await pool.classify(plain("red", 300)[:-200], model="colours", top_k=1, client=1)
        answer = await pool.classify(plain("red"), model="colours", top_k=1, client=1)
        assert answer.predictions[0].label == "red"
        assert pool.worker_pids() == pids


async def test_requests_that_make_no_sense_are_refused_before_they_take_a_place(store: ModelStore) -> None:
    async with InferencePool(store, workers=1) as pool:
        with pytest.raises(ModelNotFound, match=r"'dogs'.*colours"):
            await pool.classify(plain("red"), model="dogs", top_k=1, client=1)
        with pytest.raises(TooManyBytes):
            await pool.classify(bytes(MAX_BYTES + 1), model="colours", top_k=1, client=1)
        with pytest.raises(ValueError, match="top_k of at least 1"):
            await pool.classify(plain("red"), model="colours", top_k=0, client=1)
        assert pool.pending == 0


async def test_a_pool_has_at_least_one_worker_and_is_started_once(store: ModelStore) -> None:
    with pytest.raises(ValueError, match="at least one worker"):
        InferencePool(store, workers=0)
    async with InferencePool(store, workers=1) as pool:
        with pytest.raises(RuntimeError, match="not started yet"):
            await pool.start()


async def test_over_its_capacity_the_pool_refuses_at_once(store: ModelStore) -> None:
    async with InferencePool(store, workers=1, capacity=3) as pool:
        with stopped(*pool.worker_pids()):
            admitted = [
                asyncio.create_task(pool.classify(plain("red"), model="colours", top_k=1, client=n)) for n in range(3)
            ]
            await until(lambda: pool.pending == 3)
            with pytest.raises(Overloaded) as refused:
                await pool.classify(plain("red"), model="colours", top_k=1, client=9)
            assert refused.value.capacity == 3
        await asyncio.gather(*admitted)
        assert pool.pending == 0
        await pool.classify(plain("red"), model="colours", top_k=1, client=9)


async def test_one_photo_is_delayed_by_about_one_of_anothers_thousand(store: ModelStore) -> None:
    order: list[str] = []

    async def label(pool: InferencePool, client: str) -> None:
        await pool.classify(plain("red"), model="colours", top_k=1, client=client)
        order.append(client)

    async with InferencePool(store, workers=1, capacity=1001) as pool:
        with stopped(*pool.worker_pids()):
            tasks = [asyncio.create_task(label(pool, "many")) for _ in range(1000)]
            await until(lambda: pool.pending == 1000)
            tasks.append(asyncio.create_task(label(pool, "one")))
            await until(lambda: pool.pending == 1001)
        await asyncio.gather(*tasks)
    assert order.index("one") == 1


async def test_cancelling_frees_the_place_of_a_waiting_image(store: ModelStore) -> None:
    async with InferencePool(store, workers=1, capacity=2) as pool:
        with stopped(*pool.worker_pids()):
            first = asyncio.create_task(pool.classify(plain("red"), model="colours", top_k=1, client=1))
            second = asyncio.create_task(pool.classify(plain("green"), model="colours", top_k=1, client=1))
            await until(lambda: pool.pending == 2)
            second.cancel()
            await until(lambda: pool.pending == 1)
            third = asyncio.create_task(pool.classify(plain("blue"), model="colours", top_k=1, client=1))
            await until(lambda: pool.pending == 2)
        assert (await first).predictions[0].label == "red"
        assert (await third).predictions[0].label == "blue"
        assert second.cancelled()


async def test_an_image_that_is_cancelled_while_it_waits_never_gets_to_a_worker(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    kept, _ = (install_colours(store, tmp_path, name, side=side) for name, side in (("kept", 8), ("other", 9)))
    async with InferencePool(store, workers=1, models_per_worker=1) as pool:
        with stopped(*pool.worker_pids()):
            first = asyncio.create_task(pool.classify(plain("red"), model="kept", top_k=1, client=1))
            second = asyncio.create_task(pool.classify(plain("red"), model="other", top_k=1, client=1))
            await until(lambda: pool.pending == 2)
            second.cancel()
        assert (await first).predictions[0].label == "red"
        (kept.directory / "model.tflite").unlink()
        # If the worker had labelled the second image, it would have evicted this model.
        answer = await pool.classify(plain("red"), model="kept", top_k=1, client=1)
        assert answer.predictions[0].label == "red"


@pytest.mark.any_host
async def test_cancelling_frees_the_place_of_a_running_image_without_killing_its_worker(store: ModelStore) -> None:
    async with InferencePool(store, workers=1, capacity=1) as pool:
        pids = pool.worker_pids()
        running = asyncio.create_task(pool.classify(plain("red"), model="slow", top_k=1, client=1))
        await until_at_work(pids[0])
        running.cancel()
        await until(lambda: pool.pending == 0)
        answer = await pool.classify(plain("blue"), model="colours", top_k=1, client=1)
        assert answer.predictions[0].label == "blue", "the next image does not get the answer of the cancelled one"
        assert pool.worker_pids() == pids


@pytest.mark.any_host
async def test_the_event_loop_runs_on_while_large_images_go_to_the_workers(store: ModelStore) -> None:
    large = encode(Image.new("RGB", (2580, 2580), RED), "BMP")
    assert 19_000_000 < len(large) <= MAX_BYTES
    async with InferencePool(store, workers=2) as pool:
        pids = pool.worker_pids()
        with stopped(*pids):
            tasks = [asyncio.create_task(pool.classify(large, model="colours", top_k=1, client=n)) for n in range(8)]
            # The worker reads nothing, so a blocking send would hang here.
            await until(lambda: pool.pending == 8)
        answers = await asyncio.gather(*tasks)
        assert {answer.predictions[0].label for answer in answers} == {"red"}
        assert pool.worker_pids() == pids


async def test_workers_are_warm_when_the_start_returns(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    bundle = install_colours(store, tmp_path)
    pool = InferencePool(store, workers=2)
    await pool.start(models=["colours"])
    try:
        (bundle.directory / "model.tflite").unlink()
        with stopped(*pool.worker_pids()):
            one_each = [
                asyncio.create_task(pool.classify(plain("red"), model="colours", top_k=1, client=1)) for _ in range(2)
            ]
            await until(lambda: pool.pending == 2)
        assert [answer.predictions[0].label for answer in await asyncio.gather(*one_each)] == ["red", "red"]
    finally:
        await pool.close()


async def test_workers_leave_the_cores_to_the_process_that_waits_for_them(store: ModelStore) -> None:
    async with InferencePool(store, workers=2) as pool:
        niceness = {os.getpriority(os.PRIO_PROCESS, pid) for pid in pool.worker_pids()}
    assert niceness == {min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS)}


@pytest.mark.any_host
async def test_a_start_that_cannot_warm_up_fails_with_the_reason_and_leaves_no_process(
    tmp_path: Path, host: WorkersOfHost
) -> None:
    store = ModelStore(tmp_path)
    before = host()
    with pytest.raises(ModelNotFound):
        await InferencePool(store, workers=1).start(models=["colours"])
    (install_colours(store, tmp_path).directory / "model.tflite").write_bytes(b"damaged")
    with pytest.raises(ModelError, match="version"):
        await InferencePool(store, workers=2).start(models=["starter", "colours"])
    await until(lambda: host() == before)


async def test_images_go_to_the_worker_that_has_their_model_loaded(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    bundles = [install_colours(store, tmp_path, name) for name in ("first", "second")]
    async with InferencePool(store, workers=2, models_per_worker=1) as pool:
        with stopped(*pool.worker_pids()):
            loading = [
                asyncio.create_task(pool.classify(plain("red"), model=name, top_k=1, client=1))
                for name in ("first", "second")
            ]
            await until(lambda: pool.pending == 2)
        await asyncio.gather(*loading)
        for bundle in bundles:
            (bundle.directory / "model.tflite").unlink()
        for name in ("first", "second", "second", "first", "first"):
            answer = await pool.classify(plain("red"), model=name, top_k=1, client=1)
            assert answer.predictions[0].label == "red"


async def test_a_model_that_is_replaced_answers_anew_and_one_that_is_removed_no_more(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    old = install_colours(store, tmp_path)
    async with InferencePool(store, workers=1) as pool:

        def ask() -> asyncio.Task[str]:
            async def name() -> str:
                answer = await pool.classify(plain("red"), model="colours", top_k=1, client=1)
                return f"{answer.predictions[0].label} {answer.version}"

            return asyncio.create_task(name())

        with stopped(*pool.worker_pids()):
            waiting = ask()
            await until(lambda: pool.pending == 1)
            new = install_colours(store, tmp_path, labels=("rouge", "vert", "bleu"))
            assert not old.directory.exists()
        assert await waiting == f"rouge {new.spec.version}", "it waited, and the files that it was to use are gone"
        with stopped(*pool.worker_pids()):
            loaded = ask()
            await until(lambda: pool.pending == 1)
            store.remove("colours")
        assert await loaded == f"rouge {new.spec.version}", "its worker still has it"
        with pytest.raises(ModelNotFound):
            await ask()


async def test_a_model_that_is_removed_while_an_image_waits_is_not_found(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    install_colours(store, tmp_path)
    async with InferencePool(store, workers=1) as pool:
        with stopped(*pool.worker_pids()):
            waiting = asyncio.create_task(pool.classify(plain("red"), model="colours", top_k=1, client=1))
            await until(lambda: pool.pending == 1)
            store.remove("colours")
        with pytest.raises(ModelNotFound):
            await waiting


@pytest.mark.any_host
async def test_a_model_with_damaged_files_fails_and_the_others_answer_on(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    damaged = install_colours(store, tmp_path, "damaged")
    (damaged.directory / "model.tflite").write_bytes(b"damaged")
    install_colours(store, tmp_path)
    async with InferencePool(store, workers=1) as pool:
        pids = pool.worker_pids()
        with pytest.raises(ModelError, match="version"):
            await pool.classify(plain("red"), model="damaged", top_k=1, client=1)
        await pool.classify(plain("red"), model="colours", top_k=1, client=1)
        assert pool.worker_pids() == pids


@pytest.mark.any_host
async def test_closing_answers_what_was_admitted_and_leaves_no_process(store: ModelStore, host: WorkersOfHost) -> None:
    before = host()
    pool = InferencePool(store, workers=2)
    with pytest.raises(PoolClosed):
        await pool.classify(plain("red"), model="colours", top_k=1, client=1)
    await pool.start(models=["colours"])
    assert len(host() - before) == 2
    admitted = [asyncio.create_task(pool.classify(plain("red"), model="slow", top_k=1, client=1)) for _ in range(3)]
    await until(lambda: pool.pending == 3)
    await pool.close(grace_s=60)
    assert [task.result().predictions[0].label for task in admitted] == ["red"] * 3
    with pytest.raises(PoolClosed):
        await pool.classify(plain("red"), model="colours", top_k=1, client=1)
    await until(lambda: host() == before)


async def test_closing_leaves_nothing_behind(store: ModelStore) -> None:
    before = children(), open_files()
    pool = InferencePool(store, workers=1)
    await pool.start()
    await pool.classify(plain("red"), model="colours", top_k=1, client=1)
    await pool.close()
    await pool.close()
    assert (children(), open_files()) == before
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_closing_waits_no_longer_than_its_grace(store: ModelStore, host: WorkersOfHost) -> None:
    before = host()
    pool = InferencePool(store, workers=1)
    await pool.start()
    with stopped(*pool.worker_pids()):
        stuck = [asyncio.create_task(pool.classify(plain("red"), model="colours", top_k=1, client=1)) for _ in range(2)]
        await until(lambda: pool.pending == 2)
        await pool.close(grace_s=0.05)
    for outcome in await asyncio.gather(*stuck, return_exceptions=True):
        assert isinstance(outcome, PoolClosed)
    await until(lambda: host() == before)


@pytest.mark.any_host
async def test_closing_ends_the_workers_even_if_it_is_cancelled(store: ModelStore, host: WorkersOfHost) -> None:
    before = host()
    pool = InferencePool(store, workers=1)
    await pool.start()
    with stopped(*pool.worker_pids()):
        stuck = asyncio.create_task(pool.classify(plain("red"), model="colours", top_k=1, client=1))
        await until(lambda: pool.pending == 1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await pool.close(grace_s=60)
    with pytest.raises(PoolClosed):
        await stuck
    await until(lambda: host() == before)


async def test_cancelling_the_start_leaves_no_process(store: ModelStore) -> None:
    before = children()
    starting = asyncio.create_task(InferencePool(store, workers=2).start())
    await until(lambda: len(children() - before) == 2)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert children() == before


async def test_a_pool_may_open_more_files_than_the_usual_soft_limit(store: ModelStore) -> None:
    given = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, given[1]), given[1]))
    try:
        async with InferencePool(store, workers=1):
            assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(65_536, given[1])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, given)
