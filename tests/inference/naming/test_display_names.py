"""Names derived from the labels of any model."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.naming.display_names import display_names, make_unique

LABELS = st.lists(st.none() | st.text(st.sampled_from("ab1_, -.(n)"), min_size=1, max_size=12), max_size=12)
FOLDERS = st.lists(st.from_regex(r"n[0-9]{8}[-_][A-Za-z]{1,6}", fullmatch=True), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (["macaw", "tench, Tinca tinca"], ("macaw", "tench")),
        (["n02085620-Chihuahua", "n02099601-golden_retriever"], ("Chihuahua", "golden retriever")),
        (["n02085620 Chihuahua", "n02099601"], ("Chihuahua", "n02099601")),
        (
            ["Pepper,_bell___healthy", "Pepper,_bell___Bacterial_spot", "Tomato___Late_blight"],
            ("Pepper, bell - healthy", "Pepper, bell - Bacterial spot", "Tomato - Late blight"),
        ),
        (
            ["Pepper, bell, green", "Pepper, bell, red", "Leek, raw"],
            ("Pepper, bell, green", "Pepper, bell, red", "Leek"),
        ),
        (["maillot", "maillot, tank suit"], ("maillot", "maillot, tank suit")),
        (["crane", "crane", None], ("crane", "crane (2)", None)),
        (["crane", "crane (2)", "crane"], ("crane", "crane (2)", "crane (3)")),
        (["001.Black_footed_Albatross", "002.Laysan_Albatross"], ("Black footed Albatross", "Laysan Albatross")),
        (["7 up", "cola"], ("7 up", "cola")),
        (["7 up"], ("7 up",)),
        (["2 cv", "2 euro"], ("2 cv", "2 euro")),
        (["___", ","], ("___", ",")),
        (["кот_домашний"], ("кот домашний",)),
    ],
)
def test_names_of_labels(labels: list[str | None], names: tuple[str | None, ...]) -> None:
    assert display_names(labels) == names


@given(LABELS)
def test_no_two_names_are_the_same_and_each_label_has_one(labels: list[str | None]) -> None:
    names = display_names(labels)
    assert [name is None for name in names] == [label is None for label in labels]
    shown = [name for name in names if name is not None]
    assert len(set(shown)) == len(shown)
    assert all(shown)


@given(st.lists(st.from_regex(r"[a-z]+( [a-z]+)?(, [a-z]+)*", fullmatch=True), unique=True, max_size=8))
def test_a_name_is_the_beginning_of_its_label_unless_it_is_numbered(labels: list[str]) -> None:
    for label, name in zip(labels, display_names(labels), strict=True):
        assert name is not None
        assert label.startswith(name.partition(" (")[0])


@given(FOLDERS)
def test_ids_and_underscores_are_not_shown(folders: list[str]) -> None:
    for name in display_names(folders):
        assert name is not None
        assert "_" not in name
        assert not name.startswith("n0")


@given(LABELS)
def test_unique_names_stay(labels: list[str | None]) -> None:
    names = make_unique(labels)
    assert make_unique(names) == names
    if len(set(labels)) == len(labels):
        assert names == tuple(labels)
