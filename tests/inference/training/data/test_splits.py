from __future__ import annotations

import unicodedata
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.training.data.splits import split_of

names = st.text(min_size=1)
percents = st.floats(0, 100)


def test_shares_come_out_as_asked() -> None:
    splits = Counter(
        split_of(f"ants/{number}.jpg", validation_percent=10, testing_percent=30) for number in range(20_000)
    )
    assert splits["validation"] == pytest.approx(2000, abs=200)
    assert splits["test"] == pytest.approx(6000, abs=300)


def test_known_names_stay_where_they_are() -> None:
    # If these values changed, every user's images would move between the splits.
    splits = [split_of(f"ants/{number}.jpg", validation_percent=25, testing_percent=25) for number in range(8)]
    assert splits == ["train", "validation", "validation", "train", "validation", "validation", "test", "test"]


@given(names, percents, percents)
def test_validation_grows_without_losing_an_image(name: str, first: float, second: float) -> None:
    small, large = sorted((first, second))
    if split_of(name, validation_percent=small, testing_percent=0) == "validation":
        assert split_of(name, validation_percent=large, testing_percent=0) == "validation"


@given(names, percents)
def test_copies_of_a_picture_stay_together(name: str, percent: float) -> None:
    splits = {
        split_of(f"{name}_nohash_{copy}", validation_percent=percent, testing_percent=0)
        for copy in ("1.jpg", "2.png", "turned_nohash_3.jpg")
    }
    assert len(splits) == 1


def test_only_the_files_own_name_groups_copies() -> None:
    splits = {split_of(f"a_nohash_b/{number}.jpg", validation_percent=50, testing_percent=0) for number in range(50)}
    assert splits == {"train", "validation"}


@given(names, percents)
def test_letters_spelt_in_two_ways_are_the_same_name(name: str, percent: float) -> None:
    composed, decomposed = unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name)
    assert split_of(composed, validation_percent=percent, testing_percent=0) == split_of(
        decomposed, validation_percent=percent, testing_percent=0
    )


@given(names)
def test_explicit_zeros_and_hundreds_are_obeyed(name: str) -> None:
    assert split_of(name, validation_percent=0, testing_percent=0) == "train"
    assert split_of(name, validation_percent=100, testing_percent=0) == "validation"
    assert split_of(name, validation_percent=0, testing_percent=100) == "test"


@pytest.mark.parametrize(("validation", "testing"), [(-1, 10), (10, -1), (60, 50)])
def test_shares_that_are_none_are_refused(validation: float, testing: float) -> None:
    with pytest.raises(ValueError, match="at most 100 percent together"):
        split_of("a.jpg", validation_percent=validation, testing_percent=testing)
