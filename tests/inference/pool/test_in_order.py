from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import aclosing

from inference.pool.in_order import in_order


async def test_results_come_in_the_order_of_the_items_though_the_last_is_done_first() -> None:
    done: list[int] = []
    gates = [asyncio.Event() for _ in range(3)]

    async def work(number: int) -> int:
        if number < 2:
            await gates[number + 1].wait()
        done.append(number)
        gates[number].set()
        return number * 10

    results = [(item, task.result()) async for item, task in in_order(work, range(3), in_flight=3)]
    assert done == [2, 1, 0]
    assert results == [(0, 0), (1, 10), (2, 20)]


async def test_no_more_items_are_taken_than_there_is_room_for() -> None:
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        while taken < 7:
            taken += 1
            yield taken

    async def work(number: int) -> int:
        return number

    finished = 0
    async for _ in in_order(work, items(), in_flight=2):
        assert taken <= finished + 2
        finished += 1
    assert finished == 7


async def test_a_failure_is_told_with_its_item_and_the_others_go_on() -> None:
    async def work(number: int) -> float:
        return 1 / number

    failed = [item async for item, task in in_order(work, [1, 0, 2], in_flight=2) if task.exception()]
    assert failed == [0]


async def test_what_is_under_way_is_cancelled_when_one_stops_early() -> None:
    cancelled: list[int] = []

    async def work(number: int) -> None:
        try:
            await asyncio.sleep(0 if number == 0 else 60)
        except asyncio.CancelledError:
            cancelled.append(number)
            raise

    async with aclosing(in_order(work, range(3), in_flight=3)) as results:
        async for _ in results:
            break
    assert cancelled == [1, 2]
