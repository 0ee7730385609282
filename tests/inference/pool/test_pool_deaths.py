"""Workers that die, hang or cannot be started."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import stat
import sys
from collections.abc import Collection
from contextlib import suppress
from contextvars import ContextVar
from pathlib import Path

import pytest
from PIL import Image

from inference.errors import DeadlineExceeded, OutOfMemory, WorkerCrashed
from inference.models.prediction import Classification
from inference.models.store import ModelStore
from inference.pool import slot as worker_slot
from inference.pool.pool import InferencePool
from tests.support.colour_models import install_colours, photo, plain
from tests.support.images import encode
from tests.support.processes import (
    HANG_S,
    alive,
    children,
    cpu_ticks,
    mapped_files,
    private_memory_bytes,
    stopped,
    until,
    until_at_work,
)


def ask(
    pool: InferencePool, colour: str, *, model: str = "colours", side: int | None = None, client: str = "someone"
) -> asyncio.Task[Classification]:
    """Send a photo; with a `side`, a PNG of that size instead."""
    image = photo(colour) if side is None else plain(colour, side)
    return asyncio.create_task(pool.classify(image, model=model, top_k=1, client=client))


async def answered(task: asyncio.Task[Classification]) -> str:
    async with asyncio.timeout(HANG_S):
        return (await task).predictions[0].label


async def until_replaced(pool: InferencePool, pids: tuple[int, ...]) -> None:
    """Wait until as many workers as before are ready, all of them new."""
    await until(lambda: len(pool.worker_pids()) == len(pids) and not set(pool.worker_pids()) & set(pids))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
async def test_an_image_whose_worker_dies_is_labelled_by_the_next(store: ModelStore, how: signal.Signals) -> None:
    async with InferencePool(store, workers=1) as pool:
        (pid,) = pool.worker_pids()
        task = ask(pool, "red", model="slow")
        await until_at_work(pid)
        os.kill(pid, how)
        assert await answered(task) == "red"
        assert pool.worker_pids() != (pid,)
        assert not alive(pid)


async def test_the_signal_that_killed_a_worker_is_logged(store: ModelStore, caplog: pytest.LogCaptureFixture) -> None:
    async with InferencePool(store, workers=1) as pool:
        pids = pool.worker_pids()
        os.kill(pids[0], signal.SIGSEGV)
        await until_replaced(pool, pids)
    assert f"worker {pids[0]} ended with status -{signal.SIGSEGV.value}" in caplog.text


@pytest.mark.any_host
async def test_an_image_that_kills_two_workers_fails_and_no_other_does(store: ModelStore) -> None:
    async with InferencePool(store, workers=2) as pool:
        task = ask(pool, "red", model="slow")
        killed: tuple[int, ...] = ()
        others: list[asyncio.Task[Classification]] = []
        for _ in range(2):
            victim = await at_work_for(pool, "someone", besides=killed)
            # If it went on, it might answer before it is killed.
            with stopped(victim):
                others += [ask(pool, "green", client="other") for _ in range(20)]
                await asyncio.sleep(0)
                os.kill(victim, signal.SIGKILL)
            killed += (victim,)
        with pytest.raises(WorkerCrashed) as crash:
            await task
        assert crash.value.attempts == 2
        assert {await answered(other) for other in others} == {"green"}
        assert await answered(ask(pool, "red", model="slow")) == "red"


async def at_work_for(pool: InferencePool, client: str, *, besides: Collection[int]) -> int:
    """Wait until one of the other workers computes for a client; return its process id."""

    def worker() -> int | None:
        in_flight = pool._dispatcher._in_flight
        for each in pool._workers.ready:
            if each.pid not in besides and each.held and in_flight[each.held[0]].jobs[0].client == client:
                return each.pid
        return None

    await until(lambda: worker() is not None)
    pid = worker()
    assert pid is not None
    await until_at_work(pid)
    return pid


@pytest.mark.any_host
async def test_idle_workers_that_die_are_replaced(store: ModelStore) -> None:
    async with InferencePool(store, workers=2) as pool:
        pids = pool.worker_pids()
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        await until_replaced(pool, pids)
        assert await answered(ask(pool, "red")) == "red"


@pytest.mark.any_host
async def test_an_image_sent_to_workers_that_are_dying_is_none_the_worse(store: ModelStore) -> None:
    async with InferencePool(store, workers=2) as pool:
        # No worker starts with the image, so the image is not blamed for their deaths.
        with stopped(*pool.worker_pids()):
            task = ask(pool, "red")
            await until(lambda: pool.pending == 1)
            for pid in pool.worker_pids():
                os.kill(pid, signal.SIGKILL)
            assert await answered(task) == "red"


@pytest.mark.any_host
async def test_an_image_over_its_deadline_fails_and_its_worker_is_replaced(
    store: ModelStore, caplog: pytest.LogCaptureFixture
) -> None:
    async with InferencePool(store, workers=1, deadline_s=2.0) as pool:
        (pid,) = pool.worker_pids()
        with stopped(pid):
            late, next_one = ask(pool, "red"), ask(pool, "green")
            with pytest.raises(DeadlineExceeded) as error:
                await late
            assert error.value.deadline_s == 2.0
            assert await answered(next_one) == "green"
        assert pool.worker_pids() != (pid,)
        assert not alive(pid)
    assert f"worker {pid} is killed: no answer within 2 s" in caplog.text


async def test_a_worker_that_hangs_with_a_cancelled_image_is_replaced(store: ModelStore) -> None:
    async with InferencePool(store, workers=1, deadline_s=5.0) as pool:
        pids = pool.worker_pids()
        with stopped(*pids):
            hung = ask(pool, "red")
            await until(lambda: pool.pending == 1)
            hung.cancel()
            await until_replaced(pool, pids)
        assert await answered(ask(pool, "red")) == "red"


@pytest.mark.any_host
async def test_memory_of_a_worker_is_capped(store: ModelStore, caplog: pytest.LogCaptureFixture) -> None:
    async with InferencePool(store, workers=1) as pool:
        await ask(pool, "red")
        needed_bytes = private_memory_bytes(pool.worker_pids()[0])
    async with InferencePool(store, workers=1, worker_memory_bytes=needed_bytes + 30_000_000) as pool:
        (pid,) = pool.worker_pids()
        assert await answered(ask(pool, "red")) == "red"
        with pytest.raises(OutOfMemory) as error:
            await ask(pool, "red", side=4500)
        assert error.value.attempts == 2
        assert await answered(ask(pool, "green")) == "green"
        assert pool.worker_pids() != (pid,)
    assert caplog.text.count("is out of memory") == 2
    assert "Traceback" not in caplog.text
    async with InferencePool(store, workers=1) as pool:
        assert await answered(ask(pool, "red", side=4500)) == "red", "it fits where there is more"


async def test_signals_to_all_processes_of_a_service_leave_the_workers_to_their_parent(store: ModelStore) -> None:
    async with InferencePool(store, workers=1) as pool:
        (pid,) = pool.worker_pids()
        assert os.getpgid(pid) != os.getpgid(0), "Ctrl-C in a terminal goes to the whole process group"
        os.kill(pid, signal.SIGINT)
        os.kill(pid, signal.SIGTERM)
        assert await answered(ask(pool, "red", model="slow")) == "red"
        assert pool.worker_pids() == (pid,)


# A program that labels an image each time it is told to.
PARENT = """
import asyncio, sys
from pathlib import Path
from inference import InferencePool, ModelStore, STARTER

