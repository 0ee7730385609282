from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from inference.models.prediction import Classification, Prediction, Timings, best_predictions
from inference.naming.headline import Headline, KindScore

SCORES = hnp.arrays(np.float32, st.integers(1, 40), elements=st.floats(0, 1, width=32))


@given(SCORES, st.integers(1, 50), st.data())
def test_top_k_are_the_best_labelled_scores(scores: np.ndarray, k: int, data: st.DataObject) -> None:
    labels = data.draw(st.lists(st.none() | st.text(min_size=1), min_size=len(scores), max_size=len(scores)))
    best = best_predictions(scores, labels, k)
    chosen = [prediction.index for prediction in best]
    rest = {index for index, label in enumerate(labels) if label is not None} - set(chosen)
    assert len(best) == min(k, sum(label is not None for label in labels))
    assert all(prediction.label == labels[prediction.index] for prediction in best)
    assert all(prediction.score == scores[prediction.index] for prediction in best)
    assert chosen == sorted(chosen, key=lambda index: (-scores[index], index))
    assert all(scores[index] <= best[-1].score for index in rest)


def test_equal_scores_keep_the_order_of_the_outputs() -> None:
    assert [p.label for p in best_predictions(np.full(4, 0.25, np.float32), ["a", None, "b", "c"], 2)] == ["a", "b"]


def test_k_must_be_positive() -> None:
    with pytest.raises(ValueError, match=r"at least 1\. Received: 0"):
        best_predictions(np.zeros(2, np.float32), ["a", "b"], 0)


@pytest.mark.parametrize("shape", [(3,), (1, 2), ()])
def test_there_must_be_a_score_for_each_label(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"expected scores of shape \(2,\)"):
        best_predictions(np.zeros(shape, np.float32), ["a", "b"], 1)


@pytest.mark.parametrize(
    ("label", "name"), [("tabby, tabby cat", "tabby"), ("tench", "tench"), ("hot dog , red hot", "hot dog")]
)
def test_without_other_names_the_first_synonym_is_the_name(label: str, name: str) -> None:
    assert Prediction(label, 0.5, 0).name == name


def test_a_name_is_the_models_own_or_that_of_imagenets_class() -> None:
    dog = Prediction("golden retriever", 0.5, 0, "n02099601", {"fr": "golden"})
    assert [dog.name_in(language) for language in ("en", "pt-BR", "fr", "xx")] == [
        "golden retriever", "golden retriever", "golden", "golden retriever",
    ]  # fmt: skip
    plant = Prediction("Pepper,_bell___healthy", 0.5, 0, "Pepper,_bell___healthy", {"en": "Pepper, bell - healthy"})
    assert plant.name == plant.name_in("de") == "Pepper, bell - healthy"


@pytest.mark.parametrize(
    ("score", "kind", "headline", "phrase"),
    [
        (0.8, KindScore("dog", 0.9), Headline("n02099601", "class", 0.8), "golden retriever"),
        (0.7, KindScore("dog", 0.9), Headline("dog", "kind", 0.9), "a dog"),
        (0.7, None, Headline("n02099601", "unsure", 0.7), "golden retriever"),
        (0.7, KindScore("of another version", 0.9), Headline("of another version", "kind", 0.9), "of another version"),
    ],
)
def test_a_headline_is_a_class_or_else_a_kind(
    score: float, kind: KindScore | None, headline: Headline, phrase: str
) -> None:
    best = Prediction("golden retriever", score, 0, "n02099601")
    answer = Classification("m", "0" * 12, (best,), 0.75, Timings(1.0, 2.0), kind)
    assert answer.headline == headline
    assert answer.headline_name().phrase == phrase


@pytest.mark.parametrize(("familiarity", "level"), [(None, "class"), (0.5, "class"), (0.49, "unsure")])
def test_nothing_is_sure_of_an_image_of_none_of_the_classes(familiarity: float | None, level: str) -> None:
    best = Prediction("golden retriever", 0.9, 0, "n02099601")
    answer = Classification("m", "0" * 12, (best,), 0.75, Timings(1.0, 2.0), KindScore("dog", 0.95), None, familiarity)
    assert answer.headline.level == level
    assert answer.unfamiliar == (level == "unsure")
    assert answer.headline.probability == pytest.approx(0.9 * familiarity if answer.unfamiliar and familiarity else 0.9)


@pytest.mark.parametrize(("score", "level"), [(0.29, "unsure"), (0.3, "class"), (0.9, "class")])
def test_an_answer_is_sure_from_the_threshold_on(score: float, level: str) -> None:
    answer = Classification("starter", "0" * 12, (Prediction("tench", score, 0),), 0.3, Timings(1.0, 2.0))
    assert answer.headline.level == level


def test_the_times_add_up() -> None:
    assert Timings(decode_ms=1.0, inference_ms=2.0).total_ms == 3.0
    assert Timings(decode_ms=1.0, inference_ms=2.0, queue_ms=4.0).total_ms == 7.0
