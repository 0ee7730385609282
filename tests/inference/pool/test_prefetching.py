"""Images that are sent ahead to a busy worker: fairness, deadlines, deaths, and workers that idle meanwhile."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager

import pytest
from PIL import Image

from inference.errors import DeadlineExceeded
from inference.models.prediction import Classification
from inference.models.store import ModelStore
from inference.pool import dispatcher
from inference.pool.fair_queue import NOMINAL_COST_S, FairQueue
from inference.pool.pool import InferencePool
from tests.support.colour_models import photo, plain
from tests.support.images import RED, encode
from tests.support.processes import HANG_S, stopped, until, until_at_work

# Its header says that it is quick, but it keeps a worker at work for a while.
LONG = encode(Image.new("RGB", (4000, 4000), RED), "JPEG", progressive=True)


@asynccontextmanager
async def warm_pool(store: ModelStore, *, workers: int, deadline_s: float = 30.0) -> AsyncIterator[InferencePool]:
    """A pool each of whose workers has labelled a photo quickly, so that it gets photos ahead."""
    async with InferencePool(store, workers=workers, deadline_s=deadline_s) as pool:
        while not all(worker.latest and worker.latest.times.work_s < 0.1 for worker in pool._workers.ready):
            await asyncio.gather(*(ask(pool, "red") for _ in range(workers)))
        yield pool


def ask(
    pool: InferencePool, colour: str, *, client: str = "someone", image: bytes | None = None, model: str = "colours"
) -> asyncio.Task[Classification]:
    async def label() -> Classification:
        async with asyncio.timeout(HANG_S):
            return await pool.classify(image or photo(colour), model=model, top_k=1, client=client)

    return asyncio.create_task(label())


async def labels_of(tasks: list[asyncio.Task[Classification]]) -> list[str]:
    return [answer.predictions[0].label for answer in await asyncio.gather(*tasks)]


def held(pool: InferencePool) -> list[int]:
    """Return how many images each worker holds."""
    return [len(worker.held) for worker in pool._workers.ready]


@pytest.mark.any_host
async def test_the_next_image_is_at_a_worker_before_it_has_answered_the_last(store: ModelStore) -> None:
    async with warm_pool(store, workers=1) as pool:
        with stopped(*pool.worker_pids()):
            tasks = [ask(pool, colour) for colour in ("red", "green", "blue", "green", "red")]
            await until(lambda: pool.pending == 5)
            assert held(pool) == [2], "one at work and one ahead, no more"
        assert await labels_of(tasks) == ["red", "green", "blue", "green", "red"]
        assert held(pool) == [0]


@pytest.mark.any_host
async def test_a_worker_gets_nothing_ahead_that_may_be_slow_and_nothing_behind_such_an_image(store: ModelStore) -> None:
    async with warm_pool(store, workers=1) as pool:
        for first, second, count in ((photo("red"), plain("red"), 1), (plain("red"), photo("red"), 1)):
            with stopped(*pool.worker_pids()):
                tasks = [ask(pool, "red", image=image) for image in (first, second)]
                await until(lambda: pool.pending == 2)
                assert held(pool) == [count]
            await labels_of(tasks)
        with stopped(*pool.worker_pids()):
            tasks = [ask(pool, "red"), ask(pool, "red", model="slow")]
            await until(lambda: pool.pending == 2)
            assert held(pool) == [1], "its model may have to be loaded first"
        assert await labels_of(tasks) == ["red", "red"]


async def test_a_worker_gets_nothing_ahead_while_its_images_take_long(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with warm_pool(store, workers=1) as pool:
        (worker,) = pool._workers.ready
        assert worker.latest
        monkeypatch.setattr(dispatcher, "MAX_WORK_S_TO_PREFETCH", worker.latest.times.work_s / 2)
        with stopped(worker.pid):
            tasks = [ask(pool, "red") for _ in range(2)]
            await until(lambda: pool.pending == 2)
            assert held(pool) == [1]
        assert await labels_of(tasks) == ["red", "red"]


async def test_images_sent_ahead_count_where_clients_take_turns(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    charge = FairQueue.charge
    # On a busy machine, some images take many times as long as others.
    monkeypatch.setattr(FairQueue, "charge", lambda queue, client, _: charge(queue, client, NOMINAL_COST_S))
    order: list[str] = []

    async def label(pool: InferencePool, client: str) -> None:
        await ask(pool, "red", client=client)
        order.append(client)

    async with warm_pool(store, workers=1) as pool:
        with stopped(*pool.worker_pids()):
            tasks = [asyncio.create_task(label(pool, "many")) for _ in range(40)]
            await until(lambda: pool.pending == 40)
            tasks += [asyncio.create_task(label(pool, "few")) for _ in range(10)]
            await until(lambda: pool.pending == 50)
        await asyncio.gather(*tasks)
    assert order[:3] == ["many", "many", "few"], "two were at the worker before the other came"
    assert order[2:22].count("few") == 10


@pytest.mark.any_host
async def test_the_time_limit_of_an_image_sent_ahead_counts_from_its_turn(store: ModelStore) -> None:
    async with warm_pool(store, workers=1, deadline_s=4.0) as pool:
        pids = pool.worker_pids()
        with stopped(*pids):
            late, ahead = ask(pool, "red"), ask(pool, "green")
            await until(lambda: held(pool) == [2])
            with pytest.raises(DeadlineExceeded):
                await late
            assert await labels_of([ahead]) == ["green"], "its own time had not begun"
        assert pool.worker_pids() != pids


@pytest.mark.any_host
async def test_a_death_is_no_attempt_at_an_image_sent_ahead(store: ModelStore) -> None:
    async with warm_pool(store, workers=1) as pool:
        (pid,) = pool.worker_pids()
        at_work, ahead, waiting = ask(pool, "red", image=LONG), ask(pool, "green"), ask(pool, "blue")
        await until(lambda: held(pool) == [2])
        await until_at_work(pid)
        os.kill(pid, signal.SIGKILL)
        await until(lambda: held(pool) != [2])
        blamed = {job.image: (job.deaths, job.runs_alone) for job in pool._jobs}
        assert blamed == {LONG: (1, True), photo("green"): (0, False), photo("blue"): (0, False)}
        assert await labels_of([at_work, ahead, waiting]) == ["red", "green", "blue"]


@pytest.mark.any_host
async def test_images_of_a_dead_worker_are_labelled_in_their_order(store: ModelStore) -> None:
    order: list[str] = []

    async def label(pool: InferencePool, colour: str) -> None:
        await ask(pool, colour)
        order.append(colour)

    async with warm_pool(store, workers=1) as pool:
        with stopped(*pool.worker_pids()):
            tasks = [asyncio.create_task(label(pool, colour)) for colour in ("red", "green", "blue")]
            await until(lambda: pool.pending == 3)
            assert held(pool) == [2]
            os.kill(pool.worker_pids()[0], signal.SIGKILL)
        await asyncio.gather(*tasks)
    assert order == ["red", "green", "blue"]


@pytest.mark.any_host
async def test_a_worker_that_idles_gets_what_was_sent_ahead_to_another(store: ModelStore) -> None:
    async with warm_pool(store, workers=2) as pool:
        first, second = pool.worker_pids()
        with stopped(first):
            with stopped(second):
                tasks = [ask(pool, "green") for _ in range(6)]
                await until(lambda: pool.pending == 6)
                assert held(pool) == [2, 2]
            await until(lambda: pool.pending == 1)
            assert held(pool) == [1, 0]
        assert await labels_of(tasks) == ["green"] * 6


def clients_held(pool: InferencePool) -> list[list[Hashable]]:
    """Return whose images each worker holds, the one at work first."""
    in_flight = pool._dispatcher._in_flight
    return [[in_flight[each].jobs[0].client for each in worker.held] for worker in pool._workers.ready]


async def at_work(pool: InferencePool, *clients: str) -> list[asyncio.Task[Classification]]:
    """Let each client's image keep a worker at work, one after another."""
    tasks = []
    for number, client in enumerate(clients):
        tasks.append(ask(pool, "red", client=client, image=LONG))
        await until(lambda: sum(worker.at_work for worker in pool._workers.ready) > number)  # noqa: B023
    return tasks


