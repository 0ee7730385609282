"""Checks of a HEIC or AVIF file before decoding: its items must match the headers of the coded pictures.

`heif_items` reads the items, `coded_size` reads the headers.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from inference.errors import NotAnImage, TruncatedImage
from inference.images.coded_size import HEVC_SEQUENCE_PARAMETERS, MAX_UNITS, av1_sizes, hevc_size, hevc_sizes
from inference.images.heif_items import Boxes, Items, read_items

# Maximum difference between a coded side and the announced side, in pixels. Encoders pad to blocks of 64 pixels.
MAX_PADDING = 64
# Number of pixels by which all tiles together may exceed twice the picture. Tiles may extend beyond the right and lower
# edge, and even small images may have large tiles.
MAX_SPARE_PIXELS = 2**22
MAX_DERIVATIONS = 3
# Maximum number of tracks, since the check copies the first frame of each track. An animation has one track for colours
# and one track for transparency.
MAX_TRACKS = 8
# Maximum number of headers, since reading a header takes about 40 us. A photo of 200 megapixels has 800 tiles, and each
# tile has one configuration.
MAX_HEADERS = 4_000
HEVC_ITEMS = frozenset({b"hvc1", b"hev1"})
AV1_ITEMS = frozenset({b"av01"})
CODED_ITEMS = HEVC_ITEMS | AV1_ITEMS
ALPHA = frozenset({b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1"})
# Number of values per pixel, by the number of HEVC's chroma format: grey, 4:2:0, 4:2:2, 4:4:4.
HEVC_SAMPLES = (1.0, 1.5, 2.0, 3.0)
PLAIN_PLANE_BYTES = 1.5
BROKEN = (struct.error, IndexError, EOFError, ValueError, KeyError)


@dataclass(frozen=True, slots=True)
class HeifPicture:
    """The picture that a decoder would decode.

    Attributes:
        width, height: announced size in pixels; the larger one if the file has both a picture and a sequence.
        alpha: True if the decoder also decodes transparency.
        plane_bytes: bytes per pixel of luma and chroma: 1.5 for pictures of cameras, 6 at most.
    """

    width: int
    height: int
    alpha: bool
    plane_bytes: float = PLAIN_PLANE_BYTES

    @property
    def plain(self) -> bool:
        """True if the picture is stored as cameras store photos: 8 bits, 4:2:0 chroma, no transparency."""
        return not self.alpha and self.plane_bytes == PLAIN_PLANE_BYTES


def check_heif(data: bytes) -> HeifPicture | None:
    """Compare the sizes in the container with the sizes in the headers of the coded pictures.

    Returns:
        The picture that a decoder would decode; None if the file has neither a primary item nor a sequence.

    Raises:
        NotAnImage: the picture is derived from other pictures in an unsupported way.
        TruncatedImage: the sizes differ, or the file has more parts than a photo needs.
    """
    boxes = Boxes()
    items, sequence = None, None
    try:
        for kind, start, end in boxes.within(data, 0, len(data)):
            if kind == b"meta":
                if items is not None:
                    raise TruncatedImage("expected one list of items. Received: several")
                items = read_items(boxes, data, start + 4, end)
            elif kind == b"moov" and sequence is None:
                sequence = _check_sequence(boxes, data, start, end)
        picture = None if items is None or not items.primary else _check_items(items, data)
    except BROKEN as error:
        raise TruncatedImage(f"expected a complete list of its items. Received: {error}") from None
    if picture is None or sequence is None:
        return picture or sequence
    return HeifPicture(
        max(picture.width, sequence.width), max(picture.height, sequence.height), True, picture.plane_bytes
    )


def _check_items(items: Items, data: bytes) -> HeifPicture:
    extents = [extent for _, places in items.extents.values() for extent in places]
    total = sum(length for _, length in extents)
    if total > 2 * len(data):
        raise TruncatedImage(f"expected its items in {len(data):,} bytes. Received: {total:,} bytes of items")
    headers = 0
    for number, kind in items.kinds.items():
        if kind in CODED_ITEMS:
            headers += _check_coded(items, number, data, MAX_HEADERS - headers)
    width, height = _check_derived(items, items.primary, data, MAX_DERIVATIONS)
    parts = _parts(items)
    alpha_items = [
        origin
        for kind, origin, to in items.references
        if kind == b"auxl" and not parts.isdisjoint(to) and _is_alpha(items, origin)
    ]
    _check_auxiliary(items, alpha_items, data, width * height)
    plane_bytes = max(_plane_bytes(items, number) for number in parts)
    return HeifPicture(width, height, bool(alpha_items), plane_bytes)


def _parts(items: Items) -> set[int]:
    """Return the numbers of the primary item and of all items that it is composed of."""
    sources: dict[int, list[int]] = {}
    for kind, origin, to in items.references:
        if kind == b"dimg":
            sources.setdefault(origin, []).extend(to)
    parts, waiting = set(), [items.primary]
    while waiting:
        number = waiting.pop()
        if number not in parts:
            parts.add(number)
            waiting += sources.get(number, [])
    return parts


def _check_auxiliary(items: Items, numbers: list[int], data: bytes, pixels: int) -> None:
    """Check that all transparency items together do not have far more pixels than the picture."""
    received = 0
    for number in numbers:
        width, height = _check_derived(items, number, data, MAX_DERIVATIONS)
        received += width * height
    if received > 2 * pixels + MAX_SPARE_PIXELS:
        raise TruncatedImage(f"expected transparency for {pixels:,} pixels. Received: {received:,} pixels")


def _check_coded(items: Items, number: int, data: bytes, max_headers: int) -> int:
    """Compare the announced size of an item with the sizes in its headers; return the number of headers."""
    width, height = _announced(items, number)
    headers = 0
    for coded_width, coded_height in _coded_sizes(items, number, data):
        headers += 1
        if headers > max_headers:
            raise TruncatedImage(f"expected at most {MAX_HEADERS:,} headers of its pictures. Received: more")
        if coded_width > width + MAX_PADDING or coded_height > height + MAX_PADDING:
            raise TruncatedImage(
                f"expected a picture of {width} x {height} pixels, as its header says. "
                f"Received: one of {coded_width} x {coded_height}"
            )
    return headers


def _coded_sizes(items: Items, number: int, data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the sizes in the headers of an item; the headers are in its properties and in its data."""
    content = items.data_of(number, data)
    for name, value in items.properties_of(number):
        if name == b"av1C":
            yield from av1_sizes(value[4:])
        elif name == b"hvcC":
            yield from _hevc_configuration_sizes(value)
            yield from hevc_sizes(content, (value[21] & 3) + 1)
    if items.kinds[number] in AV1_ITEMS:
        yield from av1_sizes(content)


