"""Answers of the built-in model to photos, from the file to the labels."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

import inference
from inference.models.defaults import DEFAULT_MODEL
from inference.models.labels import imagenet_labels
from tests.support.program import Program

ESPRESSO = Path(inference.__file__).parents[1] / "bot" / "espresso.jpg"


def test_it_labels_from_an_empty_home(program: Program) -> None:
    shown = program("label", "--model", DEFAULT_MODEL, "--top", "3", ESPRESSO)
    assert shown.status == 0
    assert shown.out.startswith("espresso (score = 0.9")
    assert program("models", "show", DEFAULT_MODEL).out.startswith(f"name: {DEFAULT_MODEL}\n")


def shares_right(program: Program, folder: Path) -> tuple[float, float]:
    """Shares of the photos in a folder whose class comes first, and among the first five."""
    with (folder / "labels.csv").open() as file:
        truth = {str(folder / row["file"]): int(row["imagenet_index"]) for row in csv.DictReader(file)}
    lines = program("label", "--model", DEFAULT_MODEL, "--json", *truth).out.splitlines()
    answers = {answer["image"]: [each["index"] for each in answer["predictions"]] for answer in map(json.loads, lines)}
    assert answers.keys() == truth.keys()
    first = sum(answers[photo][0] == index for photo, index in truth.items())
    five = sum(index in answers[photo] for photo, index in truth.items())
    return first / len(truth), five / len(truth)


@pytest.mark.shared
def test_labels_are_those_of_the_photos(shared: Path) -> None:
    for folder in ("imagenet-sample", "imagenet-calibration"):
        with (shared / "images" / folder / "labels.csv").open() as file:
            for row in csv.DictReader(file):
                assert imagenet_labels()[int(row["imagenet_index"])] == row["name"]


@pytest.mark.shared
@pytest.mark.slow
def test_it_is_right_as_often_as_such_a_network_is(program: Program, shared: Path) -> None:
    """On photos from its training, which compare files and say nothing of new photos."""
    sample = shares_right(program, shared / "images" / "imagenet-sample")
    calibration = shares_right(program, shared / "images" / "imagenet-calibration")
    first, five = ((48 * each + 400 * other) / 448 for each, other in zip(sample, calibration, strict=True))
    assert first >= 0.86
    assert five >= 0.96
