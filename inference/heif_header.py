"""The items of a HEIC or AVIF file, compared with the pictures in them before those are decoded.

ISO/IEC 14496-12 (boxes, items), 23008-12 (HEIF); `coded_size` reads the pictures' own headers.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from inference.coded_size import av1_sizes, hevc_size, hevc_sizes
from inference.errors import NotAnImage, TruncatedImage

# What libheif reads at most; a photo of 200 megapixels in tiles of 512 has 800.
MAX_ITEMS = 1_000
# Of all kinds, which are walked through in Python.
MAX_BOXES = 20_000
# Coders fill up blocks of 64 pixels.
MAX_PADDING = 64
# Tiles stand over the right and lower edge; small images may have large ones.
MAX_SPARE_PIXELS = 2**22
MAX_DERIVATIONS = 3
HEVC_ITEMS = frozenset({b"hvc1", b"hev1"})
AV1_ITEMS = frozenset({b"av01"})
CODED_ITEMS = HEVC_ITEMS | AV1_ITEMS
LISTS = frozenset({b"pitm", b"iinf", b"iloc", b"iref", b"iprp", b"idat"})
ALPHA = frozenset({b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1"})
# Data of items in the box of that name.
IN_IDAT = 1
# Values a pixel by HEVC's format of chroma: grey, halved in both directions, in one, in none.
HEVC_SAMPLES = (1.0, 1.5, 2.0, 3.0)
PLAIN_PLANE_BYTES = 1.5
BROKEN = (struct.error, IndexError, EOFError, ValueError, KeyError)


@dataclass(frozen=True, slots=True)
class HeifPicture:
    """What decoding the first picture leads to.

    Attributes:
        width, height: in pixels, the largest that the container or the picture's own header tells.
        alpha: whether transparency comes with it.
        plane_bytes: a pixel, of luma and chroma: 1.5 of what cameras write, 6 at most.
    """

    width: int
    height: int
    alpha: bool
    plane_bytes: float = PLAIN_PLANE_BYTES

    @property
    def plain(self) -> bool:
        """Whether it is made up as cameras write it: 8 bits, halved chroma, no transparency."""
        return not self.alpha and self.plane_bytes == PLAIN_PLANE_BYTES


@dataclass(slots=True)
class _Meta:
    """Items by their numbers."""

    primary: int = 0
    kinds: dict[int, bytes] = field(default_factory=dict)
    extents: dict[int, tuple[int, list[tuple[int, int]]]] = field(default_factory=dict)
    properties: list[tuple[bytes, bytes]] = field(default_factory=list)
    assigned: dict[int, list[int]] = field(default_factory=dict)
    references: list[tuple[bytes, int, list[int]]] = field(default_factory=list)
    idat: bytes = b""


def check_heif(data: bytes) -> HeifPicture | None:
    """Compare what the container says of its pictures with what these say of themselves.

    Returns:
        The picture that is decoded; None of a file that has none but in a sequence.

    Raises:
        NotAnImage: it is composed of others in a way that is not read.
        TruncatedImage: the two differ, or there is more than a photo needs.
    """
    boxes = _Boxes()
    meta, sequence = None, None
    try:
        for kind, start, end in boxes.within(data, 0, len(data)):
            if kind == b"meta":
                if meta is not None:
                    raise TruncatedImage("expected one list of items. Received: several")
                meta = _read_meta(boxes, data, start + 4, end)
            elif kind == b"moov" and sequence is None:
                sequence = _check_sequence(boxes, data, start, end)
        picture = None if meta is None or not meta.primary else _check_items(meta, data)
    except BROKEN as error:
        raise TruncatedImage(f"expected a complete list of its items. Received: {error}") from None
    if picture is None or sequence is None:
        return picture or sequence
    return HeifPicture(
        max(picture.width, sequence.width), max(picture.height, sequence.height), True, picture.plane_bytes
    )


class _Boxes:
    """Walks through boxes, not endlessly."""

    def __init__(self) -> None:
        self._left = MAX_BOXES

    def within(self, data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
        """Yield the kind, and where the content starts and ends, of each box between two places."""
        while start + 8 <= end:
            self._left -= 1
            if self._left < 0:
                raise TruncatedImage(f"expected at most {MAX_BOXES:,} boxes. Received: more")
            size, kind = struct.unpack_from(">I4s", data, start)
            content = start + 8
            if size == 1:
                (size,) = struct.unpack_from(">Q", data, content)
                content += 8
            stop = end if size == 0 else start + size
            if stop < content:
                raise ValueError("a box that is shorter than its header")
            yield kind, content, min(stop, end)
            start = stop


def _read_meta(boxes: _Boxes, data: bytes, start: int, end: int) -> _Meta:
    meta = _Meta()
    seen: set[bytes] = set()
    for kind, at, stop in boxes.within(data, start, end):
        content = data[at:stop]
        if kind in LISTS and kind in seen:
            # One decoder would take the first, another the last.
            raise TruncatedImage(f"expected one box {kind.decode()}. Received: several")
        seen.add(kind)
        match kind:
            case b"pitm":
                (meta.primary,) = struct.unpack_from(">I" if content[0] else ">H", content, 4)
            case b"iinf":
                for entry, begin, close in boxes.within(content, 8 if content[0] else 6, len(content)):
                    if entry == b"infe":
                        number, item_kind = _read_item(content[begin:close])
                        if number in meta.kinds:
                            raise TruncatedImage("expected items with numbers of their own. Received: one twice")
                        meta.kinds[number] = item_kind
            case b"iloc":
                meta.extents = _read_extents(content)
            case b"iref":
                meta.references = list(_read_references(boxes, content))
            case b"iprp":
                for inner, begin, close in boxes.within(content, 0, len(content)):
                    if inner == b"ipco":
                        meta.properties = [(name, content[a:b]) for name, a, b in boxes.within(content, begin, close)]
                    elif inner == b"ipma":
                        for number, indices in _read_assignments(content[begin:close]).items():
                            meta.assigned.setdefault(number, []).extend(indices)
            case b"idat":
                meta.idat = content
    if len(meta.kinds) > MAX_ITEMS or len(meta.extents) > MAX_ITEMS:
        raise TruncatedImage(f"expected at most {MAX_ITEMS:,} items. Received: {len(meta.kinds):,}")
    return meta


def _read_item(content: bytes) -> tuple[int, bytes]:
    version = content[0]
    if version < 2:
        return int.from_bytes(content[4:6], "big"), b""
    layout = struct.Struct(">IH4s" if version > 2 else ">HH4s")
    number, _, kind = layout.unpack_from(content, 4)
    return number, kind


def _read_extents(content: bytes) -> dict[int, tuple[int, list[tuple[int, int]]]]:
    """Read where the data of items lie: in the file (0), or in the box `idat` (1)."""
    version = content[0]
    sizes = content[4] >> 4, content[4] & 15, content[5] >> 4, content[5] & 15 if version else 0
    offset_bytes, length_bytes, base_bytes, index_bytes = sizes
    number_bytes = 4 if version > 1 else 2
    position = 6

    def take(count: int) -> int:
        nonlocal position
        if position + count > len(content):
            raise EOFError("the end of the places")
        position += count
        return int.from_bytes(content[position - count : position], "big")

    places: dict[int, tuple[int, list[tuple[int, int]]]] = {}
    left = MAX_BOXES
    for _ in range(min(take(number_bytes), MAX_ITEMS + 1)):
        number = take(number_bytes)
        method = take(2) & 15 if version else 0
        if method > IN_IDAT or number in places:
            raise TruncatedImage("expected the data of each item in one place. Received: another item's, or two")
        take(2)
        base, count = take(base_bytes), take(2)
        left -= count
        if left < 0:
            raise TruncatedImage(f"expected at most {MAX_BOXES:,} pieces of data. Received: more")
        extents = []
        for _ in range(count):
            take(index_bytes)
            extents.append((base + take(offset_bytes), take(length_bytes)))
        places[number] = method, extents
    return places


def _read_references(boxes: _Boxes, content: bytes) -> Iterator[tuple[bytes, int, list[int]]]:
    code = "I" if content[0] else "H"
    for kind, start, _ in boxes.within(content, 4, len(content)):
        origin, count = struct.unpack_from(f">{code}H", content, start)
        targets = struct.unpack_from(f">{count}{code}", content, start + struct.calcsize(f">{code}H"))
        yield kind, origin, list(targets)


def _read_assignments(content: bytes) -> dict[int, list[int]]:
    """Read which properties, counted from 0, belong to which item."""
    version, wide = content[0], content[3] & 1
    (count,) = struct.unpack_from(">I", content, 4)
    assigned: dict[int, list[int]] = {}
    position = 8
    item = struct.Struct(">IB" if version else ">HB")
    for _ in range(min(count, MAX_ITEMS + 1)):
        number, indices = item.unpack_from(content, position)
        position += item.size
        values = struct.unpack_from(f">{indices}{'H' if wide else 'B'}", content, position)
        position += indices * (2 if wide else 1)
        assigned[number] = [(value & (0x7FFF if wide else 0x7F)) - 1 for value in values]
    return assigned


def _check_items(meta: _Meta, data: bytes) -> HeifPicture:
    extents = [extent for _, places in meta.extents.values() for extent in places]
    total = sum(length for _, length in extents)
    if total > 2 * len(data):
        raise TruncatedImage(f"expected its items in {len(data):,} bytes. Received: {total:,} bytes of items")
    for number, kind in meta.kinds.items():
        if kind in CODED_ITEMS:
            _check_coded(meta, number, data)
    width, height = _check_derived(meta, meta.primary, data, MAX_DERIVATIONS)
    tiles = {tile for kind, origin, to in meta.references if kind == b"dimg" and origin == meta.primary for tile in to}
    parts = tiles | {meta.primary}
    beside = [
        origin
        for kind, origin, to in meta.references
        if kind == b"auxl" and not parts.isdisjoint(to) and _is_alpha(meta, origin)
    ]
    _check_auxiliary(meta, beside, data, width * height)
    plane_bytes = max(_plane_bytes(meta, number) for number in parts)
    return HeifPicture(width, height, bool(beside), plane_bytes)


def _check_auxiliary(meta: _Meta, numbers: list[int], data: bytes, pixels: int) -> None:
    """See to it that transparency, of which each tile may have its own, is no larger than the picture."""
    received = 0
    for number in numbers:
        if meta.kinds.get(number) in CODED_ITEMS | {b"grid"}:
            width, height = _check_derived(meta, number, data, 0)
            received += width * height
    if received > 2 * pixels + MAX_SPARE_PIXELS:
        raise TruncatedImage(f"expected transparency for {pixels:,} pixels. Received: {received:,} pixels")


def _check_coded(meta: _Meta, number: int, data: bytes) -> None:
    """Compare the announced size of an item with what is in its data."""
    width, height = _announced(meta, number)
    content = _item_data(meta, number, data)
    sizes: list[tuple[int, int]] = []
    for name, value in _properties(meta, number):
        if name == b"av1C":
            sizes += av1_sizes(value[4:])
        elif name == b"hvcC":
            sizes += _hevc_configuration_sizes(value)
            sizes += hevc_sizes(content, (value[21] & 3) + 1)
    if meta.kinds[number] in AV1_ITEMS:
        sizes += av1_sizes(content)
    for coded_width, coded_height in sizes:
        if coded_width > width + MAX_PADDING or coded_height > height + MAX_PADDING:
            raise TruncatedImage(
                f"expected a picture of {width} x {height} pixels, as its header says. "
                f"Received: one of {coded_width} x {coded_height}"
            )


def _check_derived(meta: _Meta, number: int, data: bytes, depth: int) -> tuple[int, int]:
    """Find the size of a picture that may be composed of others."""
    kind = meta.kinds.get(number)
    if kind in CODED_ITEMS:
        return _announced(meta, number)
    sources = [to for name, origin, to in meta.references if name == b"dimg" and origin == number]
    tiles = [source for to in sources for source in to]
    if kind == b"iden" and len(tiles) == 1 and depth:
        return _check_derived(meta, tiles[0], data, depth - 1)
    if kind != b"grid" or not tiles or any(meta.kinds.get(tile) not in CODED_ITEMS for tile in tiles):
        raise NotAnImage(f"its pixels are composed in a way that is not read ({(kind or b'none').decode('latin-1')})")
    content = _item_data(meta, number, data)
    rows, columns = content[2] + 1, content[3] + 1
    width, height = struct.unpack_from(">II" if content[1] & 1 else ">HH", content, 4)
    if rows * columns != len(tiles):
        raise TruncatedImage(f"expected {rows * columns} tiles. Received: {len(tiles)}")
    areas = [tile_width * tile_height for tile_width, tile_height in (_announced(meta, tile) for tile in tiles)]
    if sum(areas) > 2 * width * height + MAX_SPARE_PIXELS:
        raise TruncatedImage(f"expected tiles that cover {width} x {height} pixels. Received: {sum(areas):,} pixels")
    return width, height


def _check_sequence(boxes: _Boxes, data: bytes, start: int, end: int) -> HeifPicture | None:
    """Compare what the tracks of an animation announce with what is in the first frame of each."""
    largest = (0, 0)
    for kind, at, stop in boxes.within(data, start, end):
        if kind != b"trak":
            continue
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


def _sample_table(boxes: _Boxes, data: bytes, start: int, end: int) -> dict[bytes, bytes]:
    """Collect the contents of the boxes in a track's table of samples."""
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