def _check_derived(items: Items, number: int, data: bytes, depth: int) -> tuple[int, int]:
    """Return the width and height of a picture, which may be composed of other pictures."""
    kind = items.kinds.get(number)
    if kind in CODED_ITEMS:
        return _announced(items, number)
    sources = [to for name, origin, to in items.references if name == b"dimg" and origin == number]
    tiles = [source for to in sources for source in to]
    if kind == b"iden" and len(tiles) == 1 and depth:
        return _check_derived(items, tiles[0], data, depth - 1)
    if kind != b"grid" or not tiles or any(items.kinds.get(tile) not in CODED_ITEMS for tile in tiles):
        raise NotAnImage(f"its pixels are composed in a way that is not read ({(kind or b'none').decode('latin-1')})")
    content = items.data_of(number, data)
    rows, columns = content[2] + 1, content[3] + 1
    width, height = struct.unpack_from(">II" if content[1] & 1 else ">HH", content, 4)
    if rows * columns != len(tiles):
        raise TruncatedImage(f"expected {rows * columns} tiles. Received: {len(tiles)}")
    areas = [tile_width * tile_height for tile_width, tile_height in (_announced(items, tile) for tile in tiles)]
    if sum(areas) > 2 * width * height + MAX_SPARE_PIXELS:
        raise TruncatedImage(f"expected tiles that cover {width} x {height} pixels. Received: {sum(areas):,} pixels")
    return width, height


