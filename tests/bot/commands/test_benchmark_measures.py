"""The benchmark of the whole bot, on few photos: that it measures, not what."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from rich.console import Console

from bot.commands import benchmark
from bot.commands.benchmark_report import COLUMNS, table
from inference import ModelStore
from inference.benchmarks.figure import Figure
from tests.support.logs import restored_logging
from tests.support.pictures import picture


@pytest.fixture(autouse=True)
def _logs() -> Iterator[None]:
    with restored_logging():
        yield


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(picture(1))
    return path


@pytest.mark.slow
async def test_the_bot_is_measured_against_its_pool(
    tmp_path: Path, photo: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(benchmark, "PHOTOS_PER_TURN", 16)
    spec = ModelStore(tmp_path).find("starter").spec
    cost, ratio, lag = await benchmark.measure_bot(tmp_path, photo, spec, rounds=2)
    assert 0 < cost.value < 100
    assert cost.name.endswith("a minimal bot of aiogram")
    assert 0 < ratio.value < 10
    assert ratio.name.startswith("starter: photos a second, the whole bot")
    assert 0 <= lag.value < 10_000
    assert [len(figure.turns) for figure in (cost, ratio, lag)] == [2, 2, 2]
    assert capfd.readouterr() == ("", "")


async def test_without_aiogram_the_bot_is_measured_against_its_pool_alone(
    tmp_path: Path, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benchmark, "find_spec", lambda _: None)
    async with benchmark.minimal_bot(tmp_path, ModelStore(tmp_path).find("starter").spec, []) as minimal:
        assert minimal is None


def test_a_table_of_figures_fits_eighty_columns_and_tells_of_each_what_it_means() -> None:
    figures = [
        Figure("CPU time a photo, " + "a long name " * 8, (0.9, 1.0, 1.1, 1.2, 1.3), "x", 1.5, "lower", "1 / 2 ms"),
        Figure("time that busy workers wait", (1.0, 2.0, 9.0, 2.5, 2.6), "%", 3, "lower"),
        Figure("memory", (120.4,), "MB", 150, "lower", "130 - 10 MB", repeatable=True),
    ]
    lines = print_table(figures).splitlines()
    assert max(map(len, lines)) <= COLUMNS
    results = [line.rstrip().rpartition("  ")[2] for line in lines]
    assert [result for result in results if result in {"met", "missed", "too noisy"}] == ["met", "too noisy", "met"]
    assert any("1.100 x" in line and "<= 1.5 x" in line for line in lines)
    assert any("0.900 to 1.300" in line for line in lines)
    assert any("120 MB" in line and "<= 150 MB" in line for line in lines)


def print_table(figures: list[Figure]) -> str:
    output = io.StringIO()
    Console(file=output, width=COLUMNS).print(table(figures))
    return output.getvalue()


def test_no_two_photos_are_alike(photo: Path) -> None:
    photos = benchmark.make_photos(photo, 5)
    assert len(set(photos)) == 5
    with Image.open(io.BytesIO(photos[0])) as image:
        assert image.size == benchmark.PHOTO_SIZE


def test_the_pool_alone_gets_the_size_that_the_bot_fetches(tmp_path: Path) -> None:
    spec = ModelStore(tmp_path).find("starter").spec
    with Image.open(io.BytesIO(benchmark.fetched_size(picture(2), spec))) as image:
        assert image.size == (100, 75)
