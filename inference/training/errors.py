"""Errors of training.

TrainingError
├── DatasetError        the data is not usable for training
├── InvalidSetting      a setting of a run is out of range
├── NotGoodEnough       the model's accuracy is below the minimum, so the model is not installed
├── CheckpointError     the checkpoints in a folder belong to a run with other settings
├── ExportError         the path is taken, or the written file's answers differ from the model's
└── TrainingDiverged    the loss or a weight is infinite or NaN
"""

from __future__ import annotations

from inference.errors import InferenceError


class TrainingError(InferenceError):
    """The training produced no model. The checkpoints of the run are kept."""


class DatasetError(TrainingError):
    """The data is not usable for training."""


class InvalidSetting(TrainingError):
    """A setting of a run is out of range."""

    def __init__(self, setting: str, expected: str, received: object) -> None:
        super().__init__(setting, expected, received)
        self.setting = setting
        self.expected = expected
        self.received = received

    def __str__(self) -> str:
        return f"{self.setting}: expected {self.expected}. Received: {self.received!r}"


class NotGoodEnough(TrainingError):
    """The top-1 accuracy of a model is below the minimum; both are in [0, 1]."""

    def __init__(self, accuracy: float, min_accuracy: float) -> None:
        super().__init__(accuracy, min_accuracy)
        self.accuracy = accuracy
        self.min_accuracy = min_accuracy

    def __str__(self) -> str:
        return (
            f"expected a top-1 of at least {self.min_accuracy:.1%}. Received: {self.accuracy:.1%}; "
            "the model is not installed"
        )


class CheckpointError(TrainingError):
    """The checkpoints in a folder belong to a run with other settings, data or network."""


class ExportError(TrainingError):
    """A model was not exported: the path is taken, or the written file's answers differ from the model's."""


class TrainingDiverged(TrainingError):
    """The loss or a weight is infinite or NaN; `step` is the number of completed steps."""

    def __init__(self, what: str, step: int) -> None:
        super().__init__(what, step)
        self.what = what
        self.step = step

    def __str__(self) -> str:
        advice = "go on from the last checkpoint, or begin again, with a lower learning rate"
        return f"{self.what} after step {self.step}: {advice}"
