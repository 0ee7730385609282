from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from inference.training.augmentation import to_unit_range
from inference.training.dataset import LabelledImages
from inference.training.errors import DatasetError, TrainingDiverged
from inference.training.train import (
    EpochReport,
    Phase,
    TrainingConfig,
    blend,
    learning_rate,
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


def test_a_blended_target_keeps_its_sum_where_the_teacher_sees_what_the_student_has_no_class_for() -> None:
    target, taught = np.array([[0.0, 1.0]], np.float32), np.array([[0.5, 0.1]], np.float32)
    np.testing.assert_allclose(blend(target, taught, 0.5), [[0.25, 0.75]])
    np.testing.assert_allclose(blend(target, taught, 0.0), target)


def test_a_network_learns_from_a_teacher_what_the_labels_do_not_say(tmp_path: Path) -> None:
    training = coloured_squares(96)
    # The teacher calls green what the labels call red.
    taught = np.eye(3, dtype=np.float16)[np.where(training.labels == 0, 1, training.labels)]
    reports: list[EpochReport] = []
    model = train(
        small_network,
        training,
        coloured_squares(60, seed=1),
        config=replace(CONFIG, teacher_share=1.0),
        directory=tmp_path,
        report=reports.append,
        taught=taught,
    )
    red = to_unit_range(training.images[training.labels == 0])
    assert np.mean(model.predict(red, verbose=0).argmax(axis=1) == 1) > 0.8


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
