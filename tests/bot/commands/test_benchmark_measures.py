"""The benchmark of the whole bot, on few photos: that it measures, not what."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from bot.commands import benchmark
from inference import ModelStore
from tests.support.logs import reset_logs
from tests.support.pictures import picture


@pytest.fixture(autouse=True)
def restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, hook = root.handlers[:], root.level, sys.excepthook
    yield
    root.handlers[:], root.level, sys.excepthook = handlers, level, hook
    reset_logs()


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
    ratio, lag = await benchmark.measure_bot(tmp_path, photo, spec, rounds=2)
    assert 0 < ratio.value < 10
    assert ratio.name.startswith("starter: the whole bot")
    assert 0 <= lag.value < 10_000
    assert capfd.readouterr() == ("", "")


def test_no_two_photos_are_alike(photo: Path) -> None:
    photos = benchmark.make_photos(photo, 5)
    assert len(set(photos)) == 5
    with Image.open(io.BytesIO(photos[0])) as image:
        assert image.size == benchmark.PHOTO_SIZE


def test_the_pool_alone_gets_the_size_that_the_bot_fetches(tmp_path: Path) -> None:
    spec = ModelStore(tmp_path).find("starter").spec
    with Image.open(io.BytesIO(benchmark.fetched_size(picture(2), spec))) as image:
        assert image.size == (100, 75)
