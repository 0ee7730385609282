from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from inference.training.from_scratch.history import EpochReport, History, read_history

REPORT = EpochReport(
    epoch=1,
    image_size=32,
    learning_rate=0.1,
    loss=2.0,
    validation_loss=2.5,
    top1=0.2,
    top5=0.6,
    images_per_s=100.0,
)


def test_reports_are_read_as_they_were_added(tmp_path: Path) -> None:
    assert read_history(tmp_path) == []
    history = History(tmp_path, epochs_done=0)
    history.add(REPORT)
    history.add(replace(REPORT, epoch=2, top1=0.4))
    assert [(row["epoch"], row["top1"], row["image_size"]) for row in read_history(tmp_path)] == [
        (1, 0.2, 32),
        (2, 0.4, 32),
    ]


def test_a_resumed_run_reports_again_on_epochs_whose_checkpoint_it_lost(tmp_path: Path) -> None:
    history = History(tmp_path, epochs_done=0)
    history.add(REPORT)
    history.add(replace(REPORT, epoch=2))
    History(tmp_path, epochs_done=1).add(replace(REPORT, epoch=2, top1=0.5))
    assert [(row["epoch"], row["top1"]) for row in read_history(tmp_path)] == [(1, 0.2), (2, 0.5)]
