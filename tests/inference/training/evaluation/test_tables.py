from __future__ import annotations

import numpy as np

from inference.training.evaluation.evaluate import Evaluation
from inference.training.evaluation.tables import format_classes, format_confusion, worst_pairs


def evaluation(truth: list[int], guesses: list[int], classes: int) -> Evaluation:
    return Evaluation(np.eye(classes, dtype=np.float32)[guesses], np.array(truth))


FEW = evaluation([0, 0, 0, 1, 1, 2], [0, 1, 1, 1, 1, 2], 3)
NAMES = ("ant, emmet, pismire", "bee", "cat")


def test_each_class_has_a_line_with_precision_and_recall() -> None:
    assert format_classes(FEW, NAMES).splitlines() == [
        "class  images  precision  recall",
        "ant         3     100.0%   33.3%",
        "bee         2      50.0%  100.0%",
        "cat         1     100.0%  100.0%",
    ]


def test_few_classes_have_the_whole_matrix() -> None:
    assert format_confusion(FEW, NAMES).splitlines() == [
        "truth \\ guess  1  2  3",
        " 1 ant         1  2  .",
        " 2 bee         .  2  .",
        " 3 cat         .  .  1",
    ]


def test_classes_without_images_share_a_column() -> None:
    outcome = evaluation([0, 0, 2], [0, 1, 2], 5)
    assert format_confusion(outcome, (*NAMES, None, "dog")).splitlines() == [
        "truth \\ guess  1  2  others",
        " 1 ant         1  .       1",
        " 2 cat         .  1       .",
    ]
    assert [line.split()[0] for line in format_classes(outcome, (*NAMES, None, "dog")).splitlines()] == [
        "class",
        "ant",
        "cat",
    ]


def test_a_class_that_is_never_guessed_has_no_precision() -> None:
    assert format_classes(evaluation([0, 1], [1, 1], 2), NAMES[:2]).splitlines()[1].split() == ["ant", "1", "-", "0.0%"]


def test_of_many_classes_the_worst_are_told() -> None:
    truth = [index for index in range(30) for _ in range(4)]
    guesses = list(truth)
    guesses[4 * 7 : 4 * 7 + 3] = [8, 8, 8]
    guesses[4 * 9] = 20
    many, names = evaluation(truth, guesses, 30), [f"class {index}" for index in range(30)]
    classes = format_classes(many, names).splitlines()
    assert len(classes) == 21
    assert classes[0].startswith("worst 20 of 30 classes")
    assert classes[1].split() == ["class", "7", "4", "100.0%", "25.0%"]
    assert classes[2].split() == ["class", "9", "4", "100.0%", "75.0%"]
    assert format_confusion(many, names).splitlines() == [
        "class    taken for  images  of its images",
        "class 7  class 8         3          75.0%",
        "class 9  class 20        1          25.0%",
    ]


def test_the_pair_that_is_confused_most_comes_first() -> None:
    pairs = worst_pairs(evaluation([0, 0, 0, 1, 1], [1, 1, 2, 0, 1], 3), NAMES)
    assert [(pair.truth, pair.guess, pair.images) for pair in pairs] == [
        ("ant", "bee", 2),
        ("ant", "cat", 1),
        ("bee", "ant", 1),
    ]
    assert pairs[0].share == 2 / 3


def test_long_names_are_cut() -> None:
    name = "a name that is much longer than a table of the terminal bears"
    row = format_classes(evaluation([0, 1], [0, 1], 2), (name, "bee")).splitlines()[1]
    assert row.startswith("a name that is much longer than…")
