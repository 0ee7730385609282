"""Ways to look at an image beside the one in which it is labelled: what training makes more of its photos with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# How an image gets the shape of a network's input: its centre is cut out, or all of it is squeezed into that shape, or
# set into it with black beside or above and below, as `tf.image.resize_with_pad` does.
Fit = Literal["crop", "squash", "pad"]
FITS: tuple[Fit, ...] = ("crop", "squash", "pad")


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the ways to look at an image; the default is the one in which images are labelled.

    Attributes:
        flip: whether left and right change places.
        scale: side of what is cut out, as a share of that of what is usually looked at, in (0, 1].
        x, y: where it is cut out of the pixels as they are stored: from -1, at their left or upper edge, to 1, at the
            right or lower one.
        brightness: factor on the values of pixels, above 0; what exceeds 255 becomes 255.

    Raises:
        ValueError: a field is out of its range.
    """

    flip: bool = False
    scale: float = 1.0
    x: float = 0.0
    y: float = 0.0
    brightness: float = 1.0

    def __post_init__(self) -> None:
        if not (0 < self.scale <= 1 and -1 <= self.x <= 1 and -1 <= self.y <= 1 and self.brightness > 0):
            raise ValueError(
                "expected a scale in (0, 1], a place from -1 to 1 and a brightness above 0. Received: "
                f"scale={self.scale}, x={self.x}, y={self.y}, brightness={self.brightness}"
            )


AS_LABELLED = Variant()
