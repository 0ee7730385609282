from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from inference.benchmarks.chart import BAR_INCHES, draw_comparison
from inference.training.evaluation.report import DPI
from tests.support.comparisons import comparison
from tests.support.full_disk import small_files_only


def picture_size(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        # An empty chart has few colours.
        assert len(picture.convert("RGB").getcolors(1 << 20) or []) > 50
        return picture.size


def test_the_chart_is_a_picture_that_grows_with_its_bars(tmp_path: Path) -> None:
    few, many = tmp_path / "few.png", tmp_path / "many.png"
    draw_comparison(comparison(workers=1), few)
    draw_comparison(comparison(workers=9), many)
    width, height = picture_size(few)
    assert 1000 < width < 1400
    assert 400 < height < 700
    assert picture_size(many) == (width, height + round(8 * BAR_INCHES * DPI))
    assert sorted(tmp_path.iterdir()) == [few, many]


def test_a_chart_that_does_not_fit_on_the_disk_leaves_nothing(tmp_path: Path) -> None:
    with small_files_only(5000), pytest.raises(OSError, match="too large"):
        draw_comparison(comparison(), tmp_path / "chart.png")
    assert not list(tmp_path.iterdir())
