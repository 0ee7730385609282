"""A model on disk: a folder with the network's file, labels.txt, model.json, and perhaps a head for the network."""

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
from inference.images.augmented_views import FITS, Fit

# Of a network's file, which lie where files are written.
from inference.litert.signature import IMAGE as IMAGE
from inference.litert.signature import OUTPUTS as OUTPUTS
from inference.litert.signature import SIGNATURE as SIGNATURE
from inference.models.head import MAX_HEAD_BYTES, Head, decode_head, encode_head
from inference.models.labels import MAX_FILE_BYTES, check_labels, format_labels, read_text
from inference.system.bounded_files import read_file

FORMAT = 1
SPEC_FILE = "model.json"
LABELS_FILE = "labels.txt"
# Names in a language, by its code: a line for each label.
NAMES_FILE = re.compile(r"labels\.([a-z]{2,3})\.txt")
LITERT_FILE = "model.tflite"
GRAPH_FILE = "graph.pb"
# The network's file, by the engine that runs it.
NETWORK_FILES = {"litert": LITERT_FILE, "tensorflow": GRAPH_FILE}
HEAD_FILE = "head.npz"
# A Keras archive of the network, from which training goes on; whoever only labels needs none.
KERAS_FILE = "network.keras"
CARD_FILE = "MODEL_CARD.md"

NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
NAME_RULE = 'at most 64 of a-z, 0-9, "_", "." and "-", the first a letter or digit'
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
VERSION = re.compile(r"[0-9a-f]{12}")

# Fields that bundles of earlier versions lack.
LATER_FIELDS = ("head", "base", "accuracy", "quantization", "agreement", "score_difference", "fit")
# What the answers do not depend on, or a bundle of an earlier version has another way to tell.
UNVERSIONED_FIELDS = ("name", "version", "head", "base", "accuracy", "quantization", "agreement", "score_difference")

# Why a file cannot be linked but can be copied: another file system, or one without links, or another's file.
NO_LINK = (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.ENOSYS)

# Thirty times what the longest path as a source comes to.
MAX_SPEC_BYTES = 100_000
# Of a value that is refused, in a message.
VALUE_CHARACTERS = 80

# Above any image network in use; it keeps a mistyped size from allocating all memory.
MAX_SIDE = 4096


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """What a program must know of a model before it loads it; model.json holds exactly these fields.

    Attributes:
        name: as users type it: at most 64 of a-z, 0-9, "_", "." and "-", the first a letter or digit.
        version: 12 hexadecimal digits of the SHA-256 over the network's file, the labels and their names in other
            languages, the settings below but for `base` and `accuracy`, and the head's file where there is one.
        height, width: of the input, in pixels.
        input_range: what pixel values 0 and 255 become for the network, as (low, high).
        crop: side of the central crop before resizing, as a share of the image's shorter side, in (0, 1]; where `fit`
            is not "crop", the share of both sides.
        classes: number of outputs, of the head where there is one.
        activation: what turns the scores into probabilities: "none" where the network ends in a softmax of its own,
            "softmax" where it ends in logits, as a head does.
        outputs: which of "probabilities", "embedding" and "features" the network's file exposes.
        threshold: score in [0, 1] under which the best guess is "not sure".
        temperature: the logits are divided by this, as calibration found it; 1 leaves the scores as they are.
        engine: "litert" runs model.tflite, "tensorflow" runs graph.pb, a frozen GraphDef.
        licence: SPDX identifier, or "unknown".
        source: where the model comes from, for people.
        format: version of this layout.
        head: whether head.npz takes the place of the network's own last layer, on its embedding.
        base: name and version of the model that this one was made from, for people; None for none.
        accuracy: top-1 of the model's own file on images that it was not trained on, in [0, 1]; None where unknown.
        quantization: what was done to the weights, "none", "float16", "dynamic" or "int8"; None for a file that came as
            it is.
        agreement: share of images with the same best label as by the network that this one was compiled from, in
            [0, 1]; None where there was none.
        score_difference: between the two, the mean over all scores, in [0, 1]; None likewise.
        fit: how an image gets the input's shape: "crop", "squash" or "pad"; see `image.load_pixels`.

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
    head: bool = False
    base: str | None = None
    accuracy: float | None = None
    quantization: str | None = None
    agreement: float | None = None
    score_difference: float | None = None
    fit: Fit = "crop"

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
    """Read a model's specification, and nothing else of it.

    Raises:
        ModelError: model.json is absent, is no JSON, or has fields missing, unknown or out of range.
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
    """Read a label for each output of the network; None for one that stands for nothing.

    Raises:
        ModelError: the file is absent, is not UTF-8, does not have a line for each output, or has one that cannot be
            shown.
    """
    return _read_lines(bundle.directory / LABELS_FILE, bundle.spec.classes)


