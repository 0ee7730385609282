from __future__ import annotations

from pathlib import Path

import pytest

from inference.store import ModelStore
from inference.training.evaluate import evaluate
from inference.training.examples import open_examples


@pytest.mark.slow
@pytest.mark.shared
def test_the_embedded_starter_is_as_good_as_its_model_card_says(shared: Path, tmp_path: Path) -> None:
    examples = open_examples(shared / "data" / "tiny-imagenet", split="validation")
    outcome = evaluate(ModelStore(tmp_path).find("starter"), examples)
    assert outcome.images == 5000
    assert outcome.top1 == pytest.approx(0.561, abs=0.01)
    assert outcome.top5 == pytest.approx(0.800, abs=0.01)
    assert 0.75 < outcome.correct[outcome.scores >= 0.395].mean() < 0.85
    assert outcome.recall.shape == (200,)
