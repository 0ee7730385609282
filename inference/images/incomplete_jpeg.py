"""JPEGs whose last bytes are missing: tells pictures that are nearly whole from halves.

A transfer that breaks off leaves such files. Browsers show them.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from PIL import ImageFile

from inference.images.header import END_OF_IMAGE, FRAMES, JPEG_MARKER, START_OF_SCAN, jpeg_frame, segment_end

# Minimum share of rows that must be there. The networks' inputs leave out a sixteenth of each side.
MIN_ROWS = 0.9
# Maximum number of segments to read.
MAX_SEGMENTS = 1_000
# Number of coefficients of a block of pixels.
COEFFICIENTS = 64
# The decoder looks a few bytes ahead, so it needs some after the last block to finish the last rows.
PADDING = bytes(4)


def is_nearly_whole(data: bytes, opened: Callable[[bytes], ImageFile.ImageFile]) -> bool:
    """Return whether a JPEG that could not be decoded lacks only its last bytes.

    Args:
        data: content of the file.
        opened: function that opens a JPEG, and sets the size to decode it at.
    """
    frame = jpeg_frame(data)
    if frame is None or frame.lossless:
        return False
    if frame.several_scans:
        return _first_component_is_complete(data)
    image = opened(data + PADDING)
    with suppress(OSError):
        image.load()
    # Rows that were not decoded are black.
    box = image.im.getbbox()
    return box is not None and box[3] >= MIN_ROWS * image.height


def _first_component_is_complete(data: bytes) -> bool:
    """Return whether whole scans hold all coefficients of the first component, which is the brightness.

    The scans that follow refine the picture or add colours. A scan is whole if another segment follows.
    """
    position, first, seen, pending = 2, -1, set[int](), set[int]()
    for _ in range(MAX_SEGMENTS):
        match = JPEG_MARKER.search(data, position)
        if match is None or match.group() == END_OF_IMAGE:
            break
        seen |= pending
        pending = set()
        start = match.end()
        position = segment_end(data, start)
        if match.group()[1] in FRAMES and len(data) > start + 8:
            first = data[start + 8]
        elif match.group() == START_OF_SCAN and len(data) > position:
            components = data[start + 3 : position - 3 : 2]
            if first in components:
                pending = set(range(data[position - 3], data[position - 2] + 1))
    return len(seen) >= COEFFICIENTS
