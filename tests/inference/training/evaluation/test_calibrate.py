from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.catalog.install import install_file
from inference.compiler.model import CompileOptions
from inference.errors import ModelError
from inference.models.bundle import Bundle, content_version, read_head, read_labels
from inference.models.engine import load_engine, softmax
from inference.models.store import ModelStore
from inference.training.evaluation.calibrate import (
    apply_temperature,
    calibrated,
    choose_threshold,
    fit_temperature,
    store_calibration,
)
from inference.training.evaluation.evaluate import Evaluation
from tests.support.colour_models import install_colours, install_head
from tests.support.graphs import colour_graph


def sampled(images: int, classes: int, *, sharpness: float) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Logits that are `sharpness` times what they should be: the truth is drawn from the softmax of the others."""
    random = np.random.default_rng(7)
    logits = random.normal(0, 2, (images, classes))
    truth = (softmax(logits).cumsum(axis=1) < random.random((images, 1))).sum(axis=1)
    return (logits * sharpness).astype(np.float32), np.minimum(truth, classes - 1)


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 2.0, 3.0])
def test_the_temperature_takes_back_how_much_too_sharp_the_scores_are(sharpness: float) -> None:
    logits, truth = sampled(4000, 20, sharpness=sharpness)
    assert fit_temperature(softmax(logits), truth) == pytest.approx(sharpness, rel=0.05)


@pytest.mark.parametrize("sharpness", [1.5, 2.0])
def test_scores_that_were_rounded_to_zero_do_not_outweigh_the_others(sharpness: float) -> None:
    logits, truth = sampled(4000, 20, sharpness=sharpness)
    rounded = (np.round(softmax(logits) * 256) / 256).astype(np.float32)
    assert (rounded[np.arange(4000), truth] == 0).mean() > 0.005
    fitted = apply_temperature(rounded, fit_temperature(rounded, truth))
    assert Evaluation(fitted, truth).calibration.error < 0.05


@pytest.mark.parametrize("images", [1, 10, 100])
def test_a_model_that_is_right_on_few_images_does_not_become_certain_of_everything(images: int) -> None:
    probabilities = np.tile(np.array([[0.8, 0.2]], np.float32), (images, 1))
    temperature = fit_temperature(probabilities, np.zeros(images, np.int64))
    assert 0.25 < temperature < 1
    assert apply_temperature(probabilities, temperature).max() < 0.997


@given(st.lists(st.lists(st.floats(0.001, 1), min_size=4, max_size=4), min_size=1), st.floats(0.3, 5))
def test_a_temperature_leaves_the_order_of_the_guesses(rows: list[list[float]], temperature: float) -> None:
    scores = np.array(rows)
    probabilities = (scores / scores.sum(axis=1, keepdims=True)).astype(np.float32)
    after = apply_temperature(probabilities, temperature)
    best = after.max(axis=1)
    np.testing.assert_allclose(after.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(after[np.arange(len(after)), probabilities.argmax(axis=1)], best, rtol=1e-5)


def test_calibration_lowers_the_calibration_error(store: ModelStore) -> None:
    logits, truth = sampled(4000, 20, sharpness=2.0)
    before = Evaluation(softmax(logits), truth)
    spec, after = calibrated(replace(store.find("colours").spec, classes=20), before)
    assert spec.temperature == pytest.approx(2.0, rel=0.05)
    assert after.calibration.error < 0.02 < 0.1 < before.calibration.error
    assert after.top1 == before.top1
    sure = after.scores >= spec.threshold
    assert after.correct[sure].mean() == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize(("sharpness", "classes"), [(0.6, 200), (1.5, 20), (2.0, 20)])
@pytest.mark.parametrize("levels", [256, None])
def test_a_second_calibration_changes_nothing(
    store: ModelStore, sharpness: float, classes: int, levels: int | None
) -> None:
    logits, truth = sampled(4000, classes, sharpness=sharpness)
    scores = softmax(logits)
    if levels is not None:
        scores = (np.round(scores * levels) / levels).astype(np.float32)
    first, after = calibrated(replace(store.find("colours").spec, classes=classes), Evaluation(scores, truth))
    second, still = calibrated(first, after)
    assert second.temperature == pytest.approx(first.temperature, abs=0.002)
    assert second.threshold == pytest.approx(first.threshold, abs=0.002)
    assert still.calibration.error == pytest.approx(after.calibration.error, abs=0.002)


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return install_colours(ModelStore(tmp_path / "home"), tmp_path)


def test_what_is_stored_is_what_the_engine_applies(bundle: Bundle, tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "home")
    pixels = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), np.uint8)
    before = load_engine(bundle).run(pixels).probabilities
    evaluation = Evaluation(before, np.array([0, 1, 2, 0, 1]))
    spec, after = calibrated(bundle.spec, evaluation)
    stored = store_calibration(store, bundle, spec)
    assert stored.spec.version != bundle.spec.version
    assert stored.spec == replace(spec, version=content_version(stored))
    np.testing.assert_allclose(load_engine(stored).run(pixels).probabilities, after.probabilities, atol=1e-6)

    once_more = store_calibration(store, stored, replace(stored.spec, temperature=2.0))
    expected = apply_temperature(after.probabilities, 2.0 / stored.spec.temperature)
    np.testing.assert_allclose(load_engine(once_more).run(pixels).probabilities, expected, atol=1e-6)


def test_all_other_files_of_a_model_stay(bundle: Bundle, tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "home")
    head = install_head(store, bundle, "red", 0)
    kept = store.add(
        head.spec,
        network=head.directory / "model.tflite",
        labels=read_labels(head),
        head=read_head(head),
        extras={"MODEL_CARD.md": b"# red", "network.keras": b"\x00\x01"},
        replace=True,
    )
    stored = store_calibration(store, kept, replace(kept.spec, temperature=1.5))
    assert sorted(path.name for path in stored.directory.iterdir()) == [
        "MODEL_CARD.md",
        "head.npz",
        "labels.txt",
        "model.json",
        "model.tflite",
        "network.keras",
    ]
    assert (stored.directory / "MODEL_CARD.md").read_bytes() == b"# red"
    assert read_labels(stored) == ("red", "not red")
    assert stored.spec.base == "colours"
    # The models share one network file on the disk.
    assert (stored.directory / "model.tflite").samefile(bundle.directory / "model.tflite")


@pytest.mark.slow
def test_a_graph_that_tensorflow_runs_stays_a_graph(tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "home")
    graph = tmp_path / "graph.pb"
    graph.write_bytes(colour_graph().SerializeToString())
    labels = tmp_path / "labels.txt"
    labels.write_text("red\ngreen\nblue\n")
    options = CompileOptions(input_range=(-1, 1), engine="tensorflow")
    installed = install_file(store, graph, labels=labels, name="graph", options=options)
    content = installed.network.read_bytes()
    stored = store_calibration(store, installed, replace(installed.spec, temperature=1.5))
    assert stored.network.name == "graph.pb"
    assert stored.network.read_bytes() == content
    assert stored.spec.temperature == 1.5


def test_a_model_that_was_replaced_meanwhile_stays_as_it_is(bundle: Bundle, tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "home")
    newer = install_colours(store, tmp_path, labels=("crimson", "green", "blue"))
    with pytest.raises(ModelError, match="installed meanwhile"):
        store_calibration(store, bundle, replace(bundle.spec, temperature=2.0))
    assert store.find("colours") == newer


def test_the_threshold_is_the_lowest_score_with_the_wanted_precision() -> None:
    scores = [0.9, 0.8, 0.7, 0.6, 0.5]
    assert choose_threshold(scores, [True, True, False, True, False], precision=0.75) == 0.6
    assert choose_threshold(scores, [True, True, False, True, False], precision=1.0) == 0.8
    assert choose_threshold(scores, [False] * 5, precision=0.8) == 1.0


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.3, 0.5, 0.7, 0.9]), st.booleans()), min_size=1))
def test_guesses_at_or_above_the_threshold_have_the_wanted_precision(guesses: list[tuple[float, bool]]) -> None:
    scores, correct = zip(*guesses, strict=True)
    threshold = choose_threshold(scores, correct, precision=0.8)
    above = [right for score, right in guesses if score >= threshold]
    assert threshold == 1.0 or sum(above) / len(above) >= 0.8
