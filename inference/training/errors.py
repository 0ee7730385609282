"""What can go wrong in training.

TrainingError
├── DatasetError        the data lacks what training needs
├── InvalidSetting      a setting of a run is out of its range
├── NotGoodEnough       a model is worse than was asked for, and not installed
├── CheckpointError     a folder's checkpoints are not those of the run that shall go on from them
├── ExportError         a written file does not answer as the model does, or its path is taken
└── TrainingDiverged    the loss or a weight is no longer a number
"""

from __future__ import annotations

from inference.errors import InferenceError


class TrainingError(InferenceError):
    """No model came of it; checkpoints, if there are any, are kept."""


class DatasetError(TrainingError):
    """The data lacks what training needs."""


class InvalidSetting(TrainingError):
    """A setting of a run is out of its range."""

    def __init__(self, setting: str, expected: str, received: object) -> None:
        super().__init__(setting, expected, received)
        self.setting = setting
        self.expected = expected
        self.received = received

    def __str__(self) -> str:
        return f"{self.setting}: expected {self.expected}. Received: {self.received!r}"


class NotGoodEnough(TrainingError):
    """A model's top-1, in [0, 1], is lower than was asked for."""

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
    """A folder's checkpoints are not those of the run that shall go on from them."""


class ExportError(TrainingError):
    """A model was not exported: its path is taken, or what was written does not answer as the model does."""


class TrainingDiverged(TrainingError):
    """The loss or a weight became infinite or not a number; `step` is the number of steps done."""

    def __init__(self, what: str, step: int) -> None:
        super().__init__(what, step)
        self.what = what
        self.step = step

    def __str__(self) -> str:
        advice = "go on from the last checkpoint, or begin again, with a lower learning rate"
        return f"{self.what} after step {self.step}: {advice}"
