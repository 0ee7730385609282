"""The benchmark of the pool with a tiny network; the measured values are not checked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Literal

import pytest
from PIL import Image

from inference.benchmarks import machine as benchmark
from inference.benchmarks.machine import Figure
from inference.models.store import ModelStore
from tests.support.colour_models import plain
from tests.support.processes import children


@pytest.mark.parametrize(
    ("value", "goal", "better", "met"),
    [
        (0.95, 0.95, "higher", True),
        (0.94, 0.95, "higher", False),
        (0.24, 0.25, "lower", True),
        (0.25, 0.25, "lower", False),
    ],
)
def test_a_goal_is_met_on_its_better_side(
    value: float, goal: float, better: Literal["higher", "lower"], met: bool
) -> None:
    assert Figure("name", value, "x", goal, better).met is met


async def test_both_sides_of_each_ratio_label_the_photo(
    store: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benchmark, "ROUND_S", 0.05)
    photo = tmp_path / "photo.png"
    photo.write_bytes(plain("red", 400))
    before = children()
    loops, single = await benchmark.measure_model(store, "colours", photo, rounds=2)
    assert loops.value > 0
    assert single.value > 0
    assert children() == before


async def test_a_workers_memory_is_what_it_has_above_a_bare_python(store: ModelStore, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(plain("red"))
    memory = await benchmark.measure_worker_memory(store, "colours", photo)
    assert 10 < memory.value < 150


async def test_the_peak_of_a_programs_memory_is_its_own_and_not_that_of_this_process() -> None:
    ballast = bytearray(200_000_000)
    small = await benchmark.launch(sys.executable, "-c", "pass")
    large = await benchmark.launch(sys.executable, "-c", "bytearray(100_000_000)")
    assert small.peak_bytes < 60_000_000 < len(ballast)
    assert 100_000_000 < large.peak_bytes < 160_000_000
    assert large.seconds > 0


async def test_a_program_that_fails_is_not_measured() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        await benchmark.launch(sys.executable, "-c", "raise SystemExit(3)")


def test_the_photo_is_as_large_as_a_phones(tmp_path: Path) -> None:
    sample, photo = tmp_path / "sample.png", tmp_path / "photo.jpg"
    sample.write_bytes(plain("red"))
    benchmark.make_photo(sample, photo)
    with Image.open(photo) as image:
        assert (image.size, image.format) == ((3024, 4032), "JPEG")
