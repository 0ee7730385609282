from __future__ import annotations

import pytest

from inference.benchmarks import workers as worker_benchmark
from inference.benchmarks.workers import measure_workers, worker_counts
from inference.errors import ImageError
from inference.models.store import ModelStore
from tests.support.colour_models import plain
from tests.support.processes import children


@pytest.mark.parametrize(
    ("most", "counts"),
    [(1, [1]), (3, [1, 2, 3]), (8, [*range(1, 9)]), (16, [*range(1, 9), 16]), (40, [*range(1, 9), 16, 32, 40])],
)
def test_all_small_numbers_of_workers_are_measured_and_doublings_of_them(most: int, counts: list[int]) -> None:
    assert worker_counts(most) == counts


async def test_each_number_of_workers_has_its_row(store: ModelStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_benchmark, "ROUND_S", 0.02)
    before, told = children(), list[str]()
    one, two = await measure_workers(store, "colours", plain("red"), counts=[1, 2], rounds=2, on_progress=told.append)
    assert (one.workers, two.workers) == (1, 2)
    for row in (one, two):
        assert row.speed.images_per_s > 0
        assert 0 < row.speed.p50_ms <= row.speed.p95_ms
    assert 10 < one.memory_mb < 150
    assert 1.5 < two.memory_mb / one.memory_mb < 2.5
    assert told == [f"Round {number} of 2: {workers}" for number in (1, 2) for workers in ("1 worker", "2 workers")]
    assert children() == before


async def test_a_photo_that_is_none_ends_it(store: ModelStore) -> None:
    before = children()
    with pytest.raises(ImageError):
        await measure_workers(store, "colours", b"no photo", counts=[1], rounds=1, on_progress=len)
    assert children() == before
