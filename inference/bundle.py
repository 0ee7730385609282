"""A model on disk: a folder with the network's file, labels.txt and model.json."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from inference.errors import ModelError

FORMAT = 1
SPEC_FILE = "model.json"
LABELS_FILE = "labels.txt"
LITERT_FILE = "model.tflite"


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """What a program must know of a model before it loads it; model.json holds exactly these fields.

    Attributes:
        name: as users type it.
        version: 12 hexadecimal digits of the SHA-256 over the network's file, the labels and the settings below.
        height, width: of the input, in pixels.
        input_range: what pixel values 0 and 255 become for the network, as (low, high).
        crop: side of the central crop before resizing, as a share of the image's shorter side, in (0, 1].
        classes: number of outputs.
        threshold: score in [0, 1] under which the best guess is "not sure".
        temperature: the logits were divided by this when the model was calibrated; 1 is uncalibrated.
        engine: "litert" runs model.tflite.
        licence: SPDX identifier, or "unknown".
        source: where the model comes from, for people.
        format: version of this layout.
    """

    name: str
    version: str
    height: int
    width: int
    input_range: tuple[float, float]
    crop: float
    classes: int
    threshold: float = 0.3
    temperature: float = 1.0
    engine: str = "litert"
    licence: str = "unknown"
    source: str = "unknown"
    format: int = field(default=FORMAT)


@dataclass(frozen=True, slots=True)
class Bundle:
    """A model's folder and its specification."""

    directory: Path
    spec: ModelSpec
