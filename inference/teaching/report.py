"""What is known of a taught class: how well it is recognised, by photos that were held out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Method = Literal["mean", "head"]


@dataclass(frozen=True, slots=True)
class TaughtScore:
    """A taught class that a photo shows.

    Attributes:
        name: name of the class.
        probability: calibrated probability, in (0, 1).
    """

    name: str
    probability: float


@dataclass(frozen=True, slots=True)
class ClassReport:
    """How well a class is recognised.

    Attributes:
        photos: number of photos.
        recognised: number of held-out photos that are recognised as this class.
        held_out: number of photos that were held out in turn; 0 with one photo.
        nearest: name of the taught class that is most similar; None if there is no other.
        outliers: places of the photos that the mean leaves out, counted from 0.
        method: what compares the taught classes of a photo: the means of their photos, or a head, which is a ridge
            regression.
        mean_accuracy, head_accuracy: share of the held-out photos of all taught classes that each method ranks right,
            in [0, 1]; None if the two were not compared, since a class has fewer than 20 photos.
    """

    photos: int
    recognised: int
    held_out: int
    nearest: str | None
    outliers: tuple[int, ...] = ()
    method: Method = "mean"
    mean_accuracy: float | None = None
    head_accuracy: float | None = None
