"""Decoded pixels of any kind -> 8 bits a channel, grey or RGB, on white."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from PIL import Image

from inference.errors import NotAnImage

# Modes of Pillow whose pixels have 8 bits a channel or fewer, and a way to RGB.
CONVERTIBLE_MODES = ("1", "L", "P", "RGB", "RGBX", "RGBA", "RGBa", "LA", "PA", "CMYK", "YCbCr")
SIXTEEN_BITS = "I;16"
# Rows of an image that are converted at a time, to save another copy of it.
STRIP_HEIGHT = 32


def check_mode(mode: str) -> None:
    """Refuse pixels of which nobody knows what they mean.

    Raises:
        NotAnImage: they are of that kind.
    """
    if mode not in CONVERTIBLE_MODES and not mode.startswith(SIXTEEN_BITS):
        raise NotAnImage(f"the meaning of its pixels is not known (mode {mode})")


def flatten(image: Image.Image) -> Image.Image:
    """Convert an image.

    Raises:
        NotAnImage: the meaning of its pixels is not known.
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
    """Convert an image strip by strip, averaging squares of pixels.

    Args:
        size: of the image, width and height.
        strip: gives the rows from one number to another, in any mode.
        factor: side of the squares, in pixels.

    Returns:
        An RGB image, of which the last column and row may stand for less than a square.
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
