"""What can go wrong in training.

TrainingError
├── DatasetError        the data lacks what training needs
├── NetworkError        a network's archive or its blocks are not what was expected
└── TrainingDiverged    the loss is no longer a number
"""

from __future__ import annotations

from inference.errors import InferenceError


class TrainingError(InferenceError):
    """No model came of it; checkpoints, if there are any, are kept."""


class DatasetError(TrainingError):
    """The data lacks what training needs."""


class NetworkError(TrainingError):
    """A network's archive cannot be read, or its layers are not what was expected."""


class TrainingDiverged(TrainingError):
    """The loss became infinite or not a number."""

    def __init__(self, loss: float, step: int) -> None:
        super().__init__(loss, step)
        self.loss = loss
        self.step = step

    def __str__(self) -> str:
        return f"the loss is {self.loss} at step {self.step}: go on from the last checkpoint with a lower learning rate"
