"""Frames of animations: how many a file has, and those of the start, the middle and the end.

A frame of a GIF, an APNG or an animated WebP is drawn over the frames before it. So a frame costs as much as all frames
up to it, and of a long animation only the beginning is looked at.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from inference.images import cost
from inference.images.decoders import DecodedImage
from inference.images.flattening import check_mode, flatten
from inference.images.header import gif_palette_bytes, image_format, png_chunks, webp_chunks, webp_size
from inference.images.pillow_files import DECODING_ERRORS, open_image, turn_of

# Maximum number of blocks of a GIF that are read to count its frames. A GIF of 20 MB has 82,000 blocks of 255 bytes.
MAX_GIF_BLOCKS = 100_000
# Maximum number of blocks of a GIF's extensions, since Pillow takes some microseconds for each, in Python.
MAX_EXTENSION_BLOCKS = 20_000
GIF_HEADER_BYTES = 13
EXTENSION, FRAME = b"!", b","


def frame_count(data: bytes) -> int:
    """Return the number of frames of a GIF, an APNG or an animated WebP that can be decoded; 1 for other files.

    Frames that do not fit the image, and frames after more blocks than the maximum, are not counted.
    """
    match image_format(data):
        case "GIF":
            return max(_gif_frames(data), 1)
        case "PNG":
            return max(_png_frames(data), 1)
        case "WebP":
            return max(sum(kind == b"ANMF" for kind, _ in webp_chunks(data)), 1)
    return 1


def later_frames(data: bytes, frames: int, max_memory_bytes: int = cost.MAX_DECODING_BYTES) -> Iterator[DecodedImage]:
    """Decode the middle and the last frame of an animation, as far as the limits allow.

    Args:
        data: content of a file whose first frame was decoded.
        frames: number of frames; see `frame_count`.
        max_memory_bytes: maximum memory for decoding, in bytes.

    Yields:
        At most two frames, in their order. There are fewer if the animation is short, large or damaged.
    """
    kind = image_format(data)
    assert kind in cost.ANIMATION, "other files have one frame"
    image = open_image(data)
    size = webp_size(data) if kind == "WebP" else image.size
    if not cost.fits(cost.ANIMATION[kind], *size, max_memory_bytes):
        return
    frames = min(frames, cost.max_frames(kind, *size))
    for position in sorted({frames // 2, frames - 1} - {0}):
        try:
            image.seek(position)
            image.load()
            check_mode(image.mode)
        except DECODING_ERRORS:
            # Image viewers, too, show a damaged animation up to the damage.
            return
        pixels = flatten(image)
        yield DecodedImage(pixels, pixels.size, turn_of(image))


def _gif_frames(data: bytes) -> int:
    position = GIF_HEADER_BYTES + (gif_palette_bytes(data[10]) if len(data) > 10 else 0)
    frames = blocks = extension_blocks = 0
    while True:
        kind = data[position : position + 1]
        if kind == FRAME and _fits_gif(data, position + 1):
            position += 11 + gif_palette_bytes(data[position + 9])
        elif kind == EXTENSION:
            position += 2
        else:
            return frames
        before = blocks
        while position < len(data) and data[position] and blocks <= MAX_GIF_BLOCKS:
            position += 1 + data[position]
            blocks += 1
        blocks += 1
        extension_blocks += blocks - before if kind == EXTENSION else 0
        if position >= len(data) or blocks > MAX_GIF_BLOCKS or extension_blocks > MAX_EXTENSION_BLOCKS:
            return frames
        frames += kind == FRAME
        position += 1


def _fits_gif(data: bytes, position: int) -> bool:
    """Return whether a frame is inside of its GIF; Pillow would enlarge the image for it.

    Args:
        data: content of the file.
        position: position of the frame's left edge.
    """
    if len(data) < position + 9:
        return False
    width, height = struct.unpack_from("<HH", data, 6)
    x, y, across, down = struct.unpack_from("<4H", data, position)
    return bool(x + across <= width and y + down <= height)


def _png_frames(data: bytes) -> int:
    """Return the number of frames that the chunk acTL states. It is among the chunks before the pixels."""
    for kind, start, _ in png_chunks(data):
        if kind == b"acTL":
            return int.from_bytes(data[start + 8 : start + 12], "big")
        if kind == b"IDAT":
            return 1
    return 1
