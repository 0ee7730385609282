"""Random pictures in all formats that the bot accepts; each seed gives another one."""

from __future__ import annotations

import io
from typing import Any

import pillow_heif
from PIL import Image


def picture(
    seed: int, file_format: str = "JPEG", *, width: int = 640, height: int = 480, mode: str = "RGB", **how: Any
) -> bytes:
    """Encode a picture.

    Args:
        seed: another one gives another picture.
        file_format: as Pillow names it, "HEIF" and "AVIF" among them.
        width: in pixels.
        height: in pixels.
        mode: Pillow's, e.g. "CMYK" or "I;16".
        how: further options of Pillow's `save`.
    """
    pillow_heif.register_heif_opener()
    corners = bytes((seed * 73 + place * 151) % 256 for place in range(12))
    image = Image.frombytes("RGB", (2, 2), corners).resize((width, height), Image.Resampling.BICUBIC)
    image = image.convert("L").convert("I").convert(mode) if mode == "I;16" else image.convert(mode)
    encoded = io.BytesIO()
    image.save(encoded, file_format, **how)
    return encoded.getvalue()
