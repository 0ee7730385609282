"""Taught classes on embeddings that are drawn around the centre of each class."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.errors import ModelError
from inference.teaching.reference import Reference
from inference.teaching.taught_classes import TaughtClasses
from tests.support.examples import examples

CHANNELS = 40


def photos_of(thing: int, count: int, *, seed: int = 0, noise: float = 1.0) -> npt.NDArray[np.float32]:
    """Embeddings around the centre of a thing, which is the same for each seed."""
    centre = np.random.default_rng(thing + 1000).normal(size=CHANNELS)
    random = np.random.default_rng(seed * 997 + thing)
    return (5 + 2 * centre + noise * random.normal(size=(count, CHANNELS))).astype(np.float32)


def others_of(seed: int, things: range = range(100, 180)) -> npt.NDArray[np.float32]:
    return np.concatenate([photos_of(thing, 3, seed=seed) for thing in things])


REFERENCE = Reference.of(others_of(1))


@pytest.mark.parametrize("count", [1, 3, 5, 25])
def test_new_photos_get_their_names_and_those_of_other_things_get_none(count: int) -> None:
    taught = TaughtClasses.fit({"Rex": photos_of(0, count), "Max": photos_of(1, count)}, REFERENCE)
    for thing, name in enumerate(("Rex", "Max")):
        found = [taught.recognise(photo) for photo in photos_of(thing, 50, seed=2)]
        assert np.mean([bool(scores) and scores[0].name == name for scores in found]) > 0.9
        assert all(0 < score.probability < 1 for scores in found for score in scores)
    unseen = others_of(3, range(200, 280))
    assert np.mean([bool(taught.recognise(photo)) for photo in unseen]) < 0.05


def test_the_report_says_how_good_a_class_is() -> None:
    taught = TaughtClasses.fit(
        {"Rex": photos_of(0, 6), "Max": photos_of(1, 1), "Rx": photos_of(0, 4, seed=5)}, REFERENCE
    )
    rex, single = taught.reports["Rex"], taught.reports["Max"]
    assert (rex.photos, rex.held_out, rex.nearest, rex.outliers, rex.method) == (6, 6, "Rx", (), "mean")
    # Photos of the same thing are in both classes.
    assert 0 < rex.recognised <= 6
    assert (single.photos, single.held_out, single.recognised) == (1, 0, 0)
    alone = TaughtClasses.fit({"Rex": photos_of(0, 6)}, REFERENCE).reports["Rex"]
    assert (alone.recognised, alone.held_out, alone.nearest) == (6, 6, None)


def test_a_photo_of_something_else_is_an_outlier_from_five_photos_on() -> None:
    wrong = photos_of(150, 1, seed=7)
    for right, outliers in ((3, ()), (6, (6,))):
        photos = np.concatenate([photos_of(0, right), wrong])
        report = TaughtClasses.fit({"Rex": photos}, REFERENCE).reports["Rex"]
        assert report.outliers == outliers
        assert report.held_out == right + 1
        assert report.recognised <= right


def test_from_twenty_photos_of_each_class_a_head_is_compared_and_the_better_is_used() -> None:
    few = TaughtClasses.fit({"Rex": photos_of(0, 20), "Max": photos_of(1, 19)}, REFERENCE).reports["Rex"]
    assert (few.method, few.mean_accuracy, few.head_accuracy) == ("mean", None, None)
    photos = {"Rex": photos_of(0, 60, noise=6), "Max": photos_of(1, 60, noise=6)}
    taught = TaughtClasses.fit(photos, REFERENCE)
    report = taught.reports["Rex"]
    assert report.mean_accuracy is not None
    assert report.head_accuracy is not None
    assert report.method == ("head" if report.head_accuracy > report.mean_accuracy else "mean")
    # The figures hold for photos that nothing learnt from.
    ranks = [taught.scores(photos_of(place, 400, seed=11, noise=6))[1].argmax(axis=1) == place for place in (0, 1)]
    assert max(report.mean_accuracy, report.head_accuracy) == pytest.approx(np.mean(ranks), abs=0.1)


@settings(max_examples=examples(60), deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(1, 7), st.booleans()), max_size=4),
    st.sampled_from([0.0, 1e-6, 1.0, 1e6]),
)
def test_any_photos_give_finite_probabilities_and_true_counts(
    classes: list[tuple[int, int, bool]], scale: float
) -> None:
    """Also identical photos, the same photos in two classes, zeros, and a single photo."""
    photos = {}
    for number, (thing, count, identical) in enumerate(classes):
        rows = np.repeat(photos_of(thing, 1), count, axis=0) if identical else photos_of(thing, count)
        photos[f"class {number}"] = (rows * scale).astype(np.float32)
    taught = TaughtClasses.fit(photos, REFERENCE)
    assert taught.names == tuple(photos)
    for name, rows in photos.items():
        report = taught.reports[name]
        assert report.photos == len(rows)
        assert 0 <= report.recognised <= report.held_out <= len(rows)
        for score in taught.recognise(rows[0]):
            assert 0 < score.probability < 1
    assert np.isfinite(taught.scores(others_of(4))[0]).all()


def test_no_probability_is_above_that_of_a_better_class() -> None:
    taught = TaughtClasses.fit({str(n): photos_of(0, n, seed=n, noise=2) for n in range(1, 9)}, REFERENCE)
    for photo in photos_of(0, 30, seed=20):
        probabilities = [score.probability for score in taught.recognise(photo)]
        assert probabilities == sorted(probabilities, reverse=True)


@pytest.mark.parametrize(
    "wrong", [np.full((1, CHANNELS), np.nan), np.zeros((1, CHANNELS - 1)), np.zeros((0, CHANNELS)), np.zeros(CHANNELS)]
)
def test_what_is_no_embedding_of_the_base_is_refused(wrong: npt.NDArray[np.float64]) -> None:
    with pytest.raises(ModelError, match=r"^Rex: expected .*Received"):
        TaughtClasses.fit({"Rex": wrong.astype(np.float32)}, REFERENCE)
    taught = TaughtClasses.fit({"Rex": photos_of(0, 1)}, REFERENCE)
    with pytest.raises(ModelError, match=r"^expected .*Received"):
        taught.recognise(wrong.astype(np.float32).reshape(-1)[: CHANNELS - 1])


def test_a_reference_needs_numbers() -> None:
    for wrong in (np.zeros((1, 3)), np.full((4, 3), np.inf), np.zeros(3)):
        with pytest.raises(ModelError, match=r"^expected .*Received"):
            Reference.of(wrong.astype(np.float32))
    with pytest.raises(ModelError, match="last layer"):
        Reference.of(np.ones((4, 3), np.float32), last_layer=np.ones((2, 4), np.float32))
