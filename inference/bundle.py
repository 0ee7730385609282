"""A model on disk: a folder with the network's file, labels.txt and model.json."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from itertools import combinations
from pathlib import Path
from typing import Any

from inference.errors import ModelError
from inference.labels import format_labels

FORMAT = 1
SPEC_FILE = "model.json"
LABELS_FILE = "labels.txt"
LITERT_FILE = "model.tflite"

NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
VERSION = re.compile(r"[0-9a-f]{12}")

# A network's file has this one signature, from this input to these outputs, of which the first is a must.
SIGNATURE = "serving_default"
IMAGE = "image"
OUTPUTS = ("probabilities", "embedding", "features")

# Above any image network in use; it keeps a mistyped size from allocating all memory.
MAX_SIDE = 4096


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """What a program must know of a model before it loads it; model.json holds exactly these fields.

    Attributes:
        name: as users type it: at most 64 of a-z, 0-9, "_", "." and "-", the first a letter or digit.
        version: 12 hexadecimal digits of the SHA-256 over the network's file, the labels and the settings below.
        height, width: of the input, in pixels.
        input_range: what pixel values 0 and 255 become for the network, as (low, high).
        crop: side of the central crop before resizing, as a share of the image's shorter side, in (0, 1].
        classes: number of outputs.
        activation: what turns the network's scores into probabilities: "none" where it ends in a softmax of its own,
            "softmax" where it ends in logits.
        outputs: which of "probabilities", "embedding" and "features" the network's file exposes.
        threshold: score in [0, 1] under which the best guess is "not sure".
        temperature: the logits are divided by this, as calibration found it; 1 leaves the scores as they are.
        engine: "litert" runs model.tflite.
        licence: SPDX identifier, or "unknown".
        source: where the model comes from, for people.
        format: version of this layout.

    Raises:
        ModelError: a field has another type or is out of its range.
    """

    name: str
    version: str
    height: int
    width: int
    input_range: tuple[float, float]
    crop: float
    classes: int
    activation: str = "none"
    outputs: tuple[str, ...] = ("probabilities",)
    threshold: float = 0.3
    temperature: float = 1.0
    engine: str = "litert"
    licence: str = "unknown"
    source: str = "unknown"
    format: int = FORMAT

    def __post_init__(self) -> None:
        for field, (valid, expected) in _EXPECTED.items():
            value = getattr(self, field)
            if not valid(value):
                raise ModelError(f"{field}: expected {expected}. Received: {value!r}")


@dataclass(frozen=True, slots=True)
class Bundle:
    """A model's folder and its specification."""

    directory: Path
    spec: ModelSpec


def read_bundle(directory: Path) -> Bundle:
    """Read a model's specification, and nothing else of it.

    Raises:
        ModelError: model.json is absent, is no JSON, or has fields missing, unknown or out of range.
    """
    path = directory / SPEC_FILE
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{path}: {error}") from error
    expected = {field.name for field in fields(ModelSpec)}
    received = set(raw) if isinstance(raw, dict) else set()
    if received != expected:
        missing, unknown = sorted(expected - received), sorted(received - expected)
        raise ModelError(f"{path}: expected the fields of a model. Missing: {missing}, unknown: {unknown}")
    try:
        return Bundle(directory, ModelSpec(**{name: _tupled(value) for name, value in raw.items()}))
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error


def read_labels(bundle: Bundle) -> tuple[str | None, ...]:
    """Read a label for each output of the network; None for one that stands for nothing.

    Raises:
        ModelError: the file is absent, is not UTF-8, or does not have a line for each output.
    """
    path = bundle.directory / LABELS_FILE
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: {error}") from error
    if lines[-1] or len(lines) - 1 != bundle.spec.classes:
        raise ModelError(f"{path}: expected {bundle.spec.classes} lines. Received: {len(lines) - 1}")
    return tuple(line or None for line in lines[:-1])


def write_bundle(directory: Path, spec: ModelSpec, *, network: bytes, labels: Sequence[str | None]) -> Bundle:
    """Write the files of a model into an existing folder.

    Args:
        directory: where model.tflite, labels.txt and model.json come to lie.
        spec: its version is computed anew.
        network: the content of model.tflite.
        labels: one for each output, None for one that stands for nothing.

    Returns:
        The bundle, with its version.

    Raises:
        ModelError: not one label for each class, or one of several lines.
    """
    if len(labels) != spec.classes:
        raise ModelError(f"expected {spec.classes} labels, one for each class. Received: {len(labels)}")
    text = format_labels(labels).encode()
    spec = replace(spec, version=_version(hashlib.sha256(network).digest(), text, spec))
    (directory / LITERT_FILE).write_bytes(network)
    (directory / LABELS_FILE).write_bytes(text)
    (directory / SPEC_FILE).write_text(json.dumps(asdict(spec), indent=2) + "\n", encoding="utf-8")
    return Bundle(directory, spec)


def content_version(bundle: Bundle) -> str:
    """Compute the version of a bundle's files as they are now; another than the specification's says that they changed.

    Raises:
        OSError: a file is absent.
    """
    with (bundle.directory / LITERT_FILE).open("rb") as network:
        digest = hashlib.file_digest(network, "sha256")
    return _version(digest.digest(), (bundle.directory / LABELS_FILE).read_bytes(), bundle.spec)


def _version(network_digest: bytes, labels: bytes, spec: ModelSpec) -> str:
    settings = {name: value for name, value in asdict(spec).items() if name not in ("name", "version")}
    digest = hashlib.sha256(network_digest)
    digest.update(hashlib.sha256(labels).digest())
    digest.update(json.dumps(settings, sort_keys=True).encode())
    return digest.hexdigest()[:12]


def _matches(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _whole(low: int, high: float = math.inf) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _range(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(map(_number, value)) and value[0] < value[1]


def _outputs(value: Any) -> bool:
    return value in [("probabilities", *rest) for size in range(3) for rest in combinations(OUTPUTS[1:], size)]


# What each field of a specification may be, and how that is told to people.
_EXPECTED: dict[str, tuple[Callable[[Any], bool], str]] = {
    "name": (_matches(NAME), 'at most 64 of a-z, 0-9, "_", "." and "-", the first a letter or digit'),
    "version": (_matches(VERSION), "12 hexadecimal digits"),
    "height": (_whole(1, MAX_SIDE), f"pixels from 1 to {MAX_SIDE}"),
    "width": (_whole(1, MAX_SIDE), f"pixels from 1 to {MAX_SIDE}"),
    "input_range": (_range, "two numbers, the lower first"),
    "crop": (lambda value: _number(value) and 0 < value <= 1, "a share above 0 and at most 1"),
    "classes": (_whole(2), "a number of at least 2"),
    "activation": (lambda value: value in ("none", "softmax"), '"none" or "softmax"'),
    "outputs": (_outputs, f"probabilities and perhaps others of {', '.join(OUTPUTS)}, in this order"),
    "threshold": (lambda value: _number(value) and 0 <= value <= 1, "a score from 0 to 1"),
    "temperature": (lambda value: _number(value) and value > 0, "a number above 0"),
    "engine": (_text, "a name"),
    "licence": (_text, "a text"),
    "source": (_text, "a text"),
    "format": (_whole(FORMAT, FORMAT), str(FORMAT)),
}