async def test_the_image_of_a_client_that_rested_goes_before_one_sent_ahead_of_a_busy_client(store: ModelStore) -> None:
    order: list[str] = []

    def label(pool: InferencePool, client: str) -> asyncio.Task[Classification]:
        task = ask(pool, "red", client=client)
        task.add_done_callback(lambda _: order.append(client))
        return task

    async with warm_pool(store, workers=1) as pool:
        tasks = await at_work(pool, "busy")
        with stopped(*pool.worker_pids()):
            tasks += [label(pool, "busy") for _ in range(3)]
            await until(lambda: pool.pending == 4)
            assert clients_held(pool) == [["busy", "busy"]]
            tasks += [label(pool, client) for client in ("rested", "next")]
            await until(lambda: pool.pending == 6)
            assert clients_held(pool) == [["busy", "rested"]]
        await asyncio.gather(*tasks)
    # The busy client's first image took long, so its turn comes last.
    assert order == ["rested", "next", "busy", "busy", "busy"]


async def test_an_image_sent_ahead_stays_there_if_its_client_waits_for_no_other(store: ModelStore) -> None:
    async with warm_pool(store, workers=1) as pool:
        tasks = await at_work(pool, "first")
        with stopped(*pool.worker_pids()):
            tasks += [ask(pool, "green", client=client) for client in ("second", "third")]
            await until(lambda: pool.pending == 3)
            assert clients_held(pool) == [["first", "second"]]
        assert await labels_of(tasks) == ["red", "green", "green"]


