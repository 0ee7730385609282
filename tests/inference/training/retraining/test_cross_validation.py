from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inference.training.errors import TrainingDiverged
from inference.training.retraining.cross_validation import MAX_FOLDS, Fold, assign_folds, cross_validate
from inference.training.retraining.embeddings import LabelledEmbeddings
from inference.training.retraining.head import HeadConfig, HeadEpoch, measure

CONFIG = HeadConfig(max_epochs=12)


def clusters(counts: tuple[int, ...], *, spread: float, channels: int = 40) -> LabelledEmbeddings:
    """Embeddings around a centre of each class."""
    random = np.random.default_rng(3)
    truth = np.repeat(np.arange(len(counts)), counts)
    centres = random.normal(size=(len(counts), channels))
    embeddings = centres[truth] + spread * random.normal(size=(len(truth), channels))
    return LabelledEmbeddings(embeddings.astype(np.float32), truth)


def folds_of(data: LabelledEmbeddings, folds: np.ndarray) -> list[Fold]:
    def part(chosen: np.ndarray) -> LabelledEmbeddings:
        return LabelledEmbeddings(data.embeddings[chosen], data.truth[chosen])

    return [Fold(part(folds != fold), part(folds == fold), np.flatnonzero(folds == fold)) for fold in np.unique(folds)]


def validated(data: LabelledEmbeddings, config: HeadConfig = CONFIG) -> tuple[float, list[HeadEpoch]]:
    """The share of photos that heads that did not learn from them get right, and the reports."""
    reports: list[HeadEpoch] = []
    folds = folds_of(data, assign_folds([str(number) for number in range(len(data))], data.truth))
    trained, logits = cross_validate(
        folds, data, classes=2, config=config, report=lambda epoch, _: reports.append(epoch)
    )
    assert trained.epoch == len(trained.history) == len(reports)
    assert logits.shape == (len(data), 2)
    return measure(logits, data.truth)[1], reports


def test_few_photos_are_folds_of_their_own_and_copies_stay_together() -> None:
    truth = np.array([0, 0, 0, 1, 1, 1])
    folds = assign_folds(["a", "b", "a", "c", "d", "e"], truth)
    assert folds[0] == folds[2]
    assert len(set(folds.tolist())) == 5


def test_many_photos_are_spread_evenly_and_no_class_is_in_one_fold() -> None:
    truth = np.repeat([0, 1, 2], (40, 2, 38))
    folds = assign_folds([str(number) for number in range(80)], truth)
    assert np.bincount(folds).tolist() == [4] * MAX_FOLDS
    assert len(set(folds[truth == 1].tolist())) == 2


def test_the_figures_are_those_of_photos_that_were_not_learnt_from() -> None:
    easy, reports = validated(clusters((6, 6), spread=0.3))
    assert easy == reports[-1].validation_accuracy == 1.0
    # Noise can be learnt by heart, but not be recognised.
    noise, reports = validated(clusters((15, 15), spread=50.0))
    assert reports[-1].accuracy == 1.0
    assert noise < 0.75


def test_two_photos_of_each_class_are_enough() -> None:
    share, _ = validated(clusters((2, 2), spread=0.1))
    assert share == 1.0


def test_a_rate_that_diverges_is_not_chosen() -> None:
    data = clusters((9, 9), spread=4.0)
    _, reports = validated(data, replace(CONFIG, learning_rates=(1.0, 1e30)))
    assert {report.learning_rate for report in reports} == {1.0}
    with pytest.raises(TrainingDiverged, match="no learning rate"):
        validated(data, replace(CONFIG, learning_rates=(1e38,), l2=10.0, max_epochs=30))
