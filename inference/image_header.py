"""What the first bytes of an image file tell before any decoder sees them."""

from __future__ import annotations

import re

SIGNATURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
)
AVIF_BRANDS = frozenset({b"avif", b"avis"})
HEIF_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1"})

# A marker between the scans of a JPEG: not a stuffed 0xff, a restart or padding.
JPEG_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
START_OF_SCAN = b"\xff\xda"
END_OF_IMAGE = b"\xff\xd9"


def image_format(data: bytes) -> str | None:
    """Name the format that the first bytes announce: JPEG, PNG, GIF, BMP, TIFF, WebP, AVIF or HEIF; else None."""
    for signature, name in SIGNATURES:
        if data.startswith(signature):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    if data[4:8] == b"ftyp":
        end = min(int.from_bytes(data[:4], "big"), 256)
        brands = {data[8:12], *(data[start : start + 4] for start in range(16, end, 4))}
        if brands & AVIF_BRANDS:
            return "AVIF"
        if brands & HEIF_BRANDS:
            return "HEIF"
    return None


def webp_size(data: bytes) -> tuple[int, int]:
    """Width and height of a WebP, in pixels; (0, 0) where the header is cut off or of an unknown kind."""
    kind = data[12:16]
    if len(data) < 30:
        return 0, 0
    if kind == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF
    return 0, 0


def header_parts(data: bytes, limit: int) -> int:
    """Count what a decoder walks through before the pixels: JPEG's segments, PNG's chunks, GIF's blocks; 0 for others.

    Counting ends above the limit.
    """
    match image_format(data):
        case "JPEG":
            return _jpeg_parts(data, limit)
        case "PNG":
            return _png_parts(data, limit)
        case "GIF":
            return _gif_parts(data, limit)
    return 0


def jpeg_scans(data: bytes) -> int:
    """Count the scans of a JPEG up to its end; what follows (the video of a motion photo) does not count."""
    scans, position = 0, 2
    while (match := JPEG_MARKER.search(data, position)) and match.group() != END_OF_IMAGE:
        scans += match.group() == START_OF_SCAN
        position = _segment_end(data, match.end())
    return scans


def _jpeg_parts(data: bytes, limit: int) -> int:
    """Segments before the first scan, and bytes of padding between them."""
    parts, position = 0, 2
    while parts <= limit and (match := JPEG_MARKER.search(data, position)):
        if match.group() in (START_OF_SCAN, END_OF_IMAGE):
            break
        parts += 1 + match.start() - position
        position = _segment_end(data, match.end())
    return parts


def _segment_end(data: bytes, start: int) -> int:
    return start + max(int.from_bytes(data[start : start + 2], "big"), 2)


def _png_parts(data: bytes, limit: int) -> int:
    parts, position = 0, 8
    while parts <= limit and position < len(data):
        parts += 1
        position += 12 + int.from_bytes(data[position : position + 4], "big")
    return parts


def _gif_parts(data: bytes, limit: int) -> int:
    """Blocks of the extensions before the first frame."""
    palette = 3 << (data[10] & 7) + 1 if len(data) > 10 and data[10] & 0x80 else 0
    parts, position = 0, 13 + palette
    while parts <= limit and data[position : position + 1] == b"!":
        position += 2
        while parts <= limit and position < len(data):
            parts += 1
            size = data[position]
            position += 1 + size
            if size == 0:
                break
    return parts
