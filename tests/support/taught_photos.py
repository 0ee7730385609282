"""Photos to teach, and photos to try what was taught."""

from __future__ import annotations

import io
from functools import cache

from PIL import Image

from bot.domain.media import Media
from bot.domain.teaching import OfferedPhoto
from bot.localchat.threads import Message
from bot.sample import samples

# Left, upper, right and lower edge of a crop, as shares of the photo's sides. Each shows the cup, or the cat.
CROPS = (
    (0.0, 0.0, 1.0, 1.0),
    (0.1, 0.05, 0.95, 0.9),
    (0.05, 0.1, 0.85, 1.0),
    (0.15, 0.15, 1.0, 0.95),
    (0.0, 0.1, 0.8, 0.9),
    (0.1, 0.0, 0.9, 0.85),
    (0.05, 0.05, 0.9, 0.95),
    (0.2, 0.1, 1.0, 1.0),
)
CUP, CAT = range(2)


@cache
def view(subject: int, number: int) -> bytes:
    """A JPEG of the cup or the cat; each number is another crop, the second half mirrored."""
    with Image.open(samples()[subject]) as image:
        left, upper, right, lower = CROPS[number % len(CROPS)]
        width, height = image.size
        box = (round(left * width), round(upper * height), round(right * width), round(lower * height))
        crop = image.convert("RGB").crop(box)
    if number >= len(CROPS) or number % 2:
        crop = crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    encoded = io.BytesIO()
    crop.save(encoded, "JPEG", quality=90 - number)
    return encoded.getvalue()


def offered(message: Message, giver_id: int | None = None) -> OfferedPhoto:
    """A message's photo, offered by its sender or by somebody else."""
    sizes = tuple(
        Media(
            size["file_id"],
            size["file_unique_id"],
            size["file_size"],
            short_side_px=min(size["width"], size["height"]),
        )
        for size in message["photo"]
    )
    return OfferedPhoto(sizes, message["from"]["id"] if giver_id is None else giver_id, message["message_id"])
