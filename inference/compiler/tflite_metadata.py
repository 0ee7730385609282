"""Metadata of .tflite files: labels in a zip archive after the network, and the normalisation of the input.

The tables are those of TFLite's metadata schema (tensorflow/lite/metadata_schema.fbs). All of it is written by others:
sizes are limited, nothing is unpacked to disk, and damaged metadata counts as absent.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Container, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from ai_edge_litert import schema_py_generated as schema
from flatbuffers import number_types
from flatbuffers.table import Table

from inference.errors import ModelError
from inference.models.labels import parse_labels

METADATA = b"TFLITE_METADATA"
# Numbers of the fields in their tables.
MODEL_SUBGRAPHS, SUBGRAPH_INPUTS, SUBGRAPH_OUTPUTS, TENSOR_UNITS, TENSOR_FILES = 3, 2, 3, 4, 6
UNIT_TYPE, UNIT_OPTIONS, FILE_NAME, FILE_TYPE = 0, 1, 0, 2
# Values of enumerations: options of a normalisation; files with a label for each output.
NORMALIZATION_OPTIONS, AXIS_LABELS = 1, 2
# Limits on untrusted counts.
MAX_ITEMS = 64
MAX_MEMBERS = 100
# Limit on a text, and on all texts together, in bytes: twice the size of a file for ImageNet's 21,841 classes.
MAX_TEXT = 1_000_000
DAMAGE = (struct.error, LookupError, TypeError, ValueError, AttributeError, ArithmeticError)
ZIP_DAMAGE = (*DAMAGE, OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Normalization:
    """What the author of a file says about its input: it is (pixel - mean) / std, with pixels in [0, 255].

    Attributes:
        mean, std: float32 (1,) or (3,), `std` above 0.
    """

    mean: Floats
    std: Floats

    def bounds(self) -> tuple[Floats, Floats]:
        """Return the input values for the pixel values 0 and 255, (1,) or (3,) each."""
        return -self.mean / self.std, (255 - self.mean) / self.std


def embedded_labels(content: bytes, model: schema.ModelT, classes: int) -> tuple[str | None, ...] | None:
    """Return the labels inside a file; None if there are none that fit, or several that differ.

    Args:
        content: content of the file.
        model: tables of the file.
        classes: number of the network's outputs.
    """
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return None
    named = _label_files(model)
    found: dict[str, tuple[str | None, ...]] = {}
    for name, text in _texts(content, named):
        try:
            found[name] = parse_labels(text, classes)
        except ModelError:
            continue
    chosen = [labels for name, labels in found.items() if name in named] or [*found.values()]
    return chosen[0] if len({*chosen}) == 1 else None


def read_normalization(model: schema.ModelT) -> Normalization | None:
    """Return the normalisation of the first input; None if the file does not tell it."""
    try:
        for unit in _items(_tensor(model, SUBGRAPH_INPUTS), TENSOR_UNITS):
            if _byte(unit, UNIT_TYPE) == NORMALIZATION_OPTIONS and (options := _child(unit, UNIT_OPTIONS)) is not None:
                mean, std = _floats(options, 0), _floats(options, 1)
                if mean.size in (1, 3) and std.size in (1, 3) and (std > 0).all() and np.isfinite([*mean, *std]).all():
                    return Normalization(mean, std)
    except DAMAGE:
        pass
    return None


def _label_files(model: schema.ModelT) -> set[str]:
    """Return the names of the files that the metadata names as labels of the first output."""
    try:
        files = _items(_tensor(model, SUBGRAPH_OUTPUTS), TENSOR_FILES)
        return {_text(file, FILE_NAME) for file in files if _byte(file, FILE_TYPE) == AXIS_LABELS}
    except DAMAGE:
        return set()


def _texts(content: bytes, named: Container[str]) -> Iterator[tuple[str, str]]:
    """Yield the names and the contents of the text files in a file's zip archive, those in `named` first."""
    left = MAX_TEXT
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = sorted(archive.infolist(), key=lambda info: info.filename not in named)
            for info in members[:MAX_MEMBERS]:
                if info.is_dir() or not info.filename.endswith((".txt", ".csv", ".json", ".names")):
                    continue
                with archive.open(info) as member:
                    text = member.read(left + 1)
                if len(text) <= left:
                    left -= len(text)
                    yield info.filename, text.decode("utf-8").replace("\r\n", "\n")
    except ZIP_DAMAGE:
        return


def _tensor(model: schema.ModelT, field: int) -> Table | None:
    """Return the metadata of the first input or output of the first subgraph."""
    entry = next((entry for entry in model.metadata or () if entry.name == METADATA), None)
    data = None if entry is None else model.buffers[entry.buffer].data
    if data is None or len(data) < 8:
        return None
    buffer = bytes(data)
    root = Table(buffer, struct.unpack_from("<I", buffer)[0])
    subgraph = next(_items(root, MODEL_SUBGRAPHS), None)
    return next(_items(subgraph, field), None)


def _offset(table: Table, field: int) -> int:
    """Return the position of a field's value; 0 if the table lacks the field."""
    offset = int(table.Offset(4 + 2 * field))
    return offset and offset + int(table.Pos)


def _child(table: Table, field: int) -> Table | None:
    position = _offset(table, field)
    return Table(table.Bytes, table.Indirect(position)) if position else None


def _items(table: Table | None, field: int) -> Iterator[Table]:
    """Yield the tables of a vector, at most `MAX_ITEMS`."""
    if table is None or not (offset := int(table.Offset(4 + 2 * field))):
        return
    start = int(table.Vector(offset))
    for number in range(min(int(table.VectorLen(offset)), MAX_ITEMS)):
        yield Table(table.Bytes, table.Indirect(start + 4 * number))


def _floats(table: Table, field: int) -> Floats:
    offset = int(table.Offset(4 + 2 * field))
    if not offset or int(table.VectorLen(offset)) > MAX_ITEMS:
        return np.zeros(0, np.float32)
    return np.asarray(table.GetVectorAsNumpy(number_types.Float32Flags, offset), np.float32)


def _byte(table: Table, field: int) -> int:
    position = _offset(table, field)
    return int(table.Get(number_types.Uint8Flags, position)) if position else 0


def _text(table: Table, field: int) -> str:
    position = _offset(table, field)
    return bytes(table.String(position)).decode() if position else ""
