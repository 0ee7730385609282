from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from inference.training.calibrate import choose_threshold


def test_the_threshold_is_the_lowest_score_with_the_wanted_precision() -> None:
    scores = [0.9, 0.8, 0.7, 0.6, 0.5]
    assert choose_threshold(scores, [True, True, False, True, False], precision=0.75) == 0.6
    assert choose_threshold(scores, [True, True, False, True, False], precision=1.0) == 0.8
    assert choose_threshold(scores, [False] * 5, precision=0.8) == 1.0


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.3, 0.5, 0.7, 0.9]), st.booleans()), min_size=1))
def test_guesses_at_or_above_the_threshold_have_the_wanted_precision(guesses: list[tuple[float, bool]]) -> None:
    scores, correct = zip(*guesses, strict=True)
    threshold = choose_threshold(scores, correct, precision=0.8)
    above = [right for score, right in guesses if score >= threshold]
    assert threshold == 1.0 or sum(above) / len(above) >= 0.8
