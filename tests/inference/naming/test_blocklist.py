"""What a blocklist leaves of an answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inference import (
    Blocklist,
    Classification,
    KindScore,
    Prediction,
    Timings,
    class_key,
    covers,
    kind_key,
    name_of_key,
)
from inference.naming.kinds import imagenet_kinds, wider_kinds

GOLDEN, LABRADOR, TABBY, ESPRESSO, CUP = "n02099601", "n02099712", "n02123045", "n07920052", "n07930864"


def seen(*classes: tuple[str, float], kind: KindScore | None = None, threshold: float = 0.75) -> Classification:
    predictions = tuple(Prediction(class_id, score, rank, class_id) for rank, (class_id, score) in enumerate(classes))
    return Classification("starter", "v", predictions, threshold, Timings(1.0, 1.0), kind)


def said(classification: Classification, *keys: str) -> tuple[str, str, list[str]]:
    """The level and the name of the headline, and the ids of the classes that are left."""
    left = classification.without(Blocklist(keys))
    assert left is not None
    return left.headline.level, left.headline_name().name, [found.class_id for found in left.predictions]


DOG = seen((GOLDEN, 0.9), (LABRADOR, 0.05), (TABBY, 0.02), kind=KindScore("retriever", 0.95))


def test_a_class_that_is_not_blocked_stays_the_headline() -> None:
    assert said(DOG, f"class:{LABRADOR}") == ("class", "golden retriever", [GOLDEN, TABBY])


def test_a_blocked_class_gives_way_to_its_kind() -> None:
    assert said(DOG, f"class:{GOLDEN}") == ("kind", "retriever", [LABRADOR, TABBY])


def test_a_blocked_kind_stands_for_all_that_is_in_it() -> None:
    assert said(DOG, "kind:dog") == ("kind", "mammal", [TABBY])
    left = DOG.without(Blocklist(["kind:mammal"]))
    assert left is not None
    assert (left.headline.key, left.headline.probability, left.predictions) == ("animal", 0.95, ())


def test_a_wider_kind_that_is_blocked_blocks_the_narrower_ones() -> None:
    assert DOG.without(Blocklist(["kind:animal"])) is None


@pytest.mark.parametrize("threshold", [0.3, 0.75])
def test_the_second_best_is_never_sure(threshold: float) -> None:
    drink = seen((ESPRESSO, 0.6), (CUP, 0.35), threshold=threshold)
    assert said(drink, f"class:{ESPRESSO}")[0] == "unsure"


def test_nothing_may_be_left() -> None:
    assert seen((ESPRESSO, 0.6)).without(Blocklist([f"class:{ESPRESSO}"])) is None


def test_no_kind_is_left_of_an_unfamiliar_image() -> None:
    unfamiliar = replace(DOG, familiarity=0.1)
    assert said(unfamiliar, f"class:{GOLDEN}") == ("unsure", "Labrador retriever", [LABRADOR, TABBY])
    assert unfamiliar.without(Blocklist(["kind:mammal"])) is None


def test_classes_without_an_id_are_known_by_their_labels() -> None:
    bee = Classification("bees", "v", (Prediction("bee", 0.9, 0),), 0.5, Timings(1.0, 1.0))
    assert bee.without(Blocklist(["class:bee"])) is None


def test_keys_have_names_in_each_language() -> None:
    assert name_of_key("kind:dog", "de") == "Hund"
    assert name_of_key(f"class:{ESPRESSO}", "en") == "espresso"
    assert name_of_key("class:Pepper,_bell___healthy", "de") == "Pepper, bell - healthy"
    assert name_of_key("kind:gone", "en") == "gone"


def test_wider_kinds_continue_the_chains_of_the_classes() -> None:
    for narrowest, *wider in (chain for chain in imagenet_kinds().values() if chain):
        assert wider_kinds()[narrowest] == tuple(wider)


@pytest.mark.parametrize(
    ("key", "other", "is_covered"),
    [
        (class_key(GOLDEN), class_key(GOLDEN), True),
        (class_key(GOLDEN), class_key(LABRADOR), False),
        (kind_key("dog"), class_key(GOLDEN), True),
        (kind_key("cat"), class_key(GOLDEN), False),
        (kind_key("dog"), kind_key("retriever"), True),
        (kind_key("retriever"), kind_key("dog"), False),
        (class_key(GOLDEN), kind_key("dog"), False),
        (kind_key("dog"), class_key("a label of one's own"), False),
    ],
)
def test_a_kind_covers_its_classes_and_narrower_kinds(key: str, other: str, is_covered: bool) -> None:
    assert covers(key, other) is is_covered
