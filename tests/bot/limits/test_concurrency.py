"""Fairness between people before the pool, and the memory of images in hand."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.limits.concurrency import ConcurrencyLimit, MemoryBudget


class Work:
    """Counts what is in hand."""

    def __init__(self, limit: ConcurrencyLimit) -> None:
        self.slots = limit
        self.in_hand = 0
        self.most_in_hand = 0
        self.release = asyncio.Event()

    async def __call__(self, client: int) -> None:
        async with self.slots.slot(client):
            self.in_hand += 1
            self.most_in_hand = max(self.most_in_hand, self.in_hand)
            await self.release.wait()
            self.in_hand -= 1


async def started(work: Work, client: int, count: int) -> list[asyncio.Task[None]]:
    tasks = [asyncio.create_task(work(client)) for _ in range(count)]
    await asyncio.sleep(0)
    return tasks


async def test_a_client_has_only_so_many_images_in_hand() -> None:
    work = Work(ConcurrencyLimit(3))
    tasks = await started(work, 1, 10)
    assert work.in_hand == 3
    work.release.set()
    await asyncio.gather(*tasks)
    assert work.most_in_hand == 3


async def test_a_client_whose_turns_are_taken_holds_up_no_other() -> None:
    work = Work(ConcurrencyLimit(3))
    tasks = await started(work, 1, 10)
    tasks += await started(work, 2, 1)
    assert work.in_hand == 4
    work.release.set()
    await asyncio.gather(*tasks)


async def test_cancelled_images_give_their_turns_back_and_nothing_is_kept_of_idle_clients() -> None:
    limit = ConcurrencyLimit(1)
    work = Work(limit)
    holder, waiter, last = await started(work, 1, 3)
    waiter.cancel()
    holder.cancel()
    await asyncio.wait({holder, waiter})
    work.release.set()
    await last
    assert not limit._clients
    assert not limit._tasks


class Images:
    """Takes up memory for images, and knows for which."""

    def __init__(self, budget: MemoryBudget) -> None:
        self.budget = budget
        self.in_hand: list[str] = []
        self.done: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def come(self, client: int, *images: tuple[str, int]) -> None:
        for name, size_bytes in images:
            self.done[name] = asyncio.Event()
            self.tasks[name] = asyncio.create_task(self._hold(client, name, size_bytes))
        await asyncio.sleep(0.01)

    async def go(self, *names: str) -> None:
        for name in names:
            self.done[name].set()
        await asyncio.sleep(0.01)

    async def _hold(self, client: int, name: str, size_bytes: int) -> None:
        async with self.budget.reserve(client, size_bytes):
            self.in_hand.append(name)
            try:
                await self.done[name].wait()
            finally:
                self.in_hand.remove(name)


async def test_images_wait_for_memory_and_clients_take_turns_for_it() -> None:
    images = Images(MemoryBudget(10, 10))
    await images.come(1, ("a", 6), ("b", 4), ("c", 4), ("d", 4))
    await images.come(2, ("e", 4))
    assert images.in_hand == ["a", "b"]
    await images.go("b")
    assert images.in_hand == ["a", "c"]
    await images.go("c")
    assert images.in_hand == ["a", "e"]
    await images.go("e")
    assert images.in_hand == ["a", "d"]
    await images.go("a", "d")
    assert images.in_hand == []


async def test_a_large_image_is_not_starved_by_small_ones() -> None:
    images = Images(MemoryBudget(10, 10))
    await images.come(1, ("a", 5), ("b", 5))
    await images.come(2, ("large", 8))
    await images.come(3, ("small", 1))
    await images.go("a")
    assert images.in_hand == ["b"]
    await images.go("b")
    assert images.in_hand == ["large", "small"]
    await images.go("large", "small")


async def test_a_client_whose_share_is_used_up_holds_up_no_other() -> None:
    images = Images(MemoryBudget(10, 4))
    await images.come(1, ("a", 4), ("b", 4))
    await images.come(2, ("c", 4))
    assert images.in_hand == ["a", "c"]
    await images.go("a")
    assert images.in_hand == ["c", "b"]
    await images.go("b", "c")


async def test_cancelled_images_give_their_memory_back_and_nothing_is_kept_of_idle_clients() -> None:
    budget = MemoryBudget(10, 10)
    images = Images(budget)
    await images.come(1, ("held", 8), ("waiting", 8))
    await images.come(2, ("last", 8))
    images.tasks["waiting"].cancel()
    images.tasks["held"].cancel()
    await asyncio.sleep(0.01)
    assert images.in_hand == ["last"]
    await images.go("last")
    assert not budget._waiting
    assert not budget._held_bytes
    assert budget._free_bytes == 10


async def test_an_image_that_could_never_fit_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="at most 5 bytes"):
        async with MemoryBudget(10, 5).reserve(1, 6):
            pass


@given(
    images=st.lists(st.tuples(st.integers(1, 4), st.integers(0, 5), st.booleans()), max_size=40),
    seed=st.integers(0, 1000),
)
def test_memory_is_never_exceeded_and_everybody_gets_some(images: list[tuple[int, int, bool]], seed: int) -> None:
    async def come_and_go() -> None:
        budget, order = MemoryBudget(8, 5), random.Random(seed)
        held: Counter[int] = Counter()

        async def hold(client: int, size_bytes: int) -> None:
            async with budget.reserve(client, size_bytes):
                held[client] += size_bytes
                assert held.total() <= 8
                assert held[client] <= 5
                for _ in range(order.randrange(4)):
                    await asyncio.sleep(0)
                held[client] -= size_bytes

        tasks = [asyncio.create_task(hold(client, size_bytes)) for client, size_bytes, _ in images]
        for task, (_, _, gives_up) in zip(tasks, images, strict=True):
            await asyncio.sleep(0)
            if gives_up and not held.total():
                task.cancel()
        results = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
        assert all(result is None or isinstance(result, asyncio.CancelledError) for result in results)
        assert budget._free_bytes == 8
        assert not budget._waiting

    asyncio.run(come_and_go())
