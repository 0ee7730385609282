"""The sizes of a photo at Telegram."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

# Telegram's sizes: letter and maximum long side in pixels.
BOXES = (("s", 100), ("m", 320), ("x", 800), ("y", 1280), ("w", 2560))
JPEG_QUALITY = 87
# Telegram's limits for photos, in pixels.
MAX_SIDES_SUM = 10_000
MAX_RATIO = 20
# Exceptions that Pillow raises for damaged data.
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
    """Telegram does not accept the bytes as a photo. The message is Telegram's reason ("IMAGE_PROCESS_FAILED")."""


@dataclass(frozen=True, slots=True)
class PhotoSize:
    """One size of a photo: a JPEG of `width` x `height` pixels. `kind` is Telegram's letter: s, m, x, y or w."""

    kind: str
    width: int
    height: int
    data: bytes


def make_sizes(data: bytes) -> tuple[PhotoSize, ...]:
    """Make the sizes of a photo, smallest first. The last size is no larger than the photo itself.

    Raises:
        PhotoRefused: the bytes are not a complete image, or its sides exceed Telegram's limits.
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
    sizes: list[PhotoSize] = []
    for i in reversed(range(len(BOXES))):
        kind, box = BOXES[i]
        if i > 0 and BOXES[i - 1][1] >= long_side:
            continue
        if max(image.size) > box:
            image = ImageOps.contain(image, (box, box), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        image.save(out, "JPEG", quality=JPEG_QUALITY)
        sizes.append(PhotoSize(kind, *image.size, out.getvalue()))
    return tuple(reversed(sizes))


def _open(data: bytes) -> Image.Image:
    """Read the header, without Pillow's warning about large images."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        return Image.open(io.BytesIO(data))


def _check_dimensions(width: int, height: int) -> None:
    if width + height > MAX_SIDES_SUM or max(width, height) > MAX_RATIO * min(width, height):
        raise PhotoRefused("PHOTO_INVALID_DIMENSIONS")


def _upright_rgb(image: Image.Image) -> Image.Image:
    """Turn an image upright, and put transparency on white, as Telegram's apps do before an upload."""
    upright = _eight_bits(ImageOps.exif_transpose(image))
    if upright.has_transparency_data:
        rgba = upright.convert("RGBA")
        ground = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(ground, rgba).convert("RGB")
    return upright.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Scale grey values of 16 bits to 8, which Pillow would cut off at 255.

    Raises:
        PhotoRefused: the range of the values is not known, as of numbers with 32 bits.
    """
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in ("I", "F"):
        raise PhotoRefused("IMAGE_PROCESS_FAILED")
    return image
