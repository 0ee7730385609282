"""How a run goes, and what each epoch brought, kept beside its checkpoints."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

HISTORY_FILE = "history.jsonl"


@dataclass(frozen=True, slots=True)
class EpochReport:
    """What one epoch brought; the accuracies are those over the whole validation set.

    Attributes:
        epoch: its number, from 1.
        image_size: side of the images, in pixels.
        learning_rate: of the epoch's last step.
        loss: mean over the epoch's steps, or those since the run was resumed within it.
        validation_loss: mean cross entropy of the validation images with their labels.
        top1, top5: share of the validation images whose class is the best guess, or among the best five, in [0, 1].
        images_per_s: of training.
    """

    epoch: int
    image_size: int
    learning_rate: float
    loss: float
    validation_loss: float
    top1: float
    top5: float
    images_per_s: float


@dataclass(frozen=True, slots=True)
class StepReport:
    """How far a run has come.

    Attributes:
        step: number of steps done.
        steps: of the whole run.
        loss: mean over the last steps.
        learning_rate: of the last step.
        images_per_s: of training, in the last steps.
        early_top1: share of some validation images whose class is the best guess, in [0, 1]; only with a checkpoint
            that is written before the first epoch has ended, else None.
    """

    step: int
    steps: int
    loss: float
    learning_rate: float
    images_per_s: float
    early_top1: float | None


class History:
    """The reports of a run, in a file of one JSON object a line."""

    def __init__(self, directory: Path, *, epochs_done: int) -> None:
        """Go on from an existing file.

        Args:
            directory: of the run.
            epochs_done: reports of later epochs are dropped; they are trained again from an earlier checkpoint.
        """
        self._file = directory / HISTORY_FILE
        self._rows = [row for row in read_history(directory) if row["epoch"] <= epochs_done]

    def add(self, report: EpochReport) -> None:
        """Add a report; a reader sees the file before or after it.

        Raises:
            OSError: the file cannot be written.
        """
        self._rows.append(asdict(report))
        partial = self._file.with_suffix(".partial")
        partial.write_text("".join(f"{json.dumps(row)}\n" for row in self._rows), encoding="utf-8")
        partial.replace(self._file)


def read_history(directory: Path) -> list[Mapping[str, float]]:
    """The reports of a run so far, one row an epoch; none where it has not come to one."""
    file = directory / HISTORY_FILE
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []
