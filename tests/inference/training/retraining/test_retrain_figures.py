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
    assert figures["top1"] >= 0.94
