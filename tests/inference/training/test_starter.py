from __future__ import annotations

from pathlib import Path

import pytest

from bot.sample import sample
from inference.models.classifier import Classifier
from inference.models.store import ModelStore
from inference.training.data.examples import open_examples
from inference.training.evaluation.evaluate import evaluate


@pytest.mark.slow
@pytest.mark.shared
def test_the_embedded_starter_is_as_good_as_its_model_card_says(shared: Path, tmp_path: Path) -> None:
    examples = open_examples(shared / "data" / "tiny-imagenet", split="validation")
    starter = ModelStore(tmp_path).find("starter")
    outcome = evaluate(starter, examples)
    assert outcome.images == 5000
    assert outcome.top1 == pytest.approx(0.561, abs=0.01)
    assert outcome.top5 == pytest.approx(0.800, abs=0.01)
    assert 0.78 < outcome.correct[outcome.scores >= starter.spec.threshold].mean() < 0.82
    assert outcome.calibration.error < 0.03
    assert outcome.recall.shape == (200,)


def test_the_starter_knows_the_sample_photo(tmp_path: Path) -> None:
    starter = ModelStore(tmp_path).find("starter")
    answer = Classifier().classify(sample().read_bytes(), starter, 1)
    assert answer.predictions[0].name == "espresso"
    assert answer.predictions[0].score > starter.spec.threshold
