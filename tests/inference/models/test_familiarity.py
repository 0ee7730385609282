from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from inference.errors import ModelError
from inference.images.native_library import loaded_library
from inference.models import familiarity as fitting
from inference.models.defaults import DEFAULT_MODEL, STARTER
from inference.models.familiarity import Familiarity, FittedFamiliarity, fit_familiarity
from inference.models.head import Head, decode_head, encode_head
from inference.models.store import ModelStore
from inference.models.unrelated import unrelated_embeddings
from tests.support.colour_models import install_colours

CHANNELS = 30


def photos_of(classes: tuple[int, ...], count: int, *, seed: int = 0) -> npt.NDArray[np.float32]:
    """Embeddings around the centre of each class; the centres are the same for each seed."""
    centres = np.random.default_rng(99).normal(size=(40, CHANNELS))
    noise = np.random.default_rng(seed).normal(size=(len(classes) * count, CHANNELS))
    return np.maximum(5 + 2 * np.repeat(centres[list(classes)], count, axis=0) + 0.6 * noise, 0).astype(np.float32)


UNRELATED = photos_of(tuple(range(2, 22)), 5, seed=1)


def fitted(count: int, unrelated: npt.NDArray[np.float32] = UNRELATED) -> FittedFamiliarity:
    """With the classes 0 and 1."""
    truth = np.repeat([0, 1], count)
    return fit_familiarity(photos_of((0, 1), count), truth, np.arange(len(truth)) % 5, unrelated)


@pytest.mark.parametrize("count", [2, 5, 40])
def test_photos_of_the_classes_are_familiar_and_those_of_others_are_not(count: int) -> None:
    found = fitted(count)
    own = found.familiarity.of(photos_of((0, 1), 100, seed=2))
    others = found.familiarity.of(photos_of(tuple(range(22, 40)), 20, seed=3))
    assert own.dtype == np.float32
    assert (own >= 0.5).mean() > 0.9
    assert (others < 0.5).mean() > 0.9
    assert 0 < others.min() < own.max() < 1


def test_the_figures_hold_for_photos_that_were_not_fitted_on() -> None:
    found = fitted(40)
    own = found.familiarity.of(photos_of((0, 1), 500, seed=4))
    others = found.familiarity.of(photos_of(tuple(range(2, 22)), 50, seed=5))
    assert found.recognised == pytest.approx((own >= 0.5).mean(), abs=0.05)
    assert found.mistaken == pytest.approx((others >= 0.5).mean(), abs=0.05)
    assert found.unrelated == len(UNRELATED)


def test_photos_of_a_class_among_the_unrelated_do_not_make_the_class_unfamiliar() -> None:
    """As dogs are a tenth of ImageNet."""
    found = fitted(40, np.concatenate([UNRELATED, photos_of((0,), 10, seed=6)]))
    assert (found.familiarity.of(photos_of((0,), 100, seed=2)) >= 0.5).mean() > 0.8


def test_other_photos_that_weigh_more_are_mistaken_less() -> None:
    near = (photos_of((0,), 60, seed=7) + photos_of((2,), 60, seed=8)) * np.float32(0.5)
    truth = np.repeat([0, 1], 40)
    own, folds = photos_of((0, 1), 40), np.arange(80) % 5
    unrelated = np.concatenate([UNRELATED, near[:30]])
    half = np.repeat([0.5 / len(UNRELATED), 0.5 / 30], (len(UNRELATED), 30)).astype(np.float32)
    without = fit_familiarity(own, truth, folds, UNRELATED).familiarity.of(near[30:])
    beside = fit_familiarity(own, truth, folds, unrelated, half).familiarity.of(near[30:])
    assert (beside >= 0.5).mean() < 0.5 < (without >= 0.5).mean()


def test_a_fit_keeps_one_core_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    library = loaded_library("libscipy_openblas64_")
    if library is None:
        pytest.skip("needs a NumPy with an OpenBLAS of its own, as its wheels have")
    threads, seen = library.scipy_openblas_get_num_threads64_, []
    normalised = fitting.normalised

    def watched(*arrays: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        seen.append(threads())
        return normalised(*arrays)

    monkeypatch.setattr(fitting, "normalised", watched)
    before = threads()
    library.scipy_openblas_set_num_threads64_(2)
    try:
        fitted(2)
        assert (set(seen), threads()) == ({1}, 2)
    finally:
        library.scipy_openblas_set_num_threads64_(before)


def test_embeddings_that_are_all_the_same_are_fitted_without_an_error() -> None:
    same = np.ones((6, 4), np.float32)
    found = fit_familiarity(same, np.array([0, 1] * 3), np.array([0, 0, 1, 1, 0, 1]), np.ones((5, 4), np.float32))
    assert np.isfinite(found.familiarity.of(same)).all()


def test_a_head_keeps_its_familiarity_and_others_have_none() -> None:
    familiarity = fitted(5).familiarity
    head = Head(np.zeros((CHANNELS, 2), np.float32), np.zeros(2, np.float32), familiarity)
    read = decode_head(encode_head(head)).familiarity
    assert read is not None
    photos = photos_of((0, 5), 4)
    np.testing.assert_array_equal(read.of(photos), familiarity.of(photos))
    assert decode_head(encode_head(replace(head, familiarity=None))).familiarity is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"centre": np.zeros(3, np.float32)},
        {"bias": np.zeros(3, np.float32)},
        {"weights": np.zeros((4, 2))},
        {"bias": np.array([np.nan, 0], np.float32)},
    ],
)
def test_arrays_that_do_not_fit_are_refused(wrong: dict[str, npt.NDArray[np.float32]]) -> None:
    right = {
        "centre": np.zeros(4, np.float32),
        "weights": np.zeros((4, 2), np.float32),
        "bias": np.zeros(2, np.float32),
    }
    familiarity = Familiarity(**right)
    with pytest.raises(ModelError, match="expected a familiarity of"):
        Familiarity(**right | wrong)
    with pytest.raises(ModelError, match="as the head"):
        Head(np.zeros((4, 3), np.float32), np.zeros(3, np.float32), familiarity)


def test_built_in_models_come_with_unrelated_embeddings(home: Path, tmp_path: Path) -> None:
    store = ModelStore(home)
    for name, channels in ((STARTER, 704), (DEFAULT_MODEL, 1280)):
        found = unrelated_embeddings(store.find(name))
        assert found is not None
        assert found.shape == (256, channels)
        assert found.dtype == np.float32
        assert found.min() == 0 < found.std()
    assert unrelated_embeddings(install_colours(store, tmp_path)) is None
