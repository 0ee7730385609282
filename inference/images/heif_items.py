"""Reading of the boxes of a HEIC or AVIF file, and of the items that the boxes list.

ISO/IEC 14496-12 (boxes, items), 23008-12 (HEIF).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from inference.errors import TruncatedImage

# Maximum number of items, the same as in libheif. A photo of 200 megapixels in tiles of 512 pixels has 800 items.
MAX_ITEMS = 1_000
# Maximum number of boxes in a file. Each box takes time, since Python reads the boxes one by one.
MAX_BOXES = 20_000
LISTS = frozenset({b"pitm", b"iinf", b"iloc", b"iref", b"iprp", b"idat"})
# Construction method of `iloc`: the item's data is in the box `idat`.
IN_IDAT = 1


@dataclass(slots=True)
class Items:
    """The items of a file. The keys of all dictionaries are the numbers of items.

    Attributes:
        primary: number of the picture to show; 0 if there is none.
        kinds: kind of each item, four bytes.
        extents: place of each item's data: the file (0) or the box `idat` (1), and (offset, length) pairs in bytes.
        properties: kind and content of each property, in the order of the file.
        assigned: indices of each item's properties in `properties`.
        references: kind of each reference, number of the item that refers, and numbers of the items that it refers to.
        idat: content of the box `idat`.
    """

    primary: int = 0
    kinds: dict[int, bytes] = field(default_factory=dict)
    extents: dict[int, tuple[int, list[tuple[int, int]]]] = field(default_factory=dict)
    properties: list[tuple[bytes, bytes]] = field(default_factory=list)
    assigned: dict[int, list[int]] = field(default_factory=dict)
    references: list[tuple[bytes, int, list[int]]] = field(default_factory=list)
    idat: bytes = b""

    def properties_of(self, number: int) -> Iterator[tuple[bytes, bytes]]:
        """Yield the kind and content of each property of an item."""
        for index in self.assigned.get(number, []):
            if 0 <= index < len(self.properties):
                yield self.properties[index]

    def data_of(self, number: int, data: bytes) -> bytes:
        """Return the data of an item; `data` is the content of the file."""
        method, extents = self.extents.get(number, (0, []))
        source = self.idat if method == IN_IDAT else data
        return b"".join(source[offset : offset + length] for offset, length in extents)


class Boxes:
    """Reads the boxes of a file one after another, at most `MAX_BOXES` boxes in all."""

    def __init__(self) -> None:
        self._remaining = MAX_BOXES

    def within(self, data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
        """Yield the kind of each box between two positions, and the start and end of the box's content.

        Raises:
            TruncatedImage: more than `MAX_BOXES` boxes.
            ValueError, struct.error: a box is damaged.
        """
        while start + 8 <= end:
            self._remaining -= 1
            if self._remaining < 0:
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


def read_items(boxes: Boxes, data: bytes, start: int, end: int) -> Items:
    """Read the items that a box `meta` lists; `start` is the position after the version field of the box.

    Raises:
        TruncatedImage: too many items, or lists that two decoders would read differently.
        EOFError, IndexError, ValueError, struct.error: the box is damaged.
    """
    items = Items()
    seen: set[bytes] = set()
    for kind, at, stop in boxes.within(data, start, end):
        content = data[at:stop]
        if kind in LISTS and kind in seen:
            # Some decoders use the first list, and other decoders use the last list.
            raise TruncatedImage(f"expected one box {kind.decode()}. Received: several")
        seen.add(kind)
        match kind:
            case b"pitm":
                (items.primary,) = struct.unpack_from(">I" if content[0] else ">H", content, 4)
            case b"iinf":
                for entry, begin, close in boxes.within(content, 8 if content[0] else 6, len(content)):
                    if entry == b"infe":
                        number, item_kind = _read_item(content[begin:close])
                        if number in items.kinds:
                            raise TruncatedImage("expected items with numbers of their own. Received: one twice")
                        items.kinds[number] = item_kind
            case b"iloc":
                items.extents = _read_extents(content)
            case b"iref":
                items.references = list(_read_references(boxes, content))
            case b"iprp":
                for inner, begin, close in boxes.within(content, 0, len(content)):
                    if inner == b"ipco":
                        items.properties = [(name, content[a:b]) for name, a, b in boxes.within(content, begin, close)]
                    elif inner == b"ipma":
                        for number, indices in _read_assignments(content[begin:close]).items():
                            items.assigned.setdefault(number, []).extend(indices)
            case b"idat":
                items.idat = content
    if len(items.kinds) > MAX_ITEMS or len(items.extents) > MAX_ITEMS:
        raise TruncatedImage(f"expected at most {MAX_ITEMS:,} items. Received: {len(items.kinds):,}")
    return items


def _read_item(content: bytes) -> tuple[int, bytes]:
    version = content[0]
    if version < 2:
        return int.from_bytes(content[4:6], "big"), b""
    layout = struct.Struct(">IH4s" if version > 2 else ">HH4s")
    number, _, kind = layout.unpack_from(content, 4)
    return number, kind


def _read_extents(content: bytes) -> dict[int, tuple[int, list[tuple[int, int]]]]:
    """Read the place of each item's data; see `Items.extents`."""
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


def _read_references(boxes: Boxes, content: bytes) -> Iterator[tuple[bytes, int, list[int]]]:
    code = "I" if content[0] else "H"
    for kind, start, _ in boxes.within(content, 4, len(content)):
        origin, count = struct.unpack_from(f">{code}H", content, start)
        targets = struct.unpack_from(f">{count}{code}", content, start + struct.calcsize(f">{code}H"))
        yield kind, origin, list(targets)


def _read_assignments(content: bytes) -> dict[int, list[int]]:
    """Read the indices of each item's properties, counted from 0."""
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
