"""What was taught on the command line: a file per model in the home folder, with a byte per number and no images."""

from __future__ import annotations

import base64
import binascii
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from inference.errors import ModelError
from inference.models.bundle import Bundle
from inference.system.bounded_files import read_file
from inference.system.whole_file import write_whole
from inference.teaching.class_names import name_key
from inference.teaching.quantisation import dequantise, quantise
from inference.teaching.reference import Reference, measured_reference, reference_of
from inference.teaching.taught_classes import TaughtClasses

FORMAT = 1
FOLDER = "taught"
# Limit on the file's size: 20,000 photos of 2,048 numbers take 56 MB.
MAX_BYTES = 200_000_000
MAX_NAME_CHARS = 64


@dataclass(frozen=True, slots=True)
class TaughtFile:
    """Classes that were taught a model, with the numbers of their photos.

    Attributes:
        model, version: model version that computed the embeddings.
        photos: quantised embeddings of the photos of each class, by name.
        reference: quantised embeddings of the sample photos; empty for a model that comes with a reference.
    """

    model: str
    version: str
    photos: Mapping[str, tuple[bytes, ...]] = field(default_factory=dict)
    reference: tuple[bytes, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file.

        Raises:
            ModelError: the file is damaged, or is of another version of the program.
            OSError: the file cannot be read.
        """
        try:
            stored = json.loads(read_file(path, MAX_BYTES))
            if stored["format"] != FORMAT:
                raise ValueError(f"format {stored['format']!r} instead of {FORMAT}")
            photos = {clean_name(name): _decoded(rows) for name, rows in stored["classes"].items()}
            taught = cls(str(stored["model"]), str(stored["version"]), photos, _decoded(stored["reference"]))
            sizes = {len(row) for rows in (*photos.values(), taught.reference) for row in rows}
            if len(sizes) > 1 or not all(photos.values()):
                raise ValueError("classes without photos, or photos with different numbers")
            for rows in (*photos.values(), taught.reference):
                for row in rows:
                    dequantise(row)
        except (ModelError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            # The words of the others name no thing of the file.
            reason = str(error) if isinstance(error, ModelError | ValueError) else "it has other fields"
            raise ModelError(
                f"{path}: expected what labelbot teach writes. Received: a damaged file: {reason}"
            ) from error
        return taught

    def write(self, path: Path) -> None:
        """Write the file as a whole, or leave the file as it was. Only its owner can read it.

        Raises:
            OSError: the file cannot be written.
        """
        classes = {name: _encoded(rows) for name, rows in self.photos.items()}
        facts = {"format": FORMAT, "model": self.model, "version": self.version}
        text = json.dumps({**facts, "classes": classes, "reference": _encoded(self.reference)}, ensure_ascii=False)
        path = path.resolve()  # a symbolic link stays one
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, text + "\n")

    def find(self, name: str) -> str | None:
        """Return the stored name of a class, which may be spelled in another way; None if there is no such class."""
        if name in self.photos:
            return name
        key = name_key(name)
        return next((taught for taught in self.photos if name_key(taught) == key), None)

    def teach(self, name: str, embeddings: Sequence[npt.NDArray[np.float32]]) -> Self:
        """Return the same with further photos of a class; photos that the class has already are left out.

        A class keeps the spelling of its name that came first.

        Raises:
            ModelError: an embedding contains NaN or infinity.
        """
        name = self.find(name) or name
        rows = dict.fromkeys((*self.photos.get(name, ()), *map(quantise, embeddings)))
        return replace(self, photos={**self.photos, name: tuple(rows)})

    def forget(self, name: str) -> Self:
        """Return the same without a class."""
        return replace(self, photos={other: rows for other, rows in self.photos.items() if other != name})

    def embeddings(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return the embeddings of each class, float32 (photos, channels)."""
        return {name: np.stack([dequantise(row) for row in rows]) for name, rows in self.photos.items()}

    def fit(self, bundle: Bundle) -> TaughtClasses:
        """Return the classes, ready to recognise.

        Args:
            bundle: the model of the file, in the same version.

        Raises:
            ModelError: the model's files are damaged, or the numbers are of another network.
        """
        reference: Reference | None = reference_of(bundle)
        if reference is None:
            reference = measured_reference(bundle, [np.stack([dequantise(row) for row in self.reference])])
        return TaughtClasses.fit(self.embeddings(), reference)


def taught_path(home: Path, model: str) -> Path:
    """Return the path of the file for a model, which need not exist."""
    return home / FOLDER / f"{model}.json"


def clean_name(text: str) -> str:
    """Return the name of a class as it is stored: NFC, with single spaces.

    Raises:
        ModelError: the name is empty, too long, or has characters that cannot be shown.
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not 1 <= len(name) <= MAX_NAME_CHARS:
        raise ModelError(f"expected a name of 1 to {MAX_NAME_CHARS} characters. Received: {len(name)}")
    if any(unicodedata.category(char) in ("Cc", "Cs", "Cn", "Co") for char in name):
        raise ModelError("expected a name of characters that can be shown. Received: control characters")
    return name


def _encoded(rows: Sequence[bytes]) -> list[str]:
    return [base64.b64encode(row).decode() for row in rows]


def _decoded(rows: Sequence[str]) -> tuple[bytes, ...]:
    try:
        return tuple(base64.b64decode(row, validate=True) for row in rows)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
