"""Images are assigned to splits by their names, so that other images do not change it."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.training.data.splits import Split, assign_splits, group_images, position_of

names = st.text(min_size=1)
percents = st.floats(0, 100)


def split(images: Sequence[str], *, validation: float, testing: float = 0) -> dict[str, Split]:
    """Split images of one class."""
    shares = {"validation_percent": validation, "testing_percent": testing}
    return assign_splits(group_images(images, {}), dict.fromkeys(images, 0), **shares)


def test_shares_come_out_as_asked() -> None:
    splits = Counter(split([f"ants/{number}.jpg" for number in range(20_000)], validation=10, testing=30).values())
    assert splits["validation"] == pytest.approx(2000, abs=200)
    assert splits["test"] == pytest.approx(6000, abs=300)


def test_known_names_stay_where_they_are() -> None:
    # If these values changed, every user's images would move between the splits.
    splits = split([f"ants/{number}.jpg" for number in range(8)], validation=25, testing=25)
    assert [*splits.values()] == [
        *("train", "validation", "validation", "train", "validation", "validation", "test", "test")
    ]


@given(st.lists(names, min_size=1, unique=True), percents, percents)
def test_validation_grows_without_losing_an_image(images: list[str], first: float, second: float) -> None:
    small, large = sorted((first, second))
    before, after = split(images, validation=small), split(images, validation=large)
    assert all(after[name] == "validation" for name in images if before[name] == "validation")


@given(names, names, percents)
def test_copies_of_a_picture_stay_together(name: str, other: str, percent: float) -> None:
    copies = [f"{name}_nohash_{copy}" for copy in ("1.jpg", "2.png", "turned_nohash_3.jpg")]
    splits = split([*copies, f"{other}.jpg"], validation=percent)
    assert len({splits[copy] for copy in copies}) == 1


def test_only_the_files_own_name_groups_copies() -> None:
    splits = split([f"a_nohash_b/{number}.jpg" for number in range(50)], validation=50)
    assert set(splits.values()) == {"train", "validation"}


@given(names)
def test_letters_spelt_in_two_ways_are_the_same_name(name: str) -> None:
    assert position_of(unicodedata.normalize("NFC", name)) == position_of(unicodedata.normalize("NFD", name))


@given(st.lists(names, min_size=1, unique=True))
def test_an_image_to_learn_from_is_left(images: list[str]) -> None:
    assert set(split(images, validation=0).values()) == {"train"}
    for splits in (split(images, validation=100), split(images, validation=0, testing=100)):
        assert "train" in splits.values()
