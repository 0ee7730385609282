"""The formats for exporting a model."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """Format of an exported model; the values are those of `--format`."""

    LITERT = "litert"
    LITERT_FLOAT16 = "litert-float16"
    SAVED_MODEL = "saved-model"
    GRAPHDEF = "graphdef"
