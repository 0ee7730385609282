from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.models.labels import parse_labels
from inference.training.data.classes import match_classes
from inference.training.errors import DatasetError

LABELS = (None, "goldfish, Carassius auratus", "maillot", "maillot, tank suit", "Siamese cat, Siamese", "go-kart")


@pytest.mark.parametrize(
    ("name", "output"),
    [
        ("goldfish, Carassius auratus", 1),
        ("goldfish", 1),
        ("Goldfish", 1),
        ("n01443537 goldfish", 1),
        ("n01443537_goldfish", 1),
        ("n01443537\tgoldfish, Carassius auratus", 1),
        ("maillot", 2),
        ("maillot, tank suit", 3),
        ("Siamese_cat", 4),
        ("  siamese   cat ", 4),
        ("go-kart", 5),
    ],
)
def test_a_class_is_found_by_its_name_or_its_first_synonym(name: str, output: int) -> None:
    assert match_classes([name], LABELS) == (output,)


def test_classes_come_in_any_order_and_need_not_be_all() -> None:
    assert match_classes(["go-kart", "goldfish"], LABELS) == (5, 1)


@given(st.permutations(range(5)))
def test_labels_in_another_order_find_themselves(order: list[int]) -> None:
    labels = ["ant", "bee", "cat", "dog, hound", "dog, cur"]
    assert list(match_classes([labels[index] for index in order], labels)) == order


def test_what_the_model_does_not_know_is_named_with_the_nearest_label() -> None:
    with pytest.raises(DatasetError, match=r"2 of 3 without: 'goldfisch', 'ant'; the nearest label .* 'goldfish'"):
        match_classes(["goldfisch", "maillot", "ant"], LABELS)


def test_a_long_list_of_unknown_classes_is_cut() -> None:
    with pytest.raises(DatasetError, match=r"12 of 12 without: 'x0', 'x1', 'x2', 'x3', 'x4' and 7 more$"):
        match_classes([f"x{number}" for number in range(12)], LABELS)


def test_one_name_for_several_outputs_is_refused() -> None:
    with pytest.raises(DatasetError, match="Received several for: 'crane'"):
        match_classes(["ant", "crane"], ["crane", "ant", "crane"])


def test_a_few_classes_that_happen_to_be_in_order_do_not_decide() -> None:
    with pytest.raises(DatasetError, match="several for: 'crane'"):
        match_classes(["crane", "tabby"], ["crane", "tabby", "crane"])


@pytest.mark.shared
def test_classes_in_the_order_of_imagenet_tell_its_two_cranes_apart(shared: Path) -> None:
    labels = parse_labels((shared / "models" / "imagenet_labels.txt").read_text(), 1001)
    names = [label for label in labels if label is not None]
    assert labels.count("crane") == 2
    assert match_classes(names, labels) == tuple(range(1, 1001))

    tiny = (shared / "data" / "tiny-imagenet" / "labels.txt").read_text().splitlines()
    machine = match_classes(tiny, labels)[[name.split("\t")[1] for name in tiny].index("crane")]
    # The bird is n02012849, between geese and pelicans; the machine is n03126707.
    assert labels[machine - 1] == "cradle"
