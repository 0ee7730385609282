"""The sizes in which Telegram keeps a photo."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

# Telegram's boxes: each size fits its long side into one of them.
BOXES = (("s", 100), ("m", 320), ("x", 800), ("y", 1280), ("w", 2560))
JPEG_QUALITY = 87
MAX_SIDES_SUM = 10_000
MAX_RATIO = 20


class PhotoRefused(ValueError):
    """Telegram would not take these bytes as a photo; its reason is the message, e.g. "IMAGE_PROCESS_FAILED"."""


@dataclass(frozen=True, slots=True)
class PhotoSize:
    """One rung of a photo's ladder: a JPEG of `width` x `height` pixels."""

    type: str
    width: int
    height: int
    data: bytes


def make_ladder(data: bytes) -> tuple[PhotoSize, ...]:
    """Makes the JPEG sizes of a photo, smallest first, none larger than the photo.

    Raises:
        PhotoRefused: The bytes are no image, or its sides are out of Telegram's limits.
    """
    try:
        with Image.open(io.BytesIO(data)) as opened:
            check_dimensions(opened.width, opened.height)
            opened.draft("RGB", (BOXES[-1][1], BOXES[-1][1]))
            image = _upright_rgb(opened)
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise PhotoRefused("IMAGE_PROCESS_FAILED") from error
    long_side = max(image.size)
    kept = [box for i, box in enumerate(BOXES) if i == 0 or BOXES[i - 1][1] < long_side]
    ladder = []
    for kind, box in reversed(kept):
        if max(image.size) > box:
            image = ImageOps.contain(image, (box, box), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        image.save(out, "JPEG", quality=JPEG_QUALITY)
        ladder.append(PhotoSize(kind, image.width, image.height, out.getvalue()))
    return tuple(reversed(ladder))


def check_dimensions(width: int, height: int) -> None:
    if width + height > MAX_SIDES_SUM or max(width, height) > MAX_RATIO * min(width, height):
        raise PhotoRefused("PHOTO_INVALID_DIMENSIONS")


def content_hash(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


def _upright_rgb(image: Image.Image) -> Image.Image:
    """Turns the image upright and lays transparency on white, as Telegram's own clients do before they upload."""
    upright = ImageOps.exif_transpose(image)
    if upright.has_transparency_data:
        rgba = upright.convert("RGBA")
        ground = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(ground, rgba).convert("RGB")
    return upright.convert("RGB")