def own_languages(bundle: Bundle) -> tuple[str, ...]:
    """The codes of the languages that a model brings names in, sorted.

    Raises:
        ModelError: the model's folder is absent.
    """
    try:
        names = sorted(path.name for path in bundle.directory.iterdir())
    except OSError as error:
        raise ModelError(describe_os_error(error)) from error
    return tuple(match[1] for name in names if (match := NAMES_FILE.fullmatch(name)))


def read_names(bundle: Bundle) -> dict[str, tuple[str | None, ...]]:
    """Read the names that a model brings for its classes, by the code of their language.

    Raises:
        ModelError: see `read_labels`.
    """
    return {
        language: _read_lines(bundle.directory / names_file(language), bundle.spec.classes)
        for language in own_languages(bundle)
    }


def names_file(language: str) -> str:
    """The name of the file of names in a language."""
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
    """Read the head that takes the place of the network's last layer; None where the network has its own.

    Raises:
        ModelError: the file is absent or damaged, or has not an output for each class.
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
        directory: where the files come to lie.
        spec: its version is computed anew.
        network: the content of the file that the engine runs, or such a file of another bundle, which is linked
            instead of copied.
        labels: one for each output, None for one that stands for nothing.
        head: what takes the place of the network's last layer, as the specification says.
        extras: further files by their names: a model card, pictures, what training goes on from.

    Returns:
        The bundle, with its version.

    Raises:
        ModelError: not one label for each class, or one of several lines; a head where the specification has none, or
            the reverse; an extra file whose name is a path or that of a file of ours.
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
    """SHA-256 of the network's file.

    Raises:
        OSError: the file is absent.
    """
    with bundle.network.open("rb") as network:
        return hashlib.file_digest(network, "sha256").digest()


def content_version(bundle: Bundle, digest: bytes | None = None) -> str:
    """Compute the version of a bundle's files as they are now; another than the specification's says that they changed.

    Args:
        bundle: its files are read.
        digest: of the network's file, where it is known.

    Raises:
        OSError: a file is absent.
    """
    settings = {name: value for name, value in asdict(bundle.spec).items() if name not in UNVERSIONED_FIELDS}
    # As it was before there was a choice.
    if settings["fit"] == "crop":
        del settings["fit"]
    version = hashlib.sha256(digest or network_digest(bundle))
    version.update(_digest(bundle.directory / LABELS_FILE, MAX_FILE_BYTES))
    for language in own_languages(bundle):
        version.update(language.encode() + _digest(bundle.directory / names_file(language), MAX_FILE_BYTES))
    version.update(json.dumps(settings, sort_keys=True).encode())
    if bundle.spec.head:
        version.update(_digest(bundle.directory / HEAD_FILE, MAX_HEAD_BYTES))
    return version.hexdigest()[:12]


def _digest(path: Path, max_bytes: int) -> bytes:
    """SHA-256 of a file; what is larger has another than any that was written."""
    with path.open("rb") as file:
        return hashlib.sha256(file.read(max_bytes + 1)).digest()


def _link(source: Path, target: Path) -> None:
    """Give a file that never changes a second name, or copy it where that cannot be."""
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
    """A value for people, of however many digits it is."""
    return shown if len(shown := ascii(value)) <= VALUE_CHARACTERS else f"{shown[:VALUE_CHARACTERS]}..."


def _number(value: Any) -> bool:
    """Tell whether a value is a number that a float can be; whole ones have no bounds."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def _range(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(map(_number, value)) and value[0] < value[1]


def _share_or_none(value: Any) -> bool:
    return value is None or (_number(value) and 0 <= value <= 1)


def _outputs(value: Any) -> bool:
    return value in [("probabilities", *rest) for size in range(3) for rest in combinations(OUTPUTS[1:], size)]


# What each field of a specification may be, and how that is told to people.
_EXPECTED: dict[str, tuple[Callable[[Any], bool], str]] = {
    "name": (_matches(NAME), NAME_RULE),
    "version": (_matches(VERSION), "12 hexadecimal digits"),
    "height": (_whole(1, MAX_SIDE), f"pixels from 1 to {MAX_SIDE}"),
    "width": (_whole(1, MAX_SIDE), f"pixels from 1 to {MAX_SIDE}"),
    "input_range": (_range, "two numbers, the lower first"),
    "crop": (lambda value: _number(value) and 0 < value <= 1, "a share above 0 and at most 1"),
    # Each has a line of the labels.
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
    "base": (lambda value: value is None or _text(value), "a text, or null"),
    "accuracy": (_share_or_none, "a share from 0 to 1, or null"),
    "quantization": (
        lambda value: value in (None, "none", "float16", "dynamic", "int8"),
        "one of none, float16, dynamic, int8, or null",
    ),
    "agreement": (_share_or_none, "a share from 0 to 1, or null"),
    "score_difference": (_share_or_none, "a share from 0 to 1, or null"),
    "fit": (lambda value: value in FITS, f"one of {', '.join(FITS)}"),
}
