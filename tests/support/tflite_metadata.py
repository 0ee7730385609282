"""Metadata of .tflite files, in the tables of TFLite's metadata schema, and zip archives after them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tests.support.networks import edited


def with_metadata(
    content: bytes,
    *,
    mean: Sequence[float] | None = None,
    std: Sequence[float] = (1.0,),
    labels: str | None = None,
    files: Mapping[str, str | bytes] | None = None,
) -> bytes:
    """Add metadata to a file.

    Args:
        content: a .tflite file.
        mean: mean of the input's normalisation; None for no normalisation.
        std: deviation of the input's normalisation.
        labels: name of the file with a label for each value of the output; None for none.
        files: contents of the files in the archive by their names; None for no archive.
    """

    def add(model: schema.ModelT) -> None:
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(_tables(mean, std, labels), np.uint8)
        model.buffers.append(buffer)
        entry = schema.MetadataT()
        entry.name, entry.buffer = "TFLITE_METADATA", len(model.buffers) - 1
        model.metadata = [entry]

    content = edited(content, add) if mean is not None or labels is not None else content
    return content if files is None else with_files(content, files)


def with_files(content: bytes, files: Mapping[str, str | bytes]) -> bytes:
    """Append a zip archive to a file."""
    file = io.BytesIO(content)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return file.getvalue()


def _tables(mean: Sequence[float] | None, std: Sequence[float], labels: str | None) -> bytes:
    builder = flatbuffers.Builder()

    def vector(items: Sequence[int]) -> int:
        builder.StartVector(4, len(items), 4)
        for item in reversed(items):
            builder.PrependUOffsetTRelative(item)
        return int(builder.EndVector())

    def table(size: int, fields: Mapping[int, int], kinds: Mapping[int, int] | None = None) -> int:
        builder.StartObject(size)
        for number, value in (kinds or {}).items():
            builder.PrependUint8Slot(number, value, 0)
        for number, offset in fields.items():
            builder.PrependUOffsetTRelativeSlot(number, offset, 0)
        return int(builder.EndObject())

    inputs, outputs = {}, {}
    if mean is not None:
        numbers = {
            number: int(builder.CreateNumpyVector(np.array(each, np.float32))) for number, each in ((0, mean), (1, std))
        }
        unit = table(2, {1: table(2, numbers)}, {0: 1})
        inputs[4] = vector([unit])
    if labels is not None:
        outputs[6] = vector([table(5, {0: int(builder.CreateString(labels))}, {2: 2})])
    subgraph = table(10, {2: vector([table(7, inputs)]), 3: vector([table(7, outputs)])})
    builder.Finish(table(8, {3: vector([subgraph])}), file_identifier=b"M001")
    return bytes(builder.Output())