def _check_sequence(boxes: Boxes, data: bytes, start: int, end: int) -> HeifPicture | None:
    """Compare the announced size of each track of an animation with the size in its first frame."""
    largest, tracks = (0, 0), 0
    for kind, at, stop in boxes.within(data, start, end):
        if kind != b"trak":
            continue
        tracks += 1
        if tracks > MAX_TRACKS:
            raise TruncatedImage(f"expected at most {MAX_TRACKS} tracks. Received: more")
        table = _sample_table(boxes, data, at, stop)
        entry = table.get(b"stsd", b"")[12:]
        if entry[:4] not in AV1_ITEMS:
            continue
        width, height = struct.unpack_from(">HH", entry, 28)
        largest = max(largest[0], width), max(largest[1], height)
        for coded_width, coded_height in av1_sizes(_first_sample(table, data)):
            if coded_width > width + MAX_PADDING or coded_height > height + MAX_PADDING:
                raise TruncatedImage(
                    f"expected frames of {width} x {height} pixels, as their track says. "
                    f"Received: one of {coded_width} x {coded_height}"
                )
    return HeifPicture(*largest, alpha=True) if all(largest) else None


def _sample_table(boxes: Boxes, data: bytes, start: int, end: int) -> dict[bytes, bytes]:
    """Collect the contents of the boxes in a track's sample table."""
    table: dict[bytes, bytes] = {}
    for kind, at, stop in boxes.within(data, start, end):
        if kind in (b"mdia", b"minf", b"stbl"):
            table |= _sample_table(boxes, data, at, stop)
        elif kind in (b"stsd", b"stco", b"co64", b"stsz"):
            table.setdefault(kind, data[at:stop])
    return table


def _first_sample(table: dict[bytes, bytes], data: bytes) -> bytes:
    same_size, count = struct.unpack_from(">II", table[b"stsz"], 4)
    size = same_size or struct.unpack_from(">I", table[b"stsz"], 12)[0] if count else 0
    if b"co64" in table:
        (offset,) = struct.unpack_from(">Q", table[b"co64"], 8)
    else:
        (offset,) = struct.unpack_from(">I", table[b"stco"], 8)
    return data[offset : offset + size]


def _is_alpha(items: Items, number: int) -> bool:
    """Return True if an auxiliary picture is transparency; the gain maps and depth maps of phones are not decoded."""
    return any(
        name == b"auxC" and value[4:].partition(b"\0")[0] in ALPHA for name, value in items.properties_of(number)
    )


def _plane_bytes(items: Items, number: int) -> float:
    """Return the bytes per pixel that an item's planes take in the decoder, computed from the item's configuration."""
    for name, value in items.properties_of(number):
        if name == b"hvcC":
            return HEVC_SAMPLES[value[16] & 3] * (2 if value[17] & 7 else 1)
        if name == b"av1C":
            deep, grey, narrow, low = (bool(value[2] & bit) for bit in (64, 16, 8, 4))
            samples = 1.0 if grey else 1 + 2 / ((2 if narrow else 1) * (2 if low else 1))
            return samples * (2 if deep else 1)
    return PLAIN_PLANE_BYTES


def _announced(items: Items, number: int) -> tuple[int, int]:
    for name, value in items.properties_of(number):
        if name == b"ispe":
            width, height = struct.unpack_from(">II", value, 4)
            return width, height
    raise TruncatedImage("expected the size of each picture. Received: none of one")


def _hevc_configuration_sizes(value: bytes) -> Iterator[tuple[int, int]]:
    """Yield the sizes in the parameter sets of a `hvcC` box.

    Raises:
        EOFError: a parameter set is cut off.
        ValueError: more than `MAX_UNITS` parameter sets.
    """
    position, units = 23, 0
    for _ in range(value[22]):
        kind, count = value[position] & 63, int.from_bytes(value[position + 1 : position + 3], "big")
        position += 3
        units += count
        if units > MAX_UNITS:
            raise ValueError("too many parameter sets")
        for _ in range(count):
            size = int.from_bytes(value[position : position + 2], "big")
            if position + 2 + size > len(value):
                raise EOFError("the end of the parameter sets")
            if kind == HEVC_SEQUENCE_PARAMETERS:
                yield hevc_size(value[position + 2 : position + 2 + size])
            position += 2 + size
