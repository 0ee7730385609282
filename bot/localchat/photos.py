"""The sizes in which Telegram keeps a photo."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from dataclasses import dataclass

from PIL import Image, ImageOps

# Telegram's boxes: a size fits its long side into one of them.
BOXES = (("s", 100), ("m", 320), ("x", 800), ("y", 1280), ("w", 2560))
JPEG_QUALITY = 87
# Telegram's limits for what may be a photo, in pixels.
MAX_SIDES_SUM = 10_000
MAX_RATIO = 20
# What Pillow raises on damaged data.
DECODING_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    LookupError,
    EOFError,
    ArithmeticError,
    RuntimeError,
    TypeError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)


class PhotoRefused(ValueError):
    """Telegram does not take these bytes as a photo; the message is its reason, e.g. "IMAGE_PROCESS_FAILED"."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One size of a photo: a JPEG of `width` x `height` pixels. `kind` is Telegram's letter, s m x y or w."""

    kind: str
    width: int
    height: int
    data: bytes


def make_ladder(data: bytes) -> tuple[Rung, ...]:
    """Makes the sizes of a photo, smallest first; the last is no larger than the photo itself.

    Raises:
        PhotoRefused: The bytes are no whole image, or its sides are out of Telegram's limits.
    """
    try:
        with _open(data) as opened:
            _check_dimensions(*opened.size)
            opened.draft("RGB", (BOXES[-1][1], BOXES[-1][1]))
            image = _upright_rgb(opened)
    except PhotoRefused:
        raise
    except DECODING_ERRORS as error:
        raise PhotoRefused("IMAGE_PROCESS_FAILED") from error
    long_side = max(image.size)
    ladder: list[Rung] = []
    for i in reversed(range(len(BOXES))):
        kind, box = BOXES[i]
        if i > 0 and BOXES[i - 1][1] >= long_side:
            continue
        if max(image.size) > box:
            image = ImageOps.contain(image, (box, box), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        image.save(out, "JPEG", quality=JPEG_QUALITY)
        ladder.append(Rung(kind, *image.size, out.getvalue()))
    return tuple(reversed(ladder))


def _open(data: bytes) -> Image.Image:
    """Reads the header. Pillow's warning of a large image is no news to whoever sent it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        return Image.open(io.BytesIO(data))


def _check_dimensions(width: int, height: int) -> None:
    if width + height > MAX_SIDES_SUM or max(width, height) > MAX_RATIO * min(width, height):
        raise PhotoRefused("PHOTO_INVALID_DIMENSIONS")


def _upright_rgb(image: Image.Image) -> Image.Image:
    """Turns the image upright and lays transparency on white, as Telegram's own apps do before they upload."""
    upright = ImageOps.exif_transpose(image)
    if upright.has_transparency_data:
        rgba = upright.convert("RGBA")
        ground = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(ground, rgba).convert("RGB")
    return upright.convert("RGB")
