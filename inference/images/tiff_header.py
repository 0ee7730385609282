"""Checks of the first directory of a TIFF, before any decoder reads it.

The formats are TIFF 6.0 (Adobe, 1992) and BigTIFF. In a BigTIFF, offsets and counts have 8 bytes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from inference.errors import TooManyPixels, TruncatedImage
from inference.images.cost import MAX_SIDE

IMAGE_WIDTH, IMAGE_LENGTH, BITS_PER_SAMPLE, COMPRESSION = 256, 257, 258, 259
ORIENTATION = 274
STRIP_OFFSETS, SAMPLES_PER_PIXEL, ROWS_PER_STRIP, STRIP_BYTE_COUNTS = 273, 277, 278, 279
PLANAR_CONFIGURATION, TILE_WIDTH, TILE_LENGTH, TILE_OFFSETS, TILE_BYTE_COUNTS = 284, 322, 323, 324, 325
NUMBERS = frozenset(
    {
        *(IMAGE_WIDTH, IMAGE_LENGTH, BITS_PER_SAMPLE, COMPRESSION, SAMPLES_PER_PIXEL),
        *(ORIENTATION, ROWS_PER_STRIP, PLANAR_CONFIGURATION, TILE_WIDTH, TILE_LENGTH),
    }
)
# By the number of a type: the size of a value in bytes, and the `struct` code of an unsigned type.
TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
UNSIGNED = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
BYTES = frozenset({1, 2, 6, 7})

# Maximum number of entries in the first directory. Cameras write up to two hundred entries.
MAX_ENTRIES = 1_000
# Maximum number of numbers in the first directory, since Pillow makes a Python object of each number. A palette of 16
# bits has 196,608 numbers.
MAX_VALUES = 250_000
# Maximum number of strips or tiles, since each strip or tile costs at least one call of the decoder. If each strip has
# one row, an image may have 20,000 rows.
MAX_SEGMENTS = 20_000
# Maximum number of pixels in a tile that is larger than its image. Programs write square tiles of 256 to 1024 pixels
# per side.
MAX_TILE_PIXELS = 2**20
# Maximum number of samples per pixel.
MAX_SAMPLES = 8
# Maximum number of bits per sample: the largest samples have 8 bytes.
MAX_BITS = 64
UNCOMPRESSED = 1
A_PLANE_A_SAMPLE = 2
JPEGS = frozenset({6, 7})
START_OF_SCAN = b"\xff\xda"
# Maximum number of scans in a strip or tile that is a JPEG. Each scan of a progressive JPEG costs time for every pixel;
# encoders write about ten scans.
MAX_SCANS_PER_SEGMENT = 40


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a directory.

    Attributes:
        kind: number of the type of its values.
        count: number of its values.
        place: position of its values in the file.
    """

    kind: int
    count: int
    place: int


@dataclass(frozen=True, slots=True)
class TiffLayout:
    """How a TIFF stores its first picture.

    Attributes:
        turned: True if the stored pixels are not upright.
        segment_bytes: size of an unpacked strip or tile, in bytes; 0 if the image is not compressed.
    """

    turned: bool
    segment_bytes: int


def check_tiff(data: bytes) -> TiffLayout:
    """Check that the first directory of a TIFF fits the file, and that decoding does not cost too much.

    Raises:
        TooManyPixels: a side is longer than `MAX_SIDE`.
        TruncatedImage: any other check failed.
    """
    order, entries = _first_directory(data)
    values = {tag: _value(data, order, entry) for tag, entry in entries.items() if tag in NUMBERS}
    width, height = values.get(IMAGE_WIDTH), values.get(IMAGE_LENGTH)
    if not width or not height:
        raise TruncatedImage("expected a width and a height in its first directory. Received: none")
    if max(width, height) > MAX_SIDE:
        raise TooManyPixels(width, height, MAX_SIDE * min(width, height))
    samples = values.get(SAMPLES_PER_PIXEL, 1)
    _expect("samples a pixel", samples, MAX_SAMPLES)
    bits = values.get(BITS_PER_SAMPLE, 1)
    _expect("bits a sample", bits, MAX_BITS)
    segments = _check_segments(entries, values, width, height, samples)
    compression = values.get(COMPRESSION, UNCOMPRESSED)
    if compression in JPEGS:
        _expect("scans", data.count(START_OF_SCAN), segments * MAX_SCANS_PER_SEGMENT, minimum=0)
    row_bytes = (width * samples * bits + 7) // 8
    plain = compression == UNCOMPRESSED
    if plain and row_bytes * height > len(data) * 2:
        # The limit is twice the size of the file, since subsampled chroma may halve the number of stored bytes.
        raise TruncatedImage(f"expected {row_bytes * height:,} bytes of pixels. Received: {len(data):,} bytes in all")
    return TiffLayout(values.get(ORIENTATION, 1) != 1, 0 if plain else _segment_bytes(values, width, height))


