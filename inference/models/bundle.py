"""A model on disk: a folder with the network's file, labels.txt, model.json, and sometimes a head for the network."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from itertools import combinations
from pathlib import Path
from typing import Any

from inference.errors import ModelError, ModelNotFound, describe_os_error
from inference.images.framing import FITS, SQUASHED_RATIO, Fit, Framing

# Names in a network's file. They are defined in the package that writes such files.
from inference.litert.signature import IMAGE as IMAGE
from inference.litert.signature import OUTPUTS as OUTPUTS
from inference.litert.signature import SIGNATURE as SIGNATURE
from inference.models.head import MAX_HEAD_BYTES, Head, decode_head, encode_head
from inference.models.labels import MAX_FILE_BYTES, check_labels, format_labels, read_text
from inference.system.bounded_files import read_file

FORMAT = 1
SPEC_FILE = "model.json"
LABELS_FILE = "labels.txt"
# File with the names of the classes in one language, one line for each label. The language code is in the file name.
NAMES_FILE = re.compile(r"labels\.([a-z]{2,3})\.txt")
LITERT_FILE = "model.tflite"
GRAPH_FILE = "graph.pb"
# Name of the network's file for each engine.
NETWORK_FILES = {"litert": LITERT_FILE, "tensorflow": GRAPH_FILE}
HEAD_FILE = "head.npz"
# Keras archive of the network, from which training can continue. Labelling does not need this file.
KERAS_FILE = "network.keras"
CARD_FILE = "MODEL_CARD.md"

NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
NAME_RULE = 'at most 64 of a-z, 0-9, "_", "." and "-", the first a letter or digit'
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
VERSION = re.compile(r"[0-9a-f]{12}")

# Fields that are missing in bundles of earlier program versions.
LATER_FIELDS = (
    "head",
    "base",
    "accuracy",
    "measured_on",
    "quantization",
    "agreement",
    "score_difference",
    "fit",
    "squash_from",
    "chat",
)
# Fields that are not part of a bundle's version, since the answers do not depend on them. The answers depend on
# `head`, but the version includes the head's file instead.
UNVERSIONED_FIELDS = (
    "name",
    "version",
    "head",
    "base",
    "accuracy",
    "measured_on",
    "quantization",
    "agreement",
    "score_difference",
    "chat",
)
# Value of `measured_on` for a model that was trained with this program.
HELD_OUT = "held-out photos of its own"

# Error numbers for a file that cannot be linked but can be copied: the target is on another file system, the
# file system has no links, or the file belongs to another user.
NO_LINK = (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.ENOSYS)

# Limit on model.json: thirty times the size with the longest possible path as `source`.
MAX_SPEC_BYTES = 100_000
# Limit on the length of an invalid value in an error message.
VALUE_CHARACTERS = 80

# Limit on the height and width of the input: more than any image network in use needs. It keeps a mistyped size from
# filling the memory.
MAX_SIDE = 4096


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """The facts about a model that a program needs before loading it; model.json has exactly these fields.

    Attributes:
        name: name that users type: at most 64 of a-z, 0-9, "_", "." and "-", the first a letter or digit.
        version: 12 hexadecimal digits of the SHA-256 of the network's file, the labels, their names in other languages,
            the settings below that the answers depend on, and the head's file if there is a head.
        height, width: size of the input, in pixels.
        input_range: input values of the network for the pixel values 0 and 255, as (low, high).
        crop: side of the central crop before resizing, as a share of the image's shorter side, in (0, 1]. If `fit` is
            not "crop", it is the share of both sides.
        classes: number of outputs, counted after the head if there is a head.
        activation: function that turns the scores into probabilities: "none" if the network already ends in a softmax,
            "softmax" if the network ends in logits. A head always ends in logits.
        outputs: the outputs of the network's file, among "probabilities", "embedding" and "features".
        threshold: score in [0, 1] below which the best guess is "not sure".
        temperature: number from the calibration that the logits are divided by; 1 leaves the scores unchanged.
        engine: "litert" runs model.tflite, "tensorflow" runs graph.pb, a frozen GraphDef.
        licence: SPDX identifier, or "unknown".
        source: origin of the model, for people.
        format: version of this layout.
        head: whether head.npz replaces the network's last layer and reads the network's embedding.
        base: name and version of the model that this model was made from, for people; None if there is no such model.
        accuracy: top-1 accuracy of this model's file on images that it was not trained on, in [0, 1]; None if unknown.
        measured_on: images on which `accuracy` was measured, for people: the name of a data set, or `HELD_OUT` for
            images that were held out of the model's own training data; None if unknown.
            Only figures of the same data set may be compared.
        quantization: quantisation of the weights, "none", "float16", "dynamic" or "int8"; None for a file that was
            installed unchanged.
        agreement: share of images for which this network and the network that it was compiled from have the same best
            label, in [0, 1]; None if the two were not compared.
        score_difference: mean difference between the scores of the same two networks, in [0, 1]; None if the two were
            not compared.
        fit: how an image gets the input's shape: "crop", "squash" or "pad"; see `load_pixels`.
        squash_from: side ratio from which an image is long, at least 4/3. If `fit` is "crop", the central 4:3 of a long
            image is squashed to the input's shape. None if no image is long; see `load_pixels`.
        chat: id of the chat that taught some of the classes, and in which alone a bot may answer with the model; None
            for a model for all chats.

    Raises:
        ModelError: a field has a wrong type or is out of its range.
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
    head: bool = False
    base: str | None = None
    accuracy: float | None = None
    measured_on: str | None = None
    quantization: str | None = None
    agreement: float | None = None
    score_difference: float | None = None
    fit: Fit = "crop"
    squash_from: float | None = None
    chat: int | None = None

    @property
    def framing(self) -> Framing:
        """The arguments for `load_pixels` and `load_views`."""
        return Framing(height=self.height, width=self.width, crop=self.crop, fit=self.fit, squash_from=self.squash_from)

    def __post_init__(self) -> None:
        for field, (valid, expected) in _EXPECTED.items():
            value = getattr(self, field)
            if not valid(value):
                raise ModelError(f"{field}: expected {expected}. Received: {_short(value)}")
        if self.head and ("embedding" not in self.outputs or self.activation != "softmax"):
            raise ModelError(
                "head: expected the output embedding, which a head reads, and the activation softmax. "
                f"Received: {', '.join(self.outputs)} and {self.activation}"
            )


