"""The formats that a model is exported in."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """What other programs read; by the names that users type."""

    LITERT = "litert"
    LITERT_FLOAT16 = "litert-float16"
    SAVED_MODEL = "saved-model"
    GRAPHDEF = "graphdef"
