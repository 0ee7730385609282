"""More embeddings than photos: each photo of training seen in further ways, which depend on its content alone."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from inference.images.augmented_views import AS_LABELLED, Variant
from inference.training.errors import InvalidSetting


@dataclass(frozen=True, slots=True)
class Distortions:
    """How the further variants of a photo differ from it; none, where nothing is set.

    Attributes:
        flip: whether half of them are mirrored.
        crop_percent: how far they are moved off the centre, of the way to the photo's edges, in [0, 100].
        scale_percent: how much smaller than the usual centre the smallest of them is, in [0, 99].
        brightness_percent: how much darker or brighter they are at most, in [0, 99].
        copies: how many there are of each photo; where only `flip` is set, there is one.

    Raises:
        InvalidSetting: a field is out of its range.
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

    def variants(self, content: bytes) -> tuple[Variant, ...]:
        """The ways to look at a photo: first as it is labelled, then distorted; the same for the same file.

        Args:
            content: of the photo's file.
        """
        random = np.random.default_rng(list(hashlib.sha256(content).digest()))
        distorted = [self._variant(*random.random(4), flip=number % 2 == 0) for number in range(self.copies)]
        return tuple(dict.fromkeys((AS_LABELLED, *distorted)))

    def _variant(self, smaller: float, right: float, down: float, brighter: float, *, flip: bool) -> Variant:
        moved = self.crop_percent / 100
        return Variant(
            flip=self.flip and flip,
            scale=1 - smaller * self.scale_percent / 100,
            # Not -0.0, which is another key of an embedding than 0.0.
            x=(2 * right - 1) * moved + 0.0,
            y=(2 * down - 1) * moved + 0.0,
            brightness=1 + (2 * brighter - 1) * self.brightness_percent / 100,
        )