@dataclass(frozen=True, slots=True)
class Bundle:
    """A model's folder and its specification."""

    directory: Path
    spec: ModelSpec

    @property
    def network(self) -> Path:
        """The file that the engine runs."""
        return self.directory / NETWORK_FILES[self.spec.engine]

    @property
    def size_bytes(self) -> int:
        """The size of all files of the model on disk.

        Raises:
            ModelNotFound: another program has removed the model meanwhile.
        """
        try:
            return sum(path.stat().st_size for path in self.directory.iterdir())
        except FileNotFoundError as error:
            raise ModelNotFound(self.spec.name) from error


def read_bundle(directory: Path) -> Bundle:
    """Read the specification of a model, but no other file.

    Raises:
        ModelError: model.json is absent or is not JSON, or a field is missing, unknown or out of range.
    """
    path = directory / SPEC_FILE
    try:
        raw = json.loads(read_file(path, MAX_SPEC_BYTES).decode())
    except OSError as error:
        raise ModelError(describe_os_error(error)) from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path}: {error}") from error
    known = {field.name for field in fields(ModelSpec)}
    received = set(raw) if isinstance(raw, dict) else set()
    missing, unknown = sorted(known - received - set(LATER_FIELDS)), sorted(received - known)
    if missing or unknown:
        raise ModelError(f"{path}: expected the fields of a model. Missing: {missing}, unknown: {_short(unknown)}")
    try:
        return Bundle(directory, ModelSpec(**{name: _tupled(value) for name, value in raw.items()}))
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error


def read_labels(bundle: Bundle) -> tuple[str | None, ...]:
    """Read the label of each output of the network; None for an output without a meaning.

    Raises:
        ModelError: the file is absent, is not UTF-8, does not have one line for each output, or has a label that cannot
            be shown.
    """
    return _read_lines(bundle.directory / LABELS_FILE, bundle.spec.classes)


def own_languages(bundle: Bundle) -> tuple[str, ...]:
    """Return the sorted codes of the languages for which a model has its own names.

    Raises:
        ModelError: the model's folder is absent.
    """
    try:
        names = sorted(path.name for path in bundle.directory.iterdir())
    except OSError as error:
        raise ModelError(describe_os_error(error)) from error
    return tuple(match[1] for name in names if (match := NAMES_FILE.fullmatch(name)))