async def main():
    home, image = map(Path, sys.argv[1:])
    async with InferencePool(ModelStore(home), workers=2) as pool:
        print(*pool.worker_pids(), flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            await pool.classify(image.read_bytes(), model=STARTER, top_k=1, client="someone")
            print("labelled", flush=True)

asyncio.run(main())
"""


async def parent_of_workers(home: Path, image: Path) -> tuple[asyncio.subprocess.Process, list[int]]:
    """Start a process with a pool; return it and the pids of its workers."""
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT, str(home), str(image)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    pids = [int(pid) for pid in (await line_of(parent)).split()]
    assert len(pids) == 2
    return parent, pids


async def line_of(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout
    return await process.stdout.readline()


async def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    parent, pids = await parent_of_workers(tmp_path, tmp_path)
    parent.kill()
    await parent.wait()
    await until(lambda: not any(map(alive, pids)))


async def test_a_worker_that_decodes_ends_at_once_when_its_parent_is_killed(tmp_path: Path) -> None:
    large = tmp_path / "large.jpg"
    noise = Image.effect_noise((5700, 4200), 60).convert("RGB")
    large.write_bytes(encode(noise, "JPEG", progressive=True, quality=60))
    parent, pids = await parent_of_workers(tmp_path, large)
    assert parent.stdin

    def spent() -> int:
        return sum(cpu_ticks(pid) for pid in pids if alive(pid))

    costs = []
    for _ in range(2):  # the first image also loads the decoder
        before = spent()
        parent.stdin.write(b"\n")
        assert await line_of(parent) == b"labelled\n"
        costs.append(spent() - before)
    before = seen = spent()
    parent.stdin.write(b"\n")
    await until(lambda: spent() > before + costs[1] // 6)
    parent.kill()
    async with asyncio.timeout(HANG_S):
        while any(map(alive, pids)):
            with suppress(FileNotFoundError):  # the process ended in between
                seen = max(seen, spent())
            await asyncio.sleep(0.005)
    await parent.wait()
    assert seen - before < costs[1] / 2, "it did not decode to the end"


async def test_an_installation_whose_workers_die_at_their_start_is_told(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    before = children()
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(WorkerCrashed):
        await InferencePool(store, workers=2).start()
    assert "a worker could not be started: it ended before it was ready" in caplog.text
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(WorkerCrashed):
        await InferencePool(store, workers=1).start()
    assert "a worker could not be started: /nowhere/python: No such file or directory" in caplog.text
    assert children() == before


async def test_a_pool_whose_workers_cannot_be_replaced_fails_fast_until_they_can(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with InferencePool(store, workers=2) as pool:
        python = sys.executable
        with stopped(*pool.worker_pids()):
            waiting = [ask(pool, "red") for _ in range(5)]
            await until(lambda: pool.pending == 5)
            monkeypatch.setattr(sys, "executable", "/bin/false")
            for pid in pool.worker_pids():
                os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(HANG_S):
            outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {WorkerCrashed}
        with pytest.raises(WorkerCrashed):
            await ask(pool, "red")
        monkeypatch.setattr(sys, "executable", python)
        await until(pool.worker_pids)
        assert await answered(ask(pool, "red")) == "red"


async def test_a_worker_that_hangs_at_its_start_is_given_up(
    store: ModelStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = children()
    hanging = tmp_path / "python"
    hanging.write_text("#!/bin/sh\nexec sleep 600\n")
    hanging.chmod(hanging.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(sys, "executable", str(hanging))
    monkeypatch.setattr(worker_slot, "START_TIMEOUT_S", 0.05)
    with pytest.raises(WorkerCrashed):
        await InferencePool(store, workers=1).start()
    assert children() == before


async def test_a_replacement_starts_even_if_a_model_to_warm_up_is_gone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = ModelStore(tmp_path)
    install_colours(store, tmp_path)
    pool = InferencePool(store, workers=1)
    await pool.start(models=["colours"])
    try:
        pids = pool.worker_pids()
        store.remove("colours")
        os.kill(pids[0], signal.SIGKILL)
        await until_replaced(pool, pids)
        answer = await pool.classify(plain("red"), model="starter", top_k=1, client=1)
        assert answer.model == "starter"
    finally:
        await pool.close()
    assert "could not load colours" in caplog.text


async def test_worker_processes_never_load_tensorflow(store: ModelStore) -> None:
    async with InferencePool(store, workers=1) as pool:
        await ask(pool, "red")
        libraries = mapped_files(pool.worker_pids()[0])
    assert "ai_edge_litert" in libraries
    assert "site-packages/tensorflow" not in libraries


async def assert_each_is_answered_while_killing(store: ModelStore, *, kills: int) -> None:
    """Have two workers label photos all the while that one of them is killed, again and again."""
    async with InferencePool(store, workers=2) as pool:
        answers: list[str] = []
        ending = asyncio.Event()

        async def keep_asking(client: str, colour: str) -> None:
            while not ending.is_set():
                answers.append(await answered(ask(pool, colour, side=400, client=client)))

        asking = [asyncio.create_task(keep_asking(str(n), colour)) for n, colour in enumerate(("red", "green") * 4)]
        for round_ in range(kills):
            victim = pool.worker_pids()[round_ % 2]
            os.kill(victim, signal.SIGKILL)
            await until(lambda: victim not in pool.worker_pids() and len(pool.worker_pids()) == 2)  # noqa: B023
            await asyncio.sleep(0.2)
        ending.set()
        await asyncio.gather(*asking)
        assert set(answers) == {"red", "green"}


@pytest.mark.any_host
async def test_every_photo_is_answered_while_workers_are_killed(store: ModelStore) -> None:
    await assert_each_is_answered_while_killing(store, kills=5)


@pytest.mark.slow
async def test_every_photo_is_answered_while_workers_are_killed_for_long(store: ModelStore) -> None:
    await assert_each_is_answered_while_killing(store, kills=60)


async def test_what_is_logged_of_a_worker_does_not_belong_to_a_request(
    store: ModelStore, caplog: pytest.LogCaptureFixture
) -> None:
    request: ContextVar[str] = ContextVar("request", default="none")
    requests = []

    def note(_: logging.LogRecord) -> bool:
        requests.append(request.get())
        return True

    caplog.handler.addFilter(note)
    async with InferencePool(store, workers=1) as pool:
        # As the bot binds an update to its log lines.
        request.set("update 1")
        (first,) = pool.worker_pids()
        await pool.resize(2)
        await until(lambda: len(pool.worker_pids()) == 2)
        (second,) = set(pool.worker_pids()) - {first}
        os.kill(second, signal.SIGKILL)
        await until(lambda: f"worker {second} ended" in caplog.text)
    assert set(requests) == {"none"}
