"""Augmented views of an image for training: mirrored, moved, enlarged or with another brightness."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class View:
    """A view of an image; the default is the view used for classification.

    Attributes:
        flip: True if the view is mirrored left to right.
        scale: side of the view as a share of the default view's side, in (0, 1].
        x, y: position of the view in the stored pixels, from -1 (left or upper edge) to 1 (right or lower edge).
        brightness: factor on the pixel values, above 0; results are clipped to 255.

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
