"""Small images made on the spot."""

from __future__ import annotations

import io

from PIL import Image


def make_photo(width: int = 640, height: int = 480, *, color: str = "orange", suffix: str = "JPEG") -> bytes:
    """An image of one colour with a gradient across, so that no two colours give the same bytes."""
    shade = Image.linear_gradient("L").resize((width, height))
    image = Image.composite(Image.new("RGB", (width, height), color), Image.new("RGB", (width, height)), shade)
    out = io.BytesIO()
    image.save(out, suffix)
    return out.getvalue()
