"""Reports of a run: its progress, and its results per epoch, which are stored beside the checkpoints."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from inference.errors import naming

HISTORY_FILE = "history.jsonl"


@dataclass(frozen=True, slots=True)
class EpochReport:
    """Results of one epoch.

    Attributes:
        epoch: number of the epoch, from 1.
        image_size: side of the images, in pixels.
        learning_rate: learning rate of the epoch's last step.
        loss: mean training loss of the epoch's steps; if the run was resumed within the epoch, the steps before are not
            included.
        validation_loss: mean cross entropy over all validation images.
        top1: share of all validation images whose class is the best guess, in [0, 1].
        top5: share of all validation images whose class is among the five best guesses, in [0, 1].
        images_per_s: speed of training, in images per second.
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
    """Progress of a run.

    Attributes:
        step: number of steps done.
        steps: number of steps of the whole run.
        loss: mean training loss of the steps since the last report.
        learning_rate: learning rate of the last step.
        images_per_s: speed of training since the last report, in images per second.
        early_top1: top-1 on a sample of the validation images, in [0, 1], if the report belongs to a checkpoint within
            the first epoch; else None.
    """

    step: int
    steps: int
    loss: float
    learning_rate: float
    images_per_s: float
    early_top1: float | None


class History:
    """The reports of a run, in a file with one JSON object per line."""

    def __init__(self, directory: Path, *, epochs_done: int) -> None:
        """Read the existing reports of a run.

        Args:
            directory: folder of the run.
            epochs_done: number of completed epochs; reports of later epochs are dropped, since these epochs are trained
                again.
        """
        self._file = directory / HISTORY_FILE
        self._rows = [row for row in read_history(directory) if row["epoch"] <= epochs_done]

    def add(self, report: EpochReport) -> None:
        """Add a report; the file is replaced in one step.

        Raises:
            OSError: the file cannot be written.
        """
        self._rows.append(asdict(report))
        partial = self._file.with_suffix(".partial")
        with naming(self._file):
            partial.write_text("".join(f"{json.dumps(row)}\n" for row in self._rows), encoding="utf-8")
        partial.replace(self._file)


def read_history(directory: Path) -> list[Mapping[str, float]]:
    """Return the reports of a run so far, one row per completed epoch."""
    file = directory / HISTORY_FILE
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []
