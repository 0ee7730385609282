"""The formats for exporting a model."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """Format of an exported model. The option `--format` takes these values."""

    LITERT = "litert"
    LITERT_FLOAT16 = "litert-float16"
    SAVED_MODEL = "saved-model"
    GRAPHDEF = "graphdef"
