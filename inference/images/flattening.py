"""Conversion of decoded pixels of any mode to grey or RGB with 8 bits per channel, on a white background."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from PIL import Image

from inference.errors import NotAnImage

# Pillow modes of at most 8 bits per channel that Pillow converts to RGB.
CONVERTIBLE_MODES = ("1", "L", "P", "RGB", "RGBX", "RGBA", "RGBa", "LA", "PA", "CMYK", "YCbCr")
SIXTEEN_BITS = "I;16"
# Number of rows converted at a time. The conversion of all rows at once would need another copy of the whole image.
STRIP_HEIGHT = 32


def check_mode(mode: str) -> None:
    """Check that the meaning of a mode's pixels is known.

    Raises:
        NotAnImage: the mode is unknown, so its pixels cannot be converted.
    """
    if mode not in CONVERTIBLE_MODES and not mode.startswith(SIXTEEN_BITS):
        raise NotAnImage(f"the meaning of its pixels is not known (mode {mode})")


def flatten(image: Image.Image) -> Image.Image:
    """Convert an image to 8 bits per channel, grey or RGB; transparent parts become white.

    Raises:
        NotAnImage: the mode is unknown; see `check_mode`.
    """
    check_mode(image.mode)
    if image.mode.startswith(SIXTEEN_BITS):
        values = np.array(image)
        if "transparency" in image.info:
            values[values == image.info["transparency"]] = 0xFFFF
        return Image.fromarray((values >> 8).astype(np.uint8))
    if image.has_transparency_data:
        flat = Image.new("RGB", image.size, "white")
        for top in range(0, image.height, STRIP_HEIGHT):
            strip = image.crop((0, top, image.width, min(top + STRIP_HEIGHT, image.height))).convert("RGBA")
            flat.paste(strip, (0, top), mask=strip)
        return flat
    return image if image.mode in ("L", "RGB") else image.convert("RGB")


def reduce(size: tuple[int, int], strip: Callable[[int, int], Image.Image], factor: int) -> Image.Image:
    """Convert and reduce an image strip by strip: each square of pixels becomes one pixel of the average colour.

    Args:
        size: width and height of the image, in pixels.
        strip: function that returns the rows from a first row to a last row (exclusive), in any mode.
        factor: side of the squares, in pixels.

    Returns:
        An RGB image; the pixels of its last column and row may be averages of incomplete squares.
    """
    return _reduce("RGB", size, lambda top, end: flatten(strip(top, end)), factor)


def reduce_plane(size: tuple[int, int], strip: Callable[[int, int], Image.Image], factor: int) -> Image.Image:
    """Reduce an image of one channel as `reduce` does, without converting it."""
    return _reduce("L", size, strip, factor)


def _reduce(mode: str, size: tuple[int, int], strip: Callable[[int, int], Image.Image], factor: int) -> Image.Image:
    width, height = size
    small = Image.new(mode, (math.ceil(width / factor), math.ceil(height / factor)))
    rows = factor * math.ceil(STRIP_HEIGHT / factor)
    for top in range(0, height, rows):
        small.paste(strip(top, min(top + rows, height)).reduce(factor), (0, top // factor))
    return small
