"""HEIC and AVIF files, built by hand around encoded pictures."""

from __future__ import annotations

import struct
from collections.abc import Sequence


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def full_box(kind: bytes, content: bytes, *, version: int = 0, flags: int = 0) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags) + content)


def property_of(data: bytes, kind: bytes) -> bytes:
    """Cut the first box of a kind out of a file."""
    start = data.index(kind) - 4
    return data[start : start + int.from_bytes(data[start : start + 4], "big")]


def size_property(width: int, height: int) -> bytes:
    return full_box(b"ispe", struct.pack(">II", width, height))


def heif(
    items: Sequence[tuple[bytes, bytes, Sequence[int]]],
    properties: Sequence[bytes],
    references: Sequence[tuple[bytes, int, Sequence[int]]] = (),
    *,
    brand: bytes = b"heic",
    shared_data: bool = False,
) -> bytes:
    """Write a file whose first item is the picture.

    Args:
        items: kind, data and the numbers of properties, counted from 1, of each item.
        properties: boxes.
        references: kind, number of the item that refers, counted from 1, and of those that it refers to.
        brand: of the file.
        shared_data: store the data of the last item only, and have all items use that.
    """
    start = box(b"ftyp", brand + bytes(4) + b"mif1" + brand)
    contents = [data for _, data, _ in items]

    def meta(offset: int) -> bytes:
        infos = b"".join(
            full_box(b"infe", struct.pack(">HH4s", number, 0, kind) + b"\0", version=2)
            for number, (kind, _, _) in enumerate(items, 1)
        )
        places = b""
        position = offset
        for number, data in enumerate(contents, 1):
            size = len(contents[-1]) if shared_data else len(data)
            places += struct.pack(">HHHII", number, 0, 1, position, size)
            position += 0 if shared_data else size
        assigned = b"".join(
            struct.pack(">HB", number, len(numbers)) + bytes(numbers) for number, (_, _, numbers) in enumerate(items, 1)
        )
        refs = b"".join(
            box(kind, struct.pack(f">HH{len(to)}H", origin, len(to), *to)) for kind, origin, to in references
        )
        return full_box(
            b"meta",
            full_box(b"hdlr", bytes(4) + b"pict" + bytes(13))
            + full_box(b"pitm", struct.pack(">H", 1))
            + full_box(b"iinf", struct.pack(">H", len(items)) + infos)
            + full_box(b"iloc", struct.pack(">BBH", 0x44, 0, len(items)) + places)
            + box(
                b"iprp",
                box(b"ipco", b"".join(properties)) + full_box(b"ipma", struct.pack(">I", len(items)) + assigned),
            )
            + (full_box(b"iref", refs) if references else b""),
        )

    size = len(start) + len(meta(0)) + 8
    return start + meta(size) + box(b"mdat", contents[-1] if shared_data else b"".join(contents))
