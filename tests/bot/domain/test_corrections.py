"""Votes on answers: who decides, and how sure the share of right answers is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.corrections import Correction, Tally, standing_of, wilson_interval

ASKER, OTHER, THIRD = 1, 2, 3


def vote(voter_id: int, is_right: bool, label: str | None = None) -> Correction:
    return Correction(-5, 7, "starter", "v1", voter_id, ASKER, "sure", "class:fox", is_right, label)


@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    [
        # R's prop.test(..., correct = FALSE) and binom's binom.confint(..., methods = "wilson").
        (0, 10, 0.0, 0.2775),
        (81, 263, 0.2553, 0.3662),  # Newcombe (1998), table I
        (15, 148, 0.0624, 0.1605),  # the same
        (1, 29, 0.0061, 0.1718),  # the same
        (20, 20, 0.8389, 1.0),
    ],
)
def test_intervals_are_those_of_the_literature(right: int, total: int, low: float, high: float) -> None:
    found = wilson_interval(right, total)
    assert list(found) == pytest.approx([low, high], abs=1e-4)


@given(total=st.integers(1, 10_000), data=st.data())
def test_an_interval_holds_its_share_and_stays_within_all_and_nothing(total: int, data: st.DataObject) -> None:
    right = data.draw(st.integers(0, total))
    low, high = wilson_interval(right, total)
    assert 0 <= low <= right / total <= high <= 1


def test_of_a_few_photos_no_share_is_told() -> None:
    assert Tally("starter", "v1", "sure", 19, 0, 50).share is None
    assert Tally("starter", "v1", "sure", 19, 1, 0).share == 0.95


def test_whoever_asked_names_what_is_right() -> None:
    votes = [vote(OTHER, False, "class:wolf"), vote(ASKER, False, "class:dog"), vote(THIRD, True)]
    assert (standing_of(votes).right, standing_of(votes).wrong, standing_of(votes).label) == (1, 2, "class:dog")


def test_without_the_asker_all_must_agree() -> None:
    wolf, dog = vote(OTHER, False, "class:wolf"), vote(THIRD, False, "class:dog")
    assert standing_of([wolf]).label == "class:wolf"
    assert standing_of([wolf, dog]).label is None
    assert standing_of([]).label is None
