"""Raw files of cameras: they hold the sensor's values, which nothing here develops, and mostly a JPEG as a preview.

The layouts are those of TIFF/EP (ISO 12234-2), of the DNG Specification 1.7 (Adobe, 2023), and of Canon's, Nikon's and
Sony's files, which follow TIFF/EP.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from inference.errors import CameraRaw, TruncatedImage
from inference.images.header import JPEG_START, MAX_HEADER_PARTS, header_parts, jpeg_frame, jpeg_size
from inference.images.tiff_header import (
    COMPRESSION,
    JPEGS,
    ORIENTATION,
    STRIP_BYTE_COUNTS,
    STRIP_OFFSETS,
    UNSIGNED,
    Entry,
    byte_order,
    is_big,
    read_directory,
)

PHOTOMETRIC, SUB_DIRECTORIES, JPEG_OFFSET, JPEG_LENGTH, DNG_VERSION = 262, 330, 513, 514, 50706
# Values of PHOTOMETRIC: a mosaic of a sensor's colours, and the mosaic after interpolation.
RAW_PIXELS = frozenset({32803, 34892})
# Canon's files have this mark after the header of the TIFF.
CANON_MARK = b"CR"
# Maximum number of directories below the first. Cameras write up to four.
MAX_SUB_DIRECTORIES = 8
FUJIFILM_MARK = b"FUJIFILMCCD-RAW"
# Position of the preview's offset and length in Fujifilm's files.
FUJIFILM_PREVIEW = 84


@dataclass(frozen=True, slots=True)
class Preview:
    """The JPEG in a raw file.

    Attributes:
        jpeg: content of the JPEG.
        orientation: Exif orientation that the raw file states, from 1 to 8.
    """

    jpeg: bytes
    orientation: int = 1


def tiff_preview(data: bytes) -> Preview | None:
    """Return the largest preview of a raw file that is a TIFF: DNG, NEF, CR2, ARW and others.

    Returns:
        The preview; None if the file is an ordinary TIFF.

    Raises:
        CameraRaw: the raw file has no preview.
    """
    directories = _directories(data)
    if not any(_is_raw(data, directory) for directory in directories):
        return None
    orientation = _number(data, directories[0], ORIENTATION) or 1
    places = dict.fromkeys(place for directory in directories for place in _jpegs(data, directory))
    return Preview(_largest(data, places), orientation)


def raw_preview(data: bytes) -> Preview:
    """Return the preview of a raw file that is no TIFF.

    Raises:
        CameraRaw: the file has no preview, or it is not known where.
    """
    if not data.startswith(FUJIFILM_MARK) or len(data) < FUJIFILM_PREVIEW + 8:
        raise CameraRaw
    offset, length = struct.unpack_from(">II", data, FUJIFILM_PREVIEW)
    return Preview(_largest(data, [(offset, length)]))


def _largest(data: bytes, places: Iterable[tuple[int, int]]) -> bytes:
    """Return the JPEG with the most pixels of those at some offsets and with some lengths.

    Raises:
        CameraRaw: none of them is a JPEG that can be decoded.
    """
    found, pixels = b"", -1
    for offset, length in places:
        jpeg = data[offset : offset + length]
        width, height = jpeg_size(jpeg) or (0, 0)
        if width * height > pixels and _is_decodable(jpeg):
            found, pixels = jpeg, width * height
    if not found:
        raise CameraRaw
    return found


def _is_decodable(jpeg: bytes) -> bool:
    if not jpeg.startswith(JPEG_START) or header_parts(jpeg, MAX_HEADER_PARTS) > MAX_HEADER_PARTS:
        return False
    frame = jpeg_frame(jpeg)
    return frame is not None and not frame.lossless


def _is_raw(data: bytes, directory: Mapping[int, Entry]) -> bool:
    pixels = _number(data, directory, PHOTOMETRIC)
    return DNG_VERSION in directory or pixels in RAW_PIXELS or data[8:10] == CANON_MARK


def _directories(data: bytes) -> list[Mapping[int, Entry]]:
    """Return the first directory and those below it; [] if the first cannot be read."""
    (start,) = _numbers(data, Entry(16 if is_big(data) else 4, 1, 8 if is_big(data) else 4)) or (0,)
    try:
        first = read_directory(data, start)
    except TruncatedImage:
        return []
    directories: list[Mapping[int, Entry]] = [first]
    below = first.get(SUB_DIRECTORIES)
    for start in dict.fromkeys(_numbers(data, below)) if below else ():
        try:
            directories.append(read_directory(data, start))
        except TruncatedImage:
            continue
    return directories


def _jpegs(data: bytes, directory: Mapping[int, Entry]) -> Iterator[tuple[int, int]]:
    """Yield offset and length of what may be a JPEG: one with tags of its own, or a picture that consists of one."""
    places = [(JPEG_OFFSET, JPEG_LENGTH)]
    if _number(data, directory, COMPRESSION) in JPEGS and _number(data, directory, PHOTOMETRIC) not in RAW_PIXELS:
        places.append((STRIP_OFFSETS, STRIP_BYTE_COUNTS))
    for offset_tag, length_tag in places:
        offset, length = _number(data, directory, offset_tag), _number(data, directory, length_tag)
        if offset and length:
            yield offset, length


def _number(data: bytes, directory: Mapping[int, Entry], tag: int) -> int | None:
    """Return the number of a tag; None if it has none, or several."""
    entry = directory.get(tag)
    numbers = _numbers(data, entry) if entry is not None and entry.count == 1 else ()
    return numbers[0] if numbers else None


def _numbers(data: bytes, entry: Entry) -> tuple[int, ...]:
    """Return the first numbers of an entry; () if they are no whole numbers or lie outside the file."""
    code, count = UNSIGNED.get(entry.kind), min(entry.count, MAX_SUB_DIRECTORIES)
    try:
        return struct.unpack_from(f"{byte_order(data)}{count}{code}", data, entry.place) if code else ()
    except struct.error:
        return ()