def _check_segments(entries: dict[int, Entry], values: dict[int, int], width: int, height: int, samples: int) -> int:
    """Check the number and size of the strips or tiles; return the number of strips or tiles."""
    planes = samples if values.get(PLANAR_CONFIGURATION) == A_PLANE_A_SAMPLE else 1
    if TILE_WIDTH in entries or TILE_LENGTH in entries or TILE_OFFSETS in entries:
        tile_width, tile_height = values.get(TILE_WIDTH, 0), values.get(TILE_LENGTH, 0)
        _expect("columns in a tile", tile_width, MAX_SIDE)
        _expect("rows in a tile", tile_height, MAX_SIDE)
        _expect("pixels in a tile", tile_width * tile_height, max(MAX_TILE_PIXELS, width * height))
        needed = -(-width // tile_width) * -(-height // tile_height) * planes
    else:
        rows = min(values.get(ROWS_PER_STRIP, height), height)
        _expect("rows in a strip", rows, MAX_SIDE)
        needed = -(-height // rows) * planes
    _expect("strips or tiles", needed, MAX_SEGMENTS)
    return needed


def _segment_bytes(values: dict[int, int], width: int, height: int) -> int:
    """Return the size of an unpacked strip or tile, in bytes."""
    if TILE_WIDTH in values:
        columns, rows = values[TILE_WIDTH], values[TILE_LENGTH]
    else:
        columns, rows = width, min(values.get(ROWS_PER_STRIP, height), height)
    samples = 1 if values.get(PLANAR_CONFIGURATION) == A_PLANE_A_SAMPLE else values.get(SAMPLES_PER_PIXEL, 1)
    return (columns * samples * values.get(BITS_PER_SAMPLE, 1) + 7) // 8 * rows


def byte_order(data: bytes) -> str:
    """Return the byte order of a TIFF, as a prefix for `struct`."""
    return "<" if data[:2] == b"II" else ">"


def _first_directory(data: bytes) -> tuple[str, dict[int, Entry]]:
    """Read the first directory; return the byte order, and the entry of each tag."""
    order, big = byte_order(data), is_big(data)
    try:
        (start,) = struct.unpack_from(order + ("Q" if big else "I"), data, 8 if big else 4)
    except struct.error:
        raise TruncatedImage("expected a directory. Received: the end of the file") from None
    return order, read_directory(data, start)


def is_big(data: bytes) -> bool:
    """Return whether a TIFF is a BigTIFF."""
    return data[2:3] == b"+"


def read_directory(data: bytes, start: int) -> dict[int, Entry]:
    """Read the directory at a position; return the entry of each tag.

    Raises:
        TruncatedImage: the directory does not fit the file, or is too large.
    """
    order, big = byte_order(data), is_big(data)
    try:
        (count,) = struct.unpack_from(order + ("Q" if big else "H"), data, start)
    except struct.error:
        raise TruncatedImage("expected a directory. Received: the end of the file") from None
    _expect("entries in its directory", count, MAX_ENTRIES)
    layout = struct.Struct(order + ("HHQ" if big else "HHI"))
    entry_bytes, inline_bytes = (20, 8) if big else (12, 4)
    start += 8 if big else 2
    if start + count * entry_bytes > len(data):
        raise TruncatedImage("expected the entries of its directory. Received: the end of the file")
    entries: dict[int, Entry] = {}
    total_bytes = values = 0
    for place in range(start, start + count * entry_bytes, entry_bytes):
        tag, kind, length = layout.unpack_from(data, place)
        place += layout.size
        size = TYPE_BYTES.get(kind, 1) * length
        if size > inline_bytes:
            (place,) = struct.unpack_from(order + ("Q" if big else "I"), data, place)
            total_bytes += size
        values += 0 if kind in BYTES else length
        entries.setdefault(tag, Entry(kind, length, place))
    for tag in (STRIP_OFFSETS, STRIP_BYTE_COUNTS, TILE_OFFSETS, TILE_BYTE_COUNTS):
        if tag in entries:
            _expect("strips or tiles", entries[tag].count, MAX_SEGMENTS)
    _expect("numbers in its directory", values, MAX_VALUES)
    # If values overlap in the file, the same bytes would be read many times.
    if total_bytes > len(data):
        raise TruncatedImage(f"expected {total_bytes:,} bytes of metadata. Received: {len(data):,} bytes in all")
    return entries


def _value(data: bytes, order: str, entry: Entry) -> int:
    """Read the largest number of an entry; only `BitsPerSample` may have several numbers."""
    code = UNSIGNED.get(entry.kind)
    if code is None or not entry.count:
        raise TruncatedImage(f"expected whole numbers in its directory. Received: a value of type {entry.kind}")
    count = min(entry.count, MAX_SAMPLES)
    try:
        return int(max(struct.unpack_from(f"{order}{count}{code}", data, entry.place)))
    except struct.error:
        raise TruncatedImage("expected the values of its directory. Received: the end of the file") from None


def _expect(name: str, received: int, maximum: int, *, minimum: int = 1) -> None:
    if not minimum <= received <= maximum:
        raise TruncatedImage(f"expected {minimum} to {maximum:,} {name}. Received: {received:,}")
