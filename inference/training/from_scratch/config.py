"""The settings of a training run, which are checked when they are created."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal, get_args

from inference.training.errors import InvalidSetting
from inference.training.from_scratch.augmentation import Augmentation

Schedule = Literal["linear", "cosine", "one-cycle", "exponential"]
Optimizer = Literal["sgd", "adamw", "rmsprop"]
Precision = Literal["bfloat16", "float32"]

# Batch size that the usual learning rates suit.
USUAL_BATCH = 128
# See `fit_batch_size`.
FEWEST_STEPS, SMALLEST_BATCH = 8, 8


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of the training.

    Attributes:
        image_size: side of the images, in pixels.
        epochs: number of epochs.
    """

    image_size: int
    epochs: int


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """Settings of one run.

    Attributes:
        phases: phases of the training; the image side must not shrink from one phase to the next (progressive
            resizing).
        batch_size: number of images per step; the last, smaller batch of an epoch is dropped.
        optimizer: "sgd" with Nesterov momentum, "adamw", or "rmsprop" with TF-slim's settings for Inception.
        schedule: schedule of the learning rate; see `schedules`.
        peak_learning_rate: highest learning rate of the schedule.
        warmup_epochs: number of epochs in which the rate rises from 0 to the peak; "one-cycle" ignores it.
        decay: factor by which the schedule "exponential" multiplies the rate in `decay_epochs` epochs, in (0, 1).
        decay_epochs: number of epochs in which the rate falls, gradually, by the factor `decay`.
        momentum: momentum of "sgd" and "rmsprop", in [0, 1).
        weight_decay: decoupled weight decay of the kernels; it is multiplied by the learning rate.
        label_smoothing: share of the target that is spread over all classes, in [0, 1).
        averaging: share of the weights' moving average that each step keeps, in [0, 1); 0 for no average.
        precision: precision of the activations; the weights are always float32.
        teacher_share: share of a teacher's scores in the targets, in [0, 1]; the rest comes from the labels.
        augmentation: augmentation of the training images.
        seed: seed for the order of the batches, the augmentation, the initial weights and dropout.
        checkpoint_every_steps: number of steps between checkpoints; each epoch ends with a checkpoint, too.

    Raises:
        InvalidSetting: a value is out of range.
    """

    phases: tuple[Phase, ...]
    batch_size: int = USUAL_BATCH
    optimizer: Optimizer = "sgd"
    schedule: Schedule = "linear"
    peak_learning_rate: float = 0.2
    warmup_epochs: float = 1.0
    decay: float = 0.94
    decay_epochs: float = 2.0
    momentum: float = 0.9
    weight_decay: float = 5e-3
    label_smoothing: float = 0.1
    averaging: float = 0.0
    precision: Precision = "bfloat16"
    teacher_share: float = 0.5
    augmentation: Augmentation = field(default_factory=Augmentation)
    seed: int = 0
    checkpoint_every_steps: int = 400

    def __post_init__(self) -> None:
        sides = [phase.image_size for phase in self.phases]
        valid = sides == sorted(sides) and min([*sides, *(phase.epochs for phase in self.phases)], default=0) > 0
        _check("phases", self.phases, "image sides that do not shrink, and numbers of epochs, all above 0", valid)
        for name in ("batch_size", "checkpoint_every_steps"):
            _check(name, getattr(self, name), "a number of at least 1", getattr(self, name) >= 1)
        for name, choices in (("optimizer", Optimizer), ("schedule", Schedule), ("precision", Precision)):
            known = get_args(choices)
            _check(name, getattr(self, name), f"one of {', '.join(known)}", getattr(self, name) in known)
        for name in ("peak_learning_rate", "decay_epochs"):
            _check(name, getattr(self, name), "a number above 0", 0 < getattr(self, name) < math.inf)
        for name in ("warmup_epochs", "weight_decay"):
            _check(name, getattr(self, name), "a number of at least 0", 0 <= getattr(self, name) < math.inf)
        for name in ("momentum", "label_smoothing", "averaging"):
            _check(name, getattr(self, name), "a share from 0 to below 1", 0 <= getattr(self, name) < 1)
        _check("decay", self.decay, "a factor above 0 and below 1", 0 < self.decay < 1)
        _check("teacher_share", self.teacher_share, "a share from 0 to 1", 0 <= self.teacher_share <= 1)
        # TensorFlow's stateless random functions take int32 seeds.
        _check("seed", self.seed, "a number from 0 to 2,147,483,647", 0 <= self.seed < 2**31)

    @property
    def image_sizes(self) -> tuple[int, ...]:
        """Side of the images in each epoch, in pixels."""
        return tuple(phase.image_size for phase in self.phases for _ in range(phase.epochs))


def fit_batch_size(images: int) -> int:
    """Return the batch size for a number of training images: the usual one, or a smaller power of two for few images.

    An epoch has at least `FEWEST_STEPS` steps, since a network needs steps to learn, unless the batches would get
    smaller than `SMALLEST_BATCH`, which batch normalisation needs.

    Args:
        images: number of training images, at least 1.
    """
    share = max(images // FEWEST_STEPS, 1)
    return min(max(2 ** (share.bit_length() - 1), SMALLEST_BATCH), USUAL_BATCH, images)


def _check(setting: str, received: object, expected: str, valid: object) -> None:
    if not valid:
        raise InvalidSetting(setting, expected, received)
