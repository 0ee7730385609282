"""A model on disk: a folder with the network's file, labels.txt, model.json, and sometimes a head for the network."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from inference.errors import ModelError, ModelNotFound, describe_os_error
from inference.models.head import MAX_HEAD_BYTES, Head, decode_head, encode_head
from inference.models.labels import MAX_FILE_BYTES, check_labels, format_labels, read_text
from inference.models.spec import NETWORK_FILES, ModelSpec, short
from inference.system.bounded_files import read_file

SPEC_FILE = "model.json"
LABELS_FILE = "labels.txt"
# File with the names of the classes in one language, one line for each label. The language code is in the file name.
NAMES_FILE = re.compile(r"labels\.([a-z]{2,3})\.txt")
LITERT_FILE, GRAPH_FILE = NETWORK_FILES["litert"], NETWORK_FILES["tensorflow"]
HEAD_FILE = "head.npz"
# Keras archive of the network, from which training can continue. Labelling does not need this file.
KERAS_FILE = "network.keras"
CARD_FILE = "MODEL_CARD.md"
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")

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

# Error numbers for a file that cannot be linked but can be copied: the target is on another file system, the
# file system has no links, or the file belongs to another user.
NO_LINK = (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP, errno.ENOSYS)

# Limit on model.json: thirty times the size with the longest possible path as `source`.
MAX_SPEC_BYTES = 100_000


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
        raise ModelError(f"{path}: expected the fields of a model. Missing: {missing}, unknown: {short(unknown)}")
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


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
