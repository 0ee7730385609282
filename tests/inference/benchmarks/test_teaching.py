"""The benchmark of taught classes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from inference.models.store import ModelStore
from tests.support.colour_models import install_colours
from tests.support.program import Program


def draw(folder: Path, count: int, colour: tuple[int, int, int]) -> None:
    folder.mkdir(parents=True)
    for number in range(count):
        red, green, blue = colour
        Image.new("RGB", (8, 8), (red, (green + 9 * number) % 256, blue)).save(folder / f"{number}.png")


@pytest.fixture
def photos(program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    install_colours(ModelStore(program.home), tmp_path)
    monkeypatch.chdir(tmp_path)
    draw(tmp_path / "classes" / "red", 8, (250, 0, 0))
    draw(tmp_path / "classes" / "blue", 8, (0, 0, 250))
    draw(tmp_path / "others", 16, (120, 20, 120))
    return tmp_path


def test_each_number_of_photos_gets_a_row(program: Program, photos: Path) -> None:
    done = program("benchmark", "colours", "--teaching", "classes", "--unrelated", "others", "--json")
    assert (done.status, done.err) == (0, "")
    *rows, last = map(json.loads, done.out.splitlines())
    assert [row["shots"] for row in rows] == [1, 3, 5]
    for row in rows:
        for name in ("plain", "nearest", "ridge", "plain_recognised", "plain_mistaken"):
            assert 0 <= row[name] <= 1
        assert row["accuracy"][0] - row["plain"] == pytest.approx(row["gain"][0])
    assert last["later_photo_cpu_ms"] > 0
    table = program("benchmark", "colours", "--teaching", "classes", "--unrelated", "others").out.splitlines()
    assert table[0].endswith(": blue, red; 16 unrelated photos, half of them judge")
    assert len(table) == 6


def test_too_little_to_measure_with_is_refused(program: Program, photos: Path) -> None:
    for arguments, reason in (
        (["--teaching", "classes"], "expected --unrelated beside it"),
        (["--teaching", "classes/red", "--unrelated", "others"], "expected two folders of two photos or more"),
        (["--teaching", "classes", "--unrelated", "empty"], "none that can be read"),
    ):
        (photos / "empty").mkdir(exist_ok=True)
        refused = program("benchmark", "colours", *arguments)
        assert refused.status != 0
        assert reason in " ".join(refused.err.replace("│", " ").split())