def _is_alpha(meta: _Meta, number: int) -> bool:
    """Whether an auxiliary picture is transparency; phones add gain maps and depth, which nobody decodes here."""
    return any(name == b"auxC" and value[4:].partition(b"\0")[0] in ALPHA for name, value in _properties(meta, number))


def _plane_bytes(meta: _Meta, number: int) -> float:
    """What a pixel takes in the decoder, by the configuration of an item."""
    for name, value in _properties(meta, number):
        if name == b"hvcC":
            return HEVC_SAMPLES[value[16] & 3] * (2 if value[17] & 7 else 1)
        if name == b"av1C":
            deep, grey, narrow, low = (bool(value[2] & bit) for bit in (64, 16, 8, 4))
            samples = 1.0 if grey else 1 + 2 / ((2 if narrow else 1) * (2 if low else 1))
            return samples * (2 if deep else 1)
    return PLAIN_PLANE_BYTES


def _announced(meta: _Meta, number: int) -> tuple[int, int]:
    for name, value in _properties(meta, number):
        if name == b"ispe":
            width, height = struct.unpack_from(">II", value, 4)
            return width, height
    raise TruncatedImage("expected the size of each picture. Received: none of one")


def _properties(meta: _Meta, number: int) -> Iterator[tuple[bytes, bytes]]:
    for index in meta.assigned.get(number, []):
        if 0 <= index < len(meta.properties):
            yield meta.properties[index]


def _item_data(meta: _Meta, number: int, data: bytes) -> bytes:
    method, extents = meta.extents.get(number, (0, []))
    source = meta.idat if method == IN_IDAT else data
    return b"".join(source[offset : offset + length] for offset, length in extents)


def _hevc_configuration_sizes(value: bytes) -> Iterator[tuple[int, int]]:
    """Yield the sizes in the parameter sets of a `hvcC` box."""
    position = 23
    for _ in range(value[22]):
        kind, count = value[position] & 63, int.from_bytes(value[position + 1 : position + 3], "big")
        position += 3
        for _ in range(count):
            size = int.from_bytes(value[position : position + 2], "big")
            if position + 2 + size > len(value):
                raise EOFError("the end of the parameter sets")
            if kind == 33:
                yield hevc_size(value[position + 2 : position + 2 + size])
            position += 2 + size