def read_names(bundle: Bundle) -> dict[str, tuple[str | None, ...]]:
    """Read the model's own names of its classes, by language code.

    Raises:
        ModelError: see `read_labels`.
    """
    return {
        language: _read_lines(bundle.directory / names_file(language), bundle.spec.classes)
        for language in own_languages(bundle)
    }


def names_file(language: str) -> str:
    """Return the name of the file with the names in a language."""
    return f"labels.{language}.txt"


def _read_lines(path: Path, classes: int) -> tuple[str | None, ...]:
    try:
        lines = read_text(path).split("\n")
    except OSError as error:
        raise ModelError(describe_os_error(error)) from error
    if lines[-1] or len(lines) - 1 != classes:
        raise ModelError(f"{path}: expected {classes} lines. Received: {len(lines) - 1}")
    labels = tuple(line or None for line in lines[:-1])
    try:
        check_labels(labels)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
    return labels


def read_head(bundle: Bundle) -> Head | None:
    """Read the head that replaces the network's last layer; None if the model has no head.

    Raises:
        ModelError: the file is absent or damaged, or does not have one output for each class.
    """
    if not bundle.spec.head:
        return None
    path = bundle.directory / HEAD_FILE
    try:
        head = decode_head(read_file(path, MAX_HEAD_BYTES))
    except OSError as error:
        raise ModelError(describe_os_error(error)) from error
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
    if head.classes != bundle.spec.classes:
        raise ModelError(f"{path}: expected {bundle.spec.classes} classes. Received: {head.classes}")
    return head


def write_bundle(
    directory: Path,
    spec: ModelSpec,
    *,
    network: bytes | Path,
    labels: Sequence[str | None],
    head: Head | None = None,
    extras: Mapping[str, bytes] | None = None,
) -> Bundle:
    """Write the files of a model into an existing folder.

    Args:
        directory: existing folder for the files.
        spec: specification of the model; its version is computed again.
        network: content of the file that the engine runs, or the path of such a file in another bundle. The file of
            another bundle is linked instead of copied.
        labels: label of each output; None for an output without a meaning.
        head: replacement of the network's last layer; required exactly if the specification has a head.
        extras: contents of further files by their names, such as a model card, pictures or a Keras archive.

    Returns:
        The bundle with its new version.

    Raises:
        ModelError: the numbers of labels and classes differ, or a label cannot be shown; the head does not fit the
            specification; or the name of a further file is invalid, or is the name of one of the bundle's own files.
        OSError: a file cannot be read or written.
    """
    files = dict(extras or {})
    for name in files:
        if name in (*NETWORK_FILES.values(), LABELS_FILE, SPEC_FILE, HEAD_FILE) or not FILE_NAME.fullmatch(name):
            raise ModelError(f"expected a name for a further file of the model. Received: {name!r}")
    if len(labels) != spec.classes:
        raise ModelError(f"expected {spec.classes} labels, one for each class. Received: {len(labels)}")
    if spec.head != (head is not None):
        raise ModelError(f"expected {'a' if spec.head else 'no'} head. Received: {'none' if head is None else 'one'}")
    files[LABELS_FILE] = format_labels(labels).encode()
    if head is not None:
        files[HEAD_FILE] = encode_head(head)
    for name, content in files.items():
        (directory / name).write_bytes(content)
    target = Bundle(directory, spec).network
    if isinstance(network, Path):
        _link(network, target)
    else:
        target.write_bytes(network)
    spec = replace(spec, version=content_version(Bundle(directory, spec)))
    (directory / SPEC_FILE).write_text(json.dumps(asdict(spec), indent=2) + "\n", encoding="utf-8")
    return Bundle(directory, spec)


def network_digest(bundle: Bundle) -> bytes:
    """Return the SHA-256 of the network's file.

    Raises:
        OSError: the file is absent.
    """
    with bundle.network.open("rb") as network:
        return hashlib.file_digest(network, "sha256").digest()


