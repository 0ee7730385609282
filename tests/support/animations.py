"""Animations of one colour a frame, and files that are made to cost much."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence

from PIL import Image

from tests.support.colour_models import COLOUR_VALUES

# End of a GIF, and a frame of 1 x 1 pixels.
GIF_END = b";"
GIF_PIXEL = b",\0\0\0\0\1\0\1\0\0\2\2L\1\0"


def animation(kind: str, colours: Sequence[str], *, width: int = 32, height: int = 32) -> bytes:
    """A GIF, PNG or WebP with a frame of each colour. A corner differs, so that no two frames are merged into one."""
    frames = []
    for number, colour in enumerate(colours):
        frame = Image.new("RGB", (width, height), COLOUR_VALUES[colour])
        frame.putpixel((0, 0), (number % 256, 0, 0))
        frames.append(frame)
    file = io.BytesIO()
    lossless = {"lossless": True} if kind == "WEBP" else {}
    frames[0].save(file, kind, save_all=True, append_images=frames[1:], duration=50, **lossless)
    return file.getvalue()


def gif(width: int, height: int, *parts: bytes) -> bytes:
    """A GIF of raw parts with a palette of two colours."""
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff" + b"".join(parts)


def gif_frame(x: int, y: int, width: int, height: int) -> bytes:
    """A frame of a GIF with one pixel of data."""
    return b"," + struct.pack("<4H", x, y, width, height) + b"\0\2\2L\1\0"
