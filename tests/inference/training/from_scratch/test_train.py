from __future__ import annotations

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

from inference.training.data.dataset import LabelledImages
from inference.training.errors import CheckpointError, DatasetError, TrainingDiverged
from inference.training.from_scratch.augmentation import to_unit_range
from inference.training.from_scratch.config import Phase, TrainingConfig
from inference.training.from_scratch.history import EpochReport, StepReport
from inference.training.from_scratch.train import precision, train
from tests.support.training import CONFIG, coloured_squares, run, tiny_network

# In float32, a resumed run equals an uninterrupted one almost to the last digit.
EXACT = replace(CONFIG, precision="float32", averaging=0.9)


class RecordedImages(np.ndarray[Any, np.dtype[np.uint8]]):
    """Images that write down which of them are asked for, and whose eleventh batch kills the process if so wanted."""

    log: Path
    kill = False
    batches = 0

    def __getitem__(self, chosen: Any) -> Any:
        kind = type(self)
        kind.batches += 1
        if kind.kill and kind.batches == 11:
            os.kill(os.getpid(), signal.SIGKILL)
        with kind.log.open("a") as log:
            log.write(json.dumps(np.asarray(chosen).tolist()) + "\n")
        return np.asarray(self)[chosen]


def recorded_run(directory: Path, *, kill: bool = False) -> tuple[keras.Model, list[EpochReport]]:
    RecordedImages.log, RecordedImages.kill, RecordedImages.batches = directory.with_suffix(".order"), kill, 0
    squares = coloured_squares(96)
    return run(directory, EXACT, training=LabelledImages(squares.images.view(RecordedImages), squares.labels))


def test_training_learns_and_reports_each_epoch_at_its_image_size(tmp_path: Path) -> None:
    _, reports = run(tmp_path)
    assert [(report.epoch, report.image_size) for report in reports] == [(1, 8), (2, 8), (3, 16), (4, 16)]
    assert reports[-1].loss < reports[0].loss
    assert reports[-1].validation_loss < reports[0].validation_loss
    assert reports[-1].top1 > 0.6
    assert [json.loads(line)["epoch"] for line in (tmp_path / "history.jsonl").read_text().splitlines()] == [1, 2, 3, 4]


@pytest.mark.slow
def test_a_run_killed_in_the_middle_of_an_epoch_resumes_to_the_same_weights_by_the_same_images(tmp_path: Path) -> None:
    uninterrupted, reports = recorded_run(tmp_path / "whole")
    command = [sys.executable, "-m", "tests.inference.training.from_scratch.test_train", str(tmp_path / "killed")]
    killed = subprocess.run(command, cwd=Path(__file__).parents[4], timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL
    resumed, later = recorded_run(tmp_path / "killed")

    whole = (tmp_path / "whole.order").read_text().splitlines()
    in_two_parts = (tmp_path / "killed.order").read_text().splitlines()
    # The run had done ten steps, with the last checkpoint after nine.
    assert in_two_parts == whole[:10] + whole[9:]
    assert [report.epoch for report in later] == [2, 3, 4]
    assert later[-1].top1 == reports[-1].top1
    for ours, theirs in zip(resumed.get_weights(), uninterrupted.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    history = [json.loads(line) for line in (tmp_path / "killed" / "history.jsonl").read_text().splitlines()]
    assert [row["epoch"] for row in history] == [1, 2, 3, 4]


def test_a_finished_run_has_nothing_left_to_train(tmp_path: Path) -> None:
    trained, _ = run(tmp_path, EXACT)
    again, reports = run(tmp_path, EXACT)
    assert reports == []
    for ours, theirs in zip(again.get_weights(), trained.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_run_does_not_resume_with_other_settings_or_data(tmp_path: Path) -> None:
    one_epoch = replace(CONFIG, phases=(Phase(8, 1),))
    run(tmp_path, one_epoch)
    with pytest.raises(CheckpointError, match=r"began with: batch_size 16\. Received: batch_size 8"):
        run(tmp_path, replace(one_epoch, batch_size=8))
    with pytest.raises(CheckpointError, match="began with: data "):
        run(tmp_path, one_epoch, training=coloured_squares(96, seed=5))
    with pytest.raises(CheckpointError, match="began with: parameters "):
        run(tmp_path, one_epoch, build=lambda: tiny_network(4))
    run(tmp_path, replace(one_epoch, peak_learning_rate=0.01))


def test_progress_is_reported_with_an_early_look_at_validation_in_the_first_epoch_only(tmp_path: Path) -> None:
    seen: list[StepReport] = []
    run(tmp_path, replace(CONFIG, checkpoint_every_steps=2), progress=seen.append)
    assert [report.step for report in seen] == list(range(2, 25, 2))
    assert all(report.steps == 24 for report in seen)
    # The end of the epoch, after 6 steps, has a report on all validation images.
    assert [report.step for report in seen if report.early_top1 is not None] == [2, 4]


def test_a_network_learns_from_a_teacher_what_the_labels_do_not_say(tmp_path: Path) -> None:
    training = coloured_squares(96)
    # The teacher says green for images with the label red.
    teacher_scores = np.eye(3, dtype=np.float16)[np.where(training.labels == 0, 1, training.labels)]
    model = train(
        tiny_network,
        training,
        coloured_squares(60, seed=1),
        config=replace(CONFIG, teacher_share=1.0),
        directory=tmp_path,
        report=lambda _: None,
        teacher_scores=teacher_scores,
    )
    red = to_unit_range(training.images[training.labels == 0])
    assert np.mean(model.predict(red, verbose=0).argmax(axis=1) == 1) > 0.8


@pytest.mark.parametrize("precise", ["bfloat16", "float32"])
def test_activations_have_the_precision_asked_for_and_weights_are_float32(tmp_path: Path, precise: Any) -> None:
    before = keras.config.dtype_policy().name
    model, _ = run(tmp_path, replace(CONFIG, phases=(Phase(8, 1),), precision=precise))
    assert model.get_layer("conv").compute_dtype == precise
    assert {str(weights.dtype) for weights in model.get_weights()} == {"float32"}
    assert keras.config.dtype_policy().name == before


def test_the_precision_is_that_of_before_when_a_network_cannot_be_built() -> None:
    before = keras.config.dtype_policy().name
    with pytest.raises(ValueError, match="no network"), precision("bfloat16"):
        raise ValueError("no network")
    assert keras.config.dtype_policy().name == before


def test_divergence_stops_with_a_sentence_and_keeps_the_last_good_checkpoint(tmp_path: Path) -> None:
    run(tmp_path, replace(EXACT, phases=(Phase(8, 1),)))
    good = sorted(path.name for path in tmp_path.glob("ckpt-*"))
    (tmp_path / "settings.json").unlink()
    with pytest.raises(TrainingDiverged, match=r"^the loss is (nan|inf) after step \d+: .* lower learning rate"):
        run(tmp_path, replace(EXACT, phases=(Phase(8, 3),), peak_learning_rate=1e30))
    assert sorted(path.name for path in tmp_path.glob("ckpt-*")) == good
    _, reports = run(tmp_path, replace(EXACT, phases=(Phase(8, 3),)))
    assert [report.epoch for report in reports] == [2, 3]


def test_fewer_images_than_a_batch_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"one batch of 500 images, or a smaller batch size\. Received: 96"):
        run(tmp_path, TrainingConfig(phases=(Phase(8, 1),), batch_size=500))


if __name__ == "__main__":
    recorded_run(Path(sys.argv[1]), kill=True)
