from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from inference.models.classifier import Classifier
from inference.models.prediction import best_predictions
from inference.models.store import ModelStore
from inference.training.data.examples import Example
from inference.training.errors import DatasetError
from inference.training.evaluation.evaluate import Evaluation, evaluate
from tests.support.colour_models import install_colours, plain


def evaluation(rows: list[list[float]], truth: list[int]) -> Evaluation:
    return Evaluation(np.array(rows, np.float32), np.array(truth))


SIX = evaluation(
    [
        [0.7, 0.2, 0.1, 0.0],
        [0.3, 0.6, 0.1, 0.0],
        [0.1, 0.9, 0.0, 0.0],
        [0.2, 0.2, 0.6, 0.0],
        [0.5, 0.5, 0.0, 0.0],
        [0.0, 0.2, 0.8, 0.0],
    ],
    [0, 0, 1, 1, 1, 2],
)


def test_rows_of_the_confusion_are_the_truth_and_columns_the_guesses() -> None:
    np.testing.assert_array_equal(
        SIX.confusion,
        [
            [1, 1, 0, 0],
            [1, 1, 1, 0],
            [0, 0, 1, 0],
            [0, 0, 0, 0],
        ],
    )


def test_precision_and_recall_of_each_class_are_not_numbers_where_there_is_nothing_to_count() -> None:
    np.testing.assert_allclose(SIX.precision, [1 / 2, 1 / 2, 1 / 2, np.nan])
    np.testing.assert_allclose(SIX.recall, [1 / 2, 1 / 3, 1, np.nan])
    assert SIX.top1 == 0.5
    np.testing.assert_array_equal(SIX.correct, [True, False, True, False, False, True])
    np.testing.assert_allclose(SIX.scores, [0.7, 0.6, 0.9, 0.6, 0.5, 0.8])


def test_the_calibration_error_is_the_mean_distance_of_score_and_precision_in_ten_bins() -> None:
    bins = evaluation([[0.95, 0.05]] * 8 + [[0.62, 0.38]] * 2, [0] * 4 + [1] * 4 + [0, 1]).calibration
    np.testing.assert_array_equal(bins.counts, [0, 0, 0, 0, 0, 0, 2, 0, 0, 8])
    assert bins.confidence[9] == pytest.approx(0.95)
    assert bins.accuracy[9] == 0.5
    assert np.isnan(bins.accuracy[0])
    assert bins.error == pytest.approx(0.8 * 0.45 + 0.2 * 0.12)


def test_a_score_of_one_falls_into_the_last_bin() -> None:
    bins = evaluation([[1.0, 0.0]], [0]).calibration
    assert bins.counts.tolist() == [0] * 9 + [1]
    assert bins.error == 0


# Multiples of 1/16, like a quantised output, so that many scores are equal.
SCORES = arrays.arrays(np.float32, (5, 8), elements=st.integers(0, 16).map(lambda value: value / 16))


@given(SCORES, st.lists(st.integers(0, 7), min_size=5, max_size=5))
def test_figures_are_those_of_the_answers_that_people_get(scores: np.ndarray, truth: list[int]) -> None:
    answers = [[prediction.index for prediction in best_predictions(row, list("abcdefgh"), 5)] for row in scores]
    outcome = Evaluation(scores, np.array(truth))
    assert outcome.top1 == np.mean([own == answer[0] for own, answer in zip(truth, answers, strict=True)])
    assert outcome.top5 == np.mean([own in answer for own, answer in zip(truth, answers, strict=True)])
    assert outcome.confusion.sum() == 5
    assert np.trace(outcome.confusion) == outcome.correct.sum()


@pytest.mark.parametrize(
    ("rows", "truth", "sentence"),
    [
        ([[0.5, 0.5]], [2], "classes from 0 to 1. Received: 2 to 2"),
        ([[0.5, 0.5]], [-1], "Received: -1"),
        ([[0.5, 0.5]], [0, 1], r"Received: \(1, 2\) and \(2,\)"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(rows: list[list[float]], truth: list[int], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        evaluation(rows, truth)


def test_nothing_to_evaluate_is_an_error() -> None:
    with pytest.raises(DatasetError, match="at least one image"):
        Evaluation(np.zeros((0, 2), np.float32), np.zeros(0, np.int64))


def images(*named: tuple[str, int]) -> Iterator[Example]:
    for number, (colour, label) in enumerate(named):
        yield Example(f"{number}.png", plain(colour), label)


def test_a_model_is_measured_with_the_scores_that_it_answers_with(store: ModelStore) -> None:
    bundle = store.find("colours")
    outcome = evaluate(bundle, images(("red", 0), ("green", 1), ("blue", 2), ("blue", 0)))
    assert outcome.guesses.tolist() == [0, 1, 2, 2]
    assert outcome.top1 == 0.75
    answer = Classifier().classify(plain("green"), bundle, 1).predictions[0]
    assert outcome.scores[1] == pytest.approx(answer.score, abs=1e-7)
    assert outcome.decode_ms.shape == outcome.inference_ms.shape == (4,)
    assert outcome.inference_ms.min() > 0
    assert outcome.images_per_s == pytest.approx(4 / outcome.elapsed_s)


def test_many_images_keep_their_order(store: ModelStore) -> None:
    labels = np.random.default_rng(3).integers(0, 3, 500).tolist()
    outcome = evaluate(store.find("colours"), images(*((("red", "green", "blue")[label], label) for label in labels)))
    assert outcome.truth.tolist() == labels
    assert outcome.top1 == 1


def test_a_damaged_image_is_listed_and_counts_nowhere_else(store: ModelStore) -> None:
    good = list(images(("red", 0), ("green", 1)))
    bad = [Example("cut.png", plain("red")[:60], 0), Example("text.jpg", b"no image", 1)]
    outcome = evaluate(store.find("colours"), [bad[0], *good, bad[1]])
    assert outcome.images == 2
    assert [item.name for item in outcome.skipped] == ["cut.png", "text.jpg"]
    assert "damaged" in outcome.skipped[0].reason
    with pytest.raises(DatasetError, match="none, and 2 that cannot be decoded"):
        evaluate(store.find("colours"), bad)


def test_an_output_without_a_label_is_never_the_answer(tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "home")
    colours = install_colours(store, tmp_path)
    bundle = store.add(colours.spec, network=colours.network, labels=(None, "green", "blue"), replace=True)
    outcome = evaluate(bundle, images(("red", 1), ("green", 1)))
    assert outcome.guesses[0] != 0
    assert outcome.probabilities[0, 0] == 0
    assert outcome.guesses[1] == 1


@pytest.mark.parametrize(
    ("right", "commonest", "images", "better"),
    [
        (0, 5, 10, False),
        (5, 5, 10, False),
        (8, 5, 10, False),  # guessing comes as far in 5.5 % of the trials
        (9, 5, 10, True),
        (4, 2, 4, False),
        (6, 3, 6, True),
        (55, 50, 100, False),
        (60, 50, 100, True),
        (90, 90, 100, False),
        (2600, 2500, 5000, True),
        (10, 10, 10, False),
    ],
)
def test_a_model_is_better_than_guessing_if_chance_seldom_comes_as_far(
    right: int, commonest: int, images: int, better: bool
) -> None:
    truth = np.array([1] * commonest + [0] * (images - commonest))
    guesses = np.where(np.arange(images) < right, truth, 1 - truth)
    found = Evaluation(np.eye(2, dtype=np.float32)[guesses], truth)
    assert found.guessing == max(commonest, images - commonest) / images
    assert found.beats_guessing == better
