from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from inference.training.dataset import LabelledImages
from inference.training.errors import DatasetError, TrainingDiverged
from inference.training.train import (
    EpochReport,
    Phase,
    TrainingConfig,
    augment,
    learning_rate,
    soften,
    top_k_accuracy,
    train,
)

CONFIG = TrainingConfig(
    phases=(Phase(8, 2), Phase(16, 2)),
    batch_size=16,
    peak_learning_rate=0.05,
    checkpoint_every_steps=3,
)


def small_network(classes: int = 3) -> keras.Model:
    image = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(image)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, keras.layers.Dense(classes)(x))


def coloured_squares(count: int, seed: int = 0) -> LabelledImages:
    """Three classes that a small network learns at once: mostly red, green or blue."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, count).astype(np.int32)
    images = rng.integers(0, 100, (count, 16, 16, 3)).astype(np.uint8)
    images[np.arange(count), :, :, labels] += 120
    return LabelledImages(images, labels)


class ImagesThatKill(np.ndarray[Any, np.dtype[np.uint8]]):
    """Images whose eleventh batch ends the process that asks for it."""

    batches = 0

    def __getitem__(self, chosen: Any) -> Any:
        type(self).batches += 1
        if type(self).batches == 11:
            os.kill(os.getpid(), signal.SIGKILL)
        return np.asarray(self)[chosen]


def run(
    directory: Path, config: TrainingConfig = CONFIG, training: LabelledImages | None = None
) -> tuple[keras.Model, list[EpochReport]]:
    reports: list[EpochReport] = []
    model = train(
        small_network,
        training or coloured_squares(96),
        coloured_squares(60, seed=1),
        config=config,
        directory=directory,
        report=reports.append,
    )
    return model, reports


def test_training_learns_and_reports_each_epoch_at_its_image_size(tmp_path: Path) -> None:
    _, reports = run(tmp_path)
    assert [(report.epoch, report.image_size) for report in reports] == [(1, 8), (2, 8), (3, 16), (4, 16)]
    assert reports[-1].loss < reports[0].loss
    assert reports[-1].top1 > 0.6
    assert [json.loads(line)["epoch"] for line in (tmp_path / "history.jsonl").read_text().splitlines()] == [1, 2, 3, 4]


def test_a_run_killed_in_the_middle_of_an_epoch_resumes_to_the_same_weights(tmp_path: Path) -> None:
    uninterrupted, reports = run(tmp_path / "whole")
    killed = subprocess.run([sys.executable, __file__, str(tmp_path / "killed")], timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL
    resumed, later = run(tmp_path / "killed")
    assert [report.epoch for report in later] == [2, 3, 4]
    assert later[-1].top1 == pytest.approx(reports[-1].top1, abs=0.02)
    for ours, theirs in zip(resumed.get_weights(), uninterrupted.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_learning_rate_rises_to_its_peak_and_falls_to_zero() -> None:
    config = TrainingConfig(phases=(Phase(8, 5),), peak_learning_rate=1.0, warmup_epochs=1.0)
    rates = [learning_rate(step, 10, 5, config) for step in range(51)]
    assert rates[9] == max(rates) == 1.0
    assert rates[50] == 0.0
    assert all(later <= earlier for earlier, later in itertools.pairwise(rates[10:]))


def test_augmentation_is_a_function_of_its_seed_and_differs_between_images() -> None:
    images = tf.repeat(tf.cast(coloured_squares(1).images, tf.float32), 8, axis=0)
    first = augment(images, 16, tf.constant([0, 5]), 0.75)
    assert first.shape == (8, 12, 12, 3)
    np.testing.assert_array_equal(first, augment(images, 16, tf.constant([0, 5]), 0.75))
    assert len({image.tobytes() for image in first.numpy()}) > 1
    assert not np.allclose(first, augment(images, 16, tf.constant([0, 6]), 0.75))


def test_augmentation_shows_the_pixels_that_evaluation_shows_more_or_less_sharp() -> None:
    image = coloured_squares(1).images[0].astype(np.float32)
    squares = np.stack([image[y : y + 12, x : x + 12] for y in range(5) for x in range(5)])
    squares = np.concatenate([squares, squares[:, :, ::-1]])
    soft = soften(tf.constant(squares)).numpy()
    sharpest = []
    for cropped in augment(tf.constant(np.stack([image] * 16)), 16, tf.constant([3, 4]), 0.75).numpy():
        # The share of the sharp square that explains the result best, for each square there is, and what it leaves.
        along = squares - soft
        shares = ((cropped - soft) * along).sum((1, 2, 3)) / (along**2).sum((1, 2, 3))
        rest = np.abs(soft + shares[:, None, None, None] * along - cropped).max((1, 2, 3))
        assert rest.min() < 0.01
        sharpest.append(shares[rest.argmin()])
    assert 0 <= min(sharpest) < 0.3
    assert 0.7 < max(sharpest) <= 1


def test_softening_keeps_even_areas_and_evens_out_the_finest_pattern() -> None:
    even = tf.fill([1, 4, 4, 3], 7.0)
    np.testing.assert_allclose(soften(even), even)
    stripes = tf.constant(np.tile([[[[0.0]], [[2.0]]]], (1, 3, 4, 3)).astype(np.float32))
    np.testing.assert_allclose(soften(stripes)[:, 1:-1], 1.0)


def test_top_k_accuracy_counts_the_rank_of_the_own_class() -> None:
    image = keras.Input((None, None, 3))
    mean_of_channels = keras.Model(image, keras.layers.GlobalAveragePooling2D()(image))
    images = np.zeros((4, 4, 4, 3), np.uint8)
    images[..., 0], images[..., 1] = 200, 100
    data = LabelledImages(images, np.array([0, 1, 2, 0], np.int32))
    assert top_k_accuracy(mean_of_channels, data, image_size=4, ks=(1, 2, 3)) == (0.5, 0.75, 1.0)


def test_divergence_stops_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(TrainingDiverged, match="lower learning rate"):
        run(tmp_path, TrainingConfig(phases=(Phase(8, 3),), batch_size=16, peak_learning_rate=1e30))


def test_fewer_images_than_a_batch_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"one batch of 500 images\. Received: 96"):
        run(tmp_path, TrainingConfig(phases=(Phase(8, 1),), batch_size=500))


if __name__ == "__main__":
    squares = coloured_squares(96)
    run(Path(sys.argv[1]), training=LabelledImages(squares.images.view(ImagesThatKill), squares.labels))
