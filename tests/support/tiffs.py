"""TIFF files built by hand, with content that no encoder writes."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TypeAlias

# Tag, type (1: byte, 3: short, 4: long, 16: long of 8 bytes) and values.
Entry: TypeAlias = tuple[int, int, Sequence[int]]
CODES = {1: "B", 3: "H", 4: "I", 16: "Q"}


def tiff(entries: Sequence[Entry], *, pixels: bytes = b"", order: str = "<", big: bool = False) -> bytes:
    """Write a TIFF with one directory, which comes after the pixels: those begin at byte 16."""
    offset, inline, head = ("Q", 8, "HHQ") if big else ("I", 4, "HHI")
    start = 16 + len(pixels)
    body = len(entries) * (20 if big else 12) + (8 if big else 2) + inline
    directory, values = struct.pack(order + ("Q" if big else "H"), len(entries)), b""
    for tag, kind, numbers in entries:
        content = struct.pack(f"{order}{len(numbers)}{CODES[kind]}", *numbers)
        directory += struct.pack(order + head, tag, kind, len(numbers))
        if len(content) > inline:
            directory += struct.pack(order + offset, start + body + len(values))
            values += content
        else:
            directory += content.ljust(inline, b"\0")
    mark = b"II" if order == "<" else b"MM"
    version = struct.pack(order + "HHH", 43, 8, 0) if big else struct.pack(order + "H", 42)
    header = (mark + version + struct.pack(order + offset, start)).ljust(16, b"\0")
    return header + pixels + directory + bytes(inline) + values


def plain_entries(width: int, height: int, **changed: Sequence[int]) -> list[Entry]:
    """Entries of a grey image whose pixels begin at byte 16, some of them changed, by their names."""
    values: dict[str, Sequence[int]] = {
        "width": [width],
        "height": [height],
        "bits": [8],
        "compression": [1],
        "photometric": [1],
        "offsets": [16],
        "samples": [1],
        "rows": [height],
        "counts": [width * height],
    } | changed
    tags = {
        "width": 256,
        "height": 257,
        "bits": 258,
        "compression": 259,
        "photometric": 262,
        "offsets": 273,
        "samples": 277,
        "rows": 278,
        "counts": 279,
        "planes": 284,
        "predictor": 317,
        "tile_width": 322,
        "tile_height": 323,
        "tile_offsets": 324,
        "tile_counts": 325,
    }
    return [(tags[name], 4, numbers) for name, numbers in sorted(values.items(), key=lambda item: tags[item[0]])]