def content_version(bundle: Bundle, digest: bytes | None = None) -> str:
    """Compute the version from a bundle's current files.

    If the result differs from the version in the specification, the files have changed.

    Args:
        bundle: bundle whose files are read.
        digest: SHA-256 of the network's file; None to compute it.

    Raises:
        OSError: a file is absent.
    """
    settings = {name: value for name, value in asdict(bundle.spec).items() if name not in UNVERSIONED_FIELDS}
    # Bundles from before these settings existed keep their version.
    if settings["fit"] == "crop":
        del settings["fit"]
    if settings["squash_from"] is None:
        del settings["squash_from"]
    version = hashlib.sha256(digest or network_digest(bundle))
    version.update(_digest(bundle.directory / LABELS_FILE, MAX_FILE_BYTES))
    for language in own_languages(bundle):
        version.update(language.encode() + _digest(bundle.directory / names_file(language), MAX_FILE_BYTES))
    version.update(json.dumps(settings, sort_keys=True).encode())
    if bundle.spec.head:
        version.update(_digest(bundle.directory / HEAD_FILE, MAX_HEAD_BYTES))
    return version.hexdigest()[:12]


def _digest(path: Path, max_bytes: int) -> bytes:
    """Return the SHA-256 of a file's first `max_bytes` + 1 bytes, so that a file above the limit never matches."""
    with path.open("rb") as file:
        return hashlib.sha256(file.read(max_bytes + 1)).digest()


def _link(source: Path, target: Path) -> None:
    """Create a hard link to a file that never changes, or copy the file if it cannot be linked."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in NO_LINK:
            raise
        shutil.copyfile(source, target)


def _matches(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _whole(low: int, high: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _short(value: Any) -> str:
    """Return a value as text for an error message; a long text is cut off."""
    return shown if len(shown := ascii(value)) <= VALUE_CHARACTERS else f"{shown[:VALUE_CHARACTERS]}..."


def _number(value: Any) -> bool:
    """Return whether a value is a number in the range of a float; Python's integers can be larger."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def _range(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(map(_number, value)) and value[0] < value[1]


def _share_or_none(value: Any) -> bool:
    return value is None or (_number(value) and 0 <= value <= 1)


def _outputs(value: Any) -> bool:
    return value in [("probabilities", *rest) for size in range(3) for rest in combinations(OUTPUTS[1:], size)]


# For each field of a specification: the check of its value, and a description of valid values for people.
_EXPECTED: dict[str, tuple[Callable[[Any], bool], str]] = {
    "name": (_matches(NAME), NAME_RULE),
    "version": (_matches(VERSION), "12 hexadecimal digits"),
    "height": (_whole(1, MAX_SIDE), f"pixels from 1 to {MAX_SIDE}"),
    "width": (_whole(1, MAX_SIDE), f"pixels from 1 to {MAX_SIDE}"),
    "input_range": (_range, "two numbers, the lower first"),
    "crop": (lambda value: _number(value) and 0 < value <= 1, "a share above 0 and at most 1"),
    # Each class has one line in the label file.
    "classes": (_whole(2, MAX_FILE_BYTES), f"a number from 2 to {MAX_FILE_BYTES:,}"),
    "activation": (lambda value: value in ("none", "softmax"), '"none" or "softmax"'),
    "outputs": (_outputs, f"probabilities and perhaps others of {', '.join(OUTPUTS)}, in this order"),
    "threshold": (lambda value: _number(value) and 0 <= value <= 1, "a score from 0 to 1"),
    "temperature": (lambda value: _number(value) and value > 0, "a number above 0"),
    "engine": (lambda value: value in (*NETWORK_FILES,), f"one of {', '.join(NETWORK_FILES)}"),
    "licence": (lambda value: _text(value) and value.isprintable(), "a line of text that can be shown"),
    "source": (_text, "a text"),
    "format": (_whole(FORMAT, FORMAT), str(FORMAT)),
    "head": (lambda value: isinstance(value, bool), "true or false"),
    "chat": (lambda value: value is None or _whole(-(2**63), 2**63 - 1)(value), "the id of a chat, or null"),
    "base": (lambda value: value is None or _text(value), "a text, or null"),
    "accuracy": (_share_or_none, "a share from 0 to 1, or null"),
    "measured_on": (
        lambda value: value is None or (_text(value) and value.isprintable()),
        "a line of text that can be shown, or null",
    ),
    "quantization": (
        lambda value: value in (None, "none", "float16", "dynamic", "int8"),
        "one of none, float16, dynamic, int8, or null",
    ),
    "agreement": (_share_or_none, "a share from 0 to 1, or null"),
    "score_difference": (_share_or_none, "a share from 0 to 1, or null"),
    "fit": (lambda value: value in FITS, f"one of {', '.join(FITS)}"),
    "squash_from": (
        lambda value: value is None or (_number(value) and value >= SQUASHED_RATIO),
        "a side ratio of at least 4/3, or null",
    ),
}
