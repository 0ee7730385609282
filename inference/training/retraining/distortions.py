"""Augmented views of training photos; the views of a photo depend on its content only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from inference.images.augmented_views import STANDARD_VIEW, View
from inference.training.errors import InvalidSetting


@dataclass(frozen=True, slots=True)
class Distortions:
    """Strength of the augmentation of photos; by default there are no augmented views.

    Attributes:
        flip: whether half of the views are mirrored.
        crop_percent: maximum shift of a view from the centre, in percent of the way to the photo's edges, in [0, 100].
        scale_percent: maximum reduction of a view's side, in percent, in [0, 99].
        brightness_percent: maximum change of brightness, in percent, in [0, 99].
        copies: number of augmented views of each photo. If only `flip` is set, there is one view, the mirrored photo.

    Raises:
        InvalidSetting: a field is out of range.
    """

    flip: bool = False
    crop_percent: float = 0.0
    scale_percent: float = 0.0
    brightness_percent: float = 0.0
    copies: int = 4

    def __post_init__(self) -> None:
        for setting, share, limit in (
            ("crop", self.crop_percent, 100),
            ("scale", self.scale_percent, 99),
            ("brightness", self.brightness_percent, 99),
        ):
            if not 0 <= share <= limit:
                raise InvalidSetting(setting, f"0 to {limit} percent", share)
        if self.copies < 1:
            raise InvalidSetting("copies", "at least 1", self.copies)

    def views(self, content: bytes) -> tuple[View, ...]:
        """Return the views of a photo, the standard view first. The same file has the same views.

        Args:
            content: content of the photo's file.
        """
        random = np.random.default_rng(list(hashlib.sha256(content).digest()))
        distorted = [self._view(*random.random(4), flip=number % 2 == 0) for number in range(self.copies)]
        return tuple(dict.fromkeys((STANDARD_VIEW, *distorted)))

    def _view(self, smaller: float, right: float, down: float, brighter: float, *, flip: bool) -> View:
        moved = self.crop_percent / 100
        return View(
            flip=self.flip and flip,
            scale=1 - smaller * self.scale_percent / 100,
            # Adding 0.0 turns -0.0 into 0.0, since -0.0 and 0.0 would have different keys in the cache of embeddings.
            x=(2 * right - 1) * moved + 0.0,
            y=(2 * down - 1) * moved + 0.0,
            brightness=1 + (2 * brighter - 1) * self.brightness_percent / 100,
        )
