"""Format, size and structure of an image file, read from its headers before any decoder opens it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

# Number of bytes that are enough to tell the format of an image.
FORMAT_BYTES = 256
JPEG_START = b"\xff\xd8\xff"
SIGNATURES = (
    (JPEG_START, "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    # Big-endian BigTIFF is left out: Pillow mistakes it for a plain TIFF, and so reads another directory than libtiff.
    (b"II+\0", "TIFF"),
    # Raw files that are no TIFFs: of Fujifilm, Olympus, Panasonic, Sigma and Minolta. DNG, NEF, CR2 and ARW are TIFFs.
    (b"FUJIFILMCCD-RAW", "camera raw"),
    (b"IIRO", "camera raw"),
    (b"IIRS", "camera raw"),
    (b"MMOR", "camera raw"),
    (b"IIU\0", "camera raw"),
    (b"FOVb", "camera raw"),
    (b"\0MRM", "camera raw"),
)
AVIF_BRANDS = frozenset({b"avif", b"avis"})
CANON_RAW_BRAND = b"crx "
HEIF_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1"})

# A marker of a JPEG. The pattern skips stuffed 0xff bytes, restart markers and padding, which occur between scans.
JPEG_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
# Maximum number of segments before the frame. A large colour profile or XMP data can fill many segments.
MAX_SEGMENTS_BEFORE_FRAME = 50
# Maximum number of parts in a header, since Pillow takes some microseconds for each part, in Python. A PNG of 20 MB in
# chunks of 8 KB has 2,500 parts.
MAX_HEADER_PARTS = 20_000
START_OF_SCAN = b"\xff\xda"
END_OF_IMAGE = b"\xff\xd9"
# Begins a segment of application data, such as Exif or XMP.
APPLICATION_DATA = b"\xff\xe1"
# Number of bytes that are searched for markers at once: their comparisons fit into a core's cache.
SEARCHED_BYTES = 2**16
# Codes of the markers that begin a frame: 0xc0 to 0xcf without 0xc4, 0xc8 and 0xcc.
FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
PROGRESSIVE_FRAMES = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
# Cameras store raw pixels in such frames. No decoder here reads them.
LOSSLESS_FRAMES = frozenset({0xC3, 0xC7, 0xCB, 0xCF})


@dataclass(frozen=True, slots=True)
class JpegFrame:
    """How a JPEG stores its pixels.

    Attributes:
        samples: number of values per pixel in all components: 3 for RGB, 1.5 if chroma has half the width and height.
        several_scans: True if the decoder holds all coefficients until the last scan.
        lossless: True if the values are stored without loss, as in raw files.
    """

    samples: float
    several_scans: bool
    lossless: bool = False


def image_format(data: bytes) -> str | None:
    """Return the format that the first bytes show; None if unknown.

    Returns:
        "JPEG", "PNG", "GIF", "BMP", "TIFF", "WebP", "AVIF", "HEIF" or "camera raw". A raw file that begins as a TIFF
        is a "TIFF".
    """
    for signature, name in SIGNATURES:
        if data.startswith(signature):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    if data[4:8] == b"ftyp":
        end = min(int.from_bytes(data[:4], "big"), 256)
        if data[8:12] == CANON_RAW_BRAND:
            return "camera raw"
        brands = {data[8:12], *(data[start : start + 4] for start in range(16, end, 4))}
        if brands & AVIF_BRANDS:
            return "AVIF"
        if brands & HEIF_BRANDS:
            return "HEIF"
    return None


def webp_chunks(data: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield each chunk of a WebP, including chunks in frames, as (kind, position of its content)."""
    position = 12
    while position + 8 <= len(data):
        kind = data[position : position + 4]
        yield kind, position + 8
        # A frame has 16 bytes of its own, followed by chunks.
        size = 16 if kind == b"ANMF" else int.from_bytes(data[position + 4 : position + 8], "little")
        position += 8 + size + size % 2


def webp_size(data: bytes) -> tuple[int, int]:
    """Return the larger width and height of a WebP's canvas and first picture, in pixels; (0, 0) if it has neither."""
    width = height = 0
    for kind, start in webp_chunks(data):
        head = data[start : start + 10]
        if kind == b"VP8X":
            size = int.from_bytes(head[4:7], "little") + 1, int.from_bytes(head[7:10], "little") + 1
        elif kind == b"VP8L":
            bits = int.from_bytes(head[1:5], "little")
            size = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        elif kind == b"VP8 ":
            size = int.from_bytes(head[6:8], "little") & 0x3FFF, int.from_bytes(head[8:10], "little") & 0x3FFF
        else:
            continue
        width, height = max(width, size[0]), max(height, size[1])
        if kind != b"VP8X":
            break
    return width, height


def jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Return the width and height of a JPEG, in pixels; None if the frame is not among the first 50 segments."""
    position = 2 if data.startswith(JPEG_START) else len(data)
    for _ in range(MAX_SEGMENTS_BEFORE_FRAME):
        if len(data) < position + 9 or data[position] != 0xFF:
            return None
        if data[position + 1] in FRAMES:
            return int.from_bytes(data[position + 7 : position + 9], "big"), int.from_bytes(
                data[position + 5 : position + 7], "big"
            )
        position = segment_end(data, position + 2)
    return None


def jpeg_frame(data: bytes) -> JpegFrame | None:
    """Read how a JPEG stores its pixels; return None if the file ends before the first scan."""
    position, samples, components, progressive, lossless = 2, 0.0, 0, False, False
    while match := JPEG_MARKER.search(data, position):
        code, start = match.group()[1], match.end()
        if match.group() == START_OF_SCAN:
            several = progressive or data[start + 2 : start + 3] < bytes([components])
            return JpegFrame(samples, several, lossless) if components else None
        if match.group() == END_OF_IMAGE:
            return None
        if code in FRAMES:
            progressive, lossless = code in PROGRESSIVE_FRAMES, code in LOSSLESS_FRAMES
            components = data[start + 7] if len(data) > start + 7 else 0
            factors = [(byte >> 4, byte & 15) for byte in data[start + 9 : start + 8 + 3 * components : 3]]
            largest = max((across for across, _ in factors), default=1) * max((down for _, down in factors), default=1)
            samples = sum(across * down for across, down in factors) / max(largest, 1)
        position = segment_end(data, start)
    return None


def bmp_has_runs(data: bytes) -> bool:
    """Return True if a BMP stores runs of equal pixels."""
    return data[30:34] in (b"\1\0\0\0", b"\2\0\0\0")


def header_parts(data: bytes, limit: int) -> int:
    """Count the parts that a decoder reads one by one: segments of JPEG, chunks of PNG and WebP, blocks of GIF.

    Counting stops above the limit. The count is 0 for other formats, which have checks of their own.
    """
    match image_format(data):
        case "JPEG":
            return _jpeg_parts(data, limit)
        case "PNG":
            return sum(1 for _ in islice(png_chunks(data), limit + 1))
        case "GIF":
            return _gif_parts(data, limit)
        case "WebP":
            return sum(1 for _ in islice(webp_chunks(data), limit + 1))
    return 0


def jpeg_scans(data: bytes, max_segments: int) -> int | None:
    """Count the scans of a JPEG up to its end marker; a motion photo has a video after that marker.

    Args:
        data: content of the file.
        max_segments: maximum number of segments to read.

    Returns:
        The number of scans; None if there are more segments than the maximum.
    """
    scans, segments, position = 0, 0, 2
    while (match := JPEG_MARKER.search(data, position)) and match.group() != END_OF_IMAGE:
        segments += 1
        if segments > max_segments:
            return None
        scans += match.group() == START_OF_SCAN
        position = segment_end(data, match.end())
    return scans


def count_markers(data: bytes, *markers: bytes) -> tuple[int, ...]:
    """Count each marker wherever its two bytes are, also within segments, scans and what follows the image.

    This is eight times as fast as `bytes.count`, which would take a twentieth of the time for a photo.

    Args:
        data: content of a JPEG.
        markers: markers of two bytes each, of which the first is 0xff.
    """
    content = np.frombuffer(data, np.uint8)
    counts = [0] * len(markers)
    for start in range(0, len(data) - 1, SEARCHED_BYTES):
        searched = content[start : start + SEARCHED_BYTES + 1]
        begins, codes = searched[:-1] == 0xFF, searched[1:]
        for place, marker in enumerate(markers):
            counts[place] += int(np.count_nonzero(begins & (codes == marker[1])))
    return tuple(counts)


def _jpeg_parts(data: bytes, limit: int) -> int:
    """Count the segments before the first scan, and the bytes of padding between them."""
    parts, position = 0, 2
    while parts <= limit and (match := JPEG_MARKER.search(data, position)):
        if match.group() in (START_OF_SCAN, END_OF_IMAGE):
            break
        parts += 1 + match.start() - position
        position = segment_end(data, match.end())
    return parts


def segment_end(data: bytes, start: int) -> int:
    """Return the end of a JPEG's segment whose length stands at `start`."""
    return start + max(int.from_bytes(data[start : start + 2], "big"), 2)


def png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield each chunk of a PNG as (kind, start and end in the file)."""
    position = 8
    while position < len(data):
        end = position + 12 + int.from_bytes(data[position : position + 4], "big")
        yield data[position + 4 : position + 8], position, end
        position = end


def gif_palette_bytes(flags: int) -> int:
    """Return the size of the palette that the flags of a GIF's header or frame announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _gif_parts(data: bytes, limit: int) -> int:
    """Count the blocks of the extensions before the first frame."""
    parts, position = 0, 13 + (gif_palette_bytes(data[10]) if len(data) > 10 else 0)
    while parts <= limit and data[position : position + 1] == b"!":
        position += 2
        while parts <= limit and position < len(data):
            parts += 1
            size = data[position]
            position += 1 + size
            if size == 0:
                break
    return parts
