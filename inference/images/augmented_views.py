"""Augmented views of an image: mirrored, moved, enlarged or in another light. Training learns from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# How an image gets the shape of a network's input: "crop" cuts out its centre, "squash" resizes each side by itself,
# "pad" adds black borders, as `tf.image.resize_with_pad` does.
Fit = Literal["crop", "squash", "pad"]
FITS: tuple[Fit, ...] = ("crop", "squash", "pad")


@dataclass(frozen=True, slots=True)
class View:
    """A view of an image; the default is the view in which images are classified.

    Attributes:
        flip: whether the view is mirrored.
        scale: side of the view, as a share of the default view's side, in (0, 1].
        x, y: position of the view in the pixels as they are stored: from -1, at their left or upper edge, to 1, at
            their right or lower edge.
        brightness: factor on the values of pixels, above 0; higher values are clipped to 255.

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


STANDARD_VIEW = View()
