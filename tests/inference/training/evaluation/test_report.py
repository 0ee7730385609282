from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from inference.training.evaluation.evaluate import Evaluation
from inference.training.evaluation.report import BLUE, ORANGE, plot_confusion, plot_curves, plot_reliability


def evaluation(truth: Sequence[int], guesses: Sequence[int], classes: int, score: float = 1.0) -> Evaluation:
    rest = (1 - score) / (classes - 1)
    rows = np.where(np.eye(classes)[list(guesses)] == 1, score, rest)
    return Evaluation(rows.astype(np.float32), np.array(truth))


def pixels(path: Path) -> npt.NDArray[np.int16]:
    with Image.open(path) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB")).astype(np.int16)


def share_of(colour: str, picture: npt.NDArray[np.int16]) -> float:
    """Of the pixels that have this colour, or nearly."""
    rgb = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)])
    return float((np.abs(picture - rgb).max(axis=-1) < 24).mean())


def dark_part(picture: npt.NDArray[np.int16]) -> npt.NDArray[np.bool_]:
    """What is dark in the rectangle around the dark cells of a matrix."""
    dark = (picture[..., 2] < 130) & (picture[..., 2] - picture[..., 0] > 60)
    # The colour bar beside the matrix has a small dark part, too.
    columns = np.flatnonzero(dark.mean(axis=0) > 0.2)
    rows = np.flatnonzero(dark[:, columns].mean(axis=1) > 0.2)
    return dark[rows[0] : rows[-1], columns[0] : columns[-1]]


def corners(part: npt.NDArray[np.bool_]) -> list[list[bool]]:
    """Whether it is dark near the corners; there are numbers in the middle of the cells."""
    height, width = part.shape
    return [[bool(part[height * row // 8, width * column // 8]) for column in (1, 7)] for row in (1, 7)]


def test_the_truth_is_a_row_of_the_picture_and_the_guess_a_column(tmp_path: Path) -> None:
    path = tmp_path / "confusion.png"
    plot_confusion(evaluation([0, 1], [0, 1], 2), ["ant", "bee"], path)
    assert corners(dark_part(pixels(path))) == [[True, False], [False, True]]
    plot_confusion(evaluation([0, 1], [1, 0], 2), ["ant", "bee"], path)
    assert corners(dark_part(pixels(path))) == [[False, True], [True, False]]
    plot_confusion(evaluation([0, 1], [0, 0], 2), ["ant", "bee"], path)
    height, width = dark_part(pixels(path)).shape
    assert height > 1.8 * width


@pytest.mark.parametrize("classes", [2, 20, 200])
def test_any_number_of_classes_makes_a_picture_of_bearable_size(tmp_path: Path, classes: int) -> None:
    truth = [*range(classes), 0]
    labels = [f"class {index}" for index in range(classes)]
    plot_confusion(evaluation(truth, [*range(classes), 1], classes), labels, tmp_path / "c.png")
    height, width, _ = pixels(tmp_path / "c.png").shape
    assert 400 < height < 1500
    assert 400 < width < 1500


def test_any_name_can_be_drawn(tmp_path: Path) -> None:
    odd = ["$x_{$", "$", "\u8682\u8681", "\N{ANT}", "%s {x}", "\\frac", "a" * 300]
    for count in (len(odd), 60):
        names = (odd * 9)[:count]
        plot_confusion(evaluation(range(count), [*range(1, count), 0], count), names, tmp_path / f"{count}.png")
        assert share_of("#08306b", pixels(tmp_path / f"{count}.png")) > 0.005


def test_bars_are_as_high_as_the_guesses_are_right(tmp_path: Path) -> None:
    heights = []
    for right in (20, 50, 80):
        plot_reliability(evaluation([0] * right + [1] * (100 - right), [0] * 100, 2, 0.95), tmp_path / "r.png")
        heights.append(share_of(BLUE, pixels(tmp_path / "r.png")))
    assert heights[1] / heights[0] == pytest.approx(2.5, rel=0.15)
    assert heights[2] / heights[0] == pytest.approx(4, rel=0.15)


def test_each_series_of_a_training_is_drawn_where_it_has_values(tmp_path: Path) -> None:
    path = tmp_path / "curves.png"
    rows = [
        {"epoch": epoch, "loss": 3.0 / epoch, "top1": epoch / 10, "image_size": 32 + epoch // 5 * 16}
        for epoch in range(1, 10)
    ]
    plot_curves(rows, path)
    alone = pixels(path)
    assert share_of(BLUE, alone) > 0
    assert share_of(ORANGE, alone) == 0
    plot_curves([row | {"validation_loss": 2.0} if row["epoch"] > 4 else row for row in rows], path)
    half = share_of(ORANGE, pixels(path))
    plot_curves([row | {"validation_loss": 2.0} for row in rows], path)
    assert 0 < half < share_of(ORANGE, pixels(path))
    plot_curves([row | {"learning_rate": 0.1} for row in rows], path)
    assert pixels(path).shape[1] > 1.4 * alone.shape[1]


def test_a_loss_that_is_no_number_leaves_a_gap(tmp_path: Path) -> None:
    plot_curves([{"epoch": 1, "loss": 1.0}, {"epoch": 2, "loss": float("nan")}], tmp_path / "curves.png")
    plot_curves([{"epoch": 1, "loss": float("inf")}, {"epoch": 2, "loss": 1.0}], tmp_path / "curves.png")
    assert share_of(BLUE, pixels(tmp_path / "curves.png")) > 0


def test_a_picture_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "curves.png"
    plot_curves([{"epoch": 1, "loss": 1.0}], path)
    before = path.read_bytes()
    (tmp_path / "curves.png.partial").mkdir()
    with pytest.raises(OSError, match="directory"):
        plot_curves([{"epoch": 1, "loss": 2.0}], path)
    assert path.read_bytes() == before
