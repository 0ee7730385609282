"""The headline of an answer."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.naming.class_names import class_names
from inference.naming.headline import BAR, Headline, choose_headline, find_kind
from inference.naming.kinds import ModelKinds, imagenet_kinds

SYNSETS = tuple(class_names())
BY_NAME = {name: index for index, name in enumerate(class_names().values())}
ROUNDING = 1e-5

# Sparse and dense answers over any classes.
SEEDS = st.integers(0, 2**32 - 1)
CONCENTRATIONS = st.sampled_from([0.001, 0.003, 0.01, 0.1])
BARS = st.sampled_from([0.51, 0.7, 0.8, 0.9, 1.0])
THRESHOLDS = st.sampled_from([0.0, 0.35, 0.75, 0.95, 1.0])


@cache
def imagenet() -> ModelKinds:
    return ModelKinds.of(SYNSETS)


def answer(seed: int, concentration: float) -> npt.NDArray[np.float32]:
    """Probabilities near one class and its relatives, as a network's are."""
    rng = np.random.default_rng(seed)
    spread = rng.dirichlet(np.full(1000, concentration))
    chain = imagenet_kinds()[SYNSETS[rng.integers(1000)]]
    if chain:
        relatives = np.array([chain[rng.integers(len(chain))] in imagenet_kinds()[synset] for synset in SYNSETS])
        near = np.where(relatives, rng.random(1000) ** 8, 0)
        share = rng.random()
        spread = share * near / near.sum() + (1 - share) * spread
    return np.asarray(spread / spread.sum(), np.float32)


def headline_of(
    probabilities: npt.NDArray[np.float32], threshold: float, kinds: ModelKinds, *, bar: float = BAR
) -> Headline:
    """The headline of all probabilities, as a model's answer has it."""
    best = int(probabilities.argmax())
    class_id = kinds.class_ids[best]
    assert class_id is not None
    return choose_headline(class_id, float(probabilities[best]), threshold, find_kind(probabilities, kinds, bar=bar))


def of(**parts: float) -> npt.NDArray[np.float32]:
    """Probabilities by name, the rest spread over all classes."""
    probabilities = np.full(1000, (1 - sum(parts.values())) / 1000, np.float32)
    for name, probability in parts.items():
        probabilities[BY_NAME[name.replace("_", " ")]] += np.float32(probability)
    return probabilities


def test_a_sure_class_is_named() -> None:
    headline = headline_of(of(golden_retriever=0.9), 0.75, imagenet())
    assert (headline.key, headline.level) == ("n02099601", "class")
    assert headline.probability == pytest.approx(0.9, abs=0.001)


def test_breeds_of_cats_are_a_cat() -> None:
    headline = headline_of(of(Egyptian_cat=0.5, tiger_cat=0.17, tabby_cat=0.16), 0.75, imagenet())
    assert (headline.key, headline.level) == ("cat", "kind")
    assert headline.probability == pytest.approx(0.83, abs=0.002)


def test_the_narrowest_kind_that_is_sure_is_named() -> None:
    retrievers = {"golden_retriever": 0.45, "Labrador_retriever": 0.4}
    assert headline_of(of(**retrievers, pug=0.1), 0.75, imagenet()).key == "retriever"
    assert headline_of(of(**retrievers, pug=0.1), 0.75, imagenet(), bar=0.9).key == "dog"
    assert headline_of(of(golden_retriever=0.4, pug=0.2, tabby_cat=0.3), 0.75, imagenet()).key == "mammal"


def test_without_a_sure_kind_the_best_class_is_a_guess() -> None:
    headline = headline_of(of(golden_retriever=0.4, banana=0.3), 0.75, imagenet())
    assert (headline.key, headline.level) == ("n02099601", "unsure")


def test_a_model_of_other_classes_has_no_kinds() -> None:
    kinds = ModelKinds.of(("healthy", "rust"))
    assert headline_of(np.array([0.5, 0.5], np.float32), 0.75, kinds) == Headline("healthy", "unsure", 0.5)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="1000 classes"):
        find_kind(np.zeros(1001, np.float32), imagenet())
    with pytest.raises(ValueError, match="bar"):
        find_kind(np.zeros(1000, np.float32), imagenet(), bar=0.5)


@given(SEEDS, CONCENTRATIONS, THRESHOLDS, BARS)
def test_a_headline_is_as_probable_as_it_must_be(seed: int, concentration: float, threshold: float, bar: float) -> None:
    probabilities = answer(seed, concentration)
    headline = headline_of(probabilities, threshold, imagenet(), bar=bar)
    best = int(probabilities.argmax())
    assert 0 <= headline.probability <= 1
    if headline.level == "class":
        assert headline == Headline(SYNSETS[best], "class", float(probabilities[best]))
        assert headline.probability >= threshold
        return
    assert probabilities[best] < threshold
    sums = dict.fromkeys(imagenet().kinds, 0.0)
    for synset, part in zip(SYNSETS, probabilities.tolist(), strict=True):
        for kind in imagenet_kinds()[synset]:
            sums[kind] += part
    depths = dict(zip(imagenet().kinds, imagenet().depths.tolist(), strict=True))
    if headline.level == "kind":
        assert headline.probability >= bar
        assert headline.probability == pytest.approx(sums[headline.key], abs=ROUNDING)
        narrower = [kind for kind in sums if depths[kind] > depths[headline.key]]
        assert all(sums[kind] < bar + ROUNDING for kind in narrower)
    else:
        assert headline.key == SYNSETS[best]
        assert all(total < bar + ROUNDING for total in sums.values())


@given(SEEDS, CONCENTRATIONS)
def test_kinds_that_share_no_class_sum_to_one_at_most(seed: int, concentration: float) -> None:
    sums = imagenet().probabilities(answer(seed, concentration))
    for depth in set(imagenet().depths.tolist()):
        assert sums[imagenet().depths == depth].sum() <= 1 + ROUNDING


@given(SEEDS, CONCENTRATIONS, BARS, st.floats(0, 1))
def test_a_kind_whose_class_becomes_more_probable_is_not_lost(
    seed: int, concentration: float, bar: float, share: float
) -> None:
    probabilities = answer(seed, concentration)
    before = headline_of(probabilities, 0.95, imagenet(), bar=bar)
    if before.level != "kind":
        return
    members = [index for index, synset in enumerate(SYNSETS) if before.key in imagenet_kinds()[synset]]
    chosen = members[seed % len(members)]
    # The probability is taken from all other classes in equal parts.
    more = probabilities * np.float32(1 - share)
    more[chosen] += np.float32(share)
    after = headline_of(more, 0.95, imagenet(), bar=min(bar, before.probability - ROUNDING))
    narrower = {synset for index in members for synset in (SYNSETS[index], *imagenet_kinds()[SYNSETS[index]])}
    assert after.level != "unsure"
    assert after.key in narrower


@given(SEEDS, CONCENTRATIONS, st.sampled_from([0.51, 0.7, 0.8]))
def test_a_higher_bar_never_names_something_narrower(seed: int, concentration: float, bar: float) -> None:
    probabilities = answer(seed, concentration)
    low = headline_of(probabilities, 0.95, imagenet(), bar=bar)
    high = headline_of(probabilities, 0.95, imagenet(), bar=bar + 0.15)
    if high.level == "kind":
        assert low.level == "kind"
        chains = [chain for chain in imagenet_kinds().values() if low.key in chain]
        assert all(high.key in chain[chain.index(low.key) :] for chain in chains)
