"""Accuracy of retrained models on real photos."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.program import Program


@pytest.mark.shared
@pytest.mark.slow
def test_ants_and_bees_are_told_apart_by_a_head_on_mobilenet(program: Program, shared: Path) -> None:
    model, labels = shared / "models/mobilenet_v2_1.0_224_quant.tflite", shared / "models/imagenet_labels.txt"
    assert program("models", "install", model, "--labels", labels, "--name", "mobilenet").status == 0
    done = program("retrain", shared / "data/ants-bees/train", "--base", "mobilenet", "--name", "insects")
    assert done.status == 0, done.err
    assert done.out.startswith("base: mobilenet ")
    evaluated = program("evaluate", "--model", "insects", shared / "data/ants-bees/val", "--split", "all", "--json")
    figures = json.loads(evaluated.out)
    assert figures["images"] == 153
    # 143 of 153; one photo is 0.7 points, and the standard error is 2.
    assert figures["top1"] >= 0.93


@pytest.mark.shared
@pytest.mark.slow
def test_photos_of_neither_ants_nor_bees_are_told_from_both(program: Program, shared: Path, home: Path) -> None:
    assert program("retrain", shared / "data/ants-bees/train", "--name", "insects").status == 0

    def familiar(photos: list[Path]) -> float:
        answers = program("label", "--model", "insects", "--json", *photos).out.splitlines()
        return [json.loads(answer)["familiarity"] >= 0.5 for answer in answers].count(True) / len(photos)

    # Photos that neither the model nor its unrelated embeddings have learnt from.
    raccoons, kangaroos = (sorted((shared / "data/few-shot" / name).iterdir()) for name in ("raccoon", "kangaroo"))
    assert familiar([shared / "images/photos/hot_dog.jpg", *raccoons[::6], *kangaroos[::6]]) <= 0.05
    assert familiar(sorted((shared / "data/ants-bees/val").rglob("*.jpg"))[::5]) >= 0.9