async def test_the_image_of_a_client_that_rested_goes_to_the_worker_that_began_first(store: ModelStore) -> None:
    async with warm_pool(store, workers=2) as pool:
        tasks = await at_work(pool, "busy", "busy")
        begun_s = [pool._dispatcher._in_flight[worker.held[0]].expires_s for worker in pool._workers.ready]
        with stopped(*pool.worker_pids()):
            tasks += [ask(pool, "green", client="busy") for _ in range(4)]
            await until(lambda: held(pool) == [2, 2])
            tasks.append(ask(pool, "blue", client="rested"))
            await until(lambda: pool.pending == 7)
            first, second = (clients_held(pool)[begun_s.index(time_s)] for time_s in sorted(begun_s))
            assert (first, second) == (["busy", "rested"], ["busy", "busy"])
        assert await labels_of(tasks) == ["red"] * 2 + ["green"] * 4 + ["blue"]


async def test_no_image_gives_way_at_a_worker_that_ends(store: ModelStore) -> None:
    async with warm_pool(store, workers=1) as pool:
        tasks = await at_work(pool, "busy")
        with stopped(*pool.worker_pids()):
            tasks += [ask(pool, "green", client="busy") for _ in range(2)]
            await until(lambda: pool.pending == 3)
            assert clients_held(pool) == [["busy", "busy"]]
            (worker,) = pool._workers.ready
            worker.kill()
            tasks.append(ask(pool, "blue", client="rested"))
        assert await labels_of(tasks) == ["red", "green", "green", "blue"]


async def test_an_image_that_gave_way_outlives_its_worker(store: ModelStore) -> None:
    async with warm_pool(store, workers=1) as pool:
        tasks = await at_work(pool, "busy")
        with stopped(*pool.worker_pids()):
            tasks += [ask(pool, "green", client="busy") for _ in range(2)] + [ask(pool, "blue", client="rested")]
            await until(lambda: pool.pending == 4)
            assert clients_held(pool) == [["busy", "rested"]]
            os.kill(pool.worker_pids()[0], signal.SIGKILL)
        assert await labels_of(tasks) == ["red", "green", "green", "blue"]


async def test_an_image_gives_way_once(store: ModelStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher, "MAX_WORK_S_TO_PREFETCH", HANG_S)
    async with warm_pool(store, workers=1) as pool:
        tasks = await at_work(pool, "busy")
        with stopped(*pool.worker_pids()):
            tasks += [ask(pool, "green", client="busy") for _ in range(3)]
            tasks.append(ask(pool, "blue", client="rested", image=LONG))
            await until(lambda: clients_held(pool) == [["busy", "rested"]])
        await until(lambda: clients_held(pool) == [["rested", "busy"]] and pool._workers.ready[0].at_work)
        with stopped(*pool.worker_pids()):
            tasks.append(ask(pool, "blue", client="next"))
            await until(lambda: pool.pending == 5)
            assert clients_held(pool) == [["rested", "busy"]]
        assert await labels_of(tasks) == ["red"] + ["green"] * 3 + ["red", "blue"]


@pytest.mark.any_host
async def test_closing_answers_images_sent_ahead_too(store: ModelStore) -> None:
    async with warm_pool(store, workers=2) as pool:
        tasks = [ask(pool, "blue") for _ in range(8)]
        await asyncio.sleep(0)
        assert pool.pending == 8
        await pool.resize(1)
    assert await labels_of(tasks) == ["blue"] * 8
