"""The folder that `labelbot taught export` writes: what a chat taught, as numbers, without images.

taught.json         the classes, the photos, who gave them and agreed when, and the model version of the numbers
embeddings.npz      `embeddings` float32 (photos, channels), in the order of the photos in taught.json
"""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from inference.errors import ModelError, naming
from inference.teaching.held_out import is_held_out
from inference.teaching.taught_file import clean_name

FORMAT = 1
FACTS, EMBEDDINGS = "taught.json", "embeddings.npz"
# Limit on taught.json: a chat at the default limits has 20,000 photos, with 150 bytes each.
MAX_FACTS_BYTES = 100_000_000
# Limit on the unpacked embeddings: those of such a chat take 164 MB with 2,048 channels. A small archive may hold zeros
# that unpack to many gigabytes.
MAX_EMBEDDINGS_BYTES = 500_000_000
# Only the owner may read numbers of people's photos.
FILE_MODE = 0o600


@dataclass(frozen=True, slots=True)
class ExportedPhoto:
    """A photo of an export.

    Attributes:
        id: id of the photo.
        class_name: name of its class.
        giver: id of the person who gave it.
        given_at: time when it was given, in seconds since 1970, UTC.
        agreed_at: time when the person agreed that it is kept.
        held_out: whether it judges a model, and no model of the chat learns from it.
    """

    id: int
    class_name: str
    giver: int
    given_at: int
    agreed_at: int
    held_out: bool


@dataclass(frozen=True, slots=True, eq=False)
class TaughtExport:
    """The photos that a chat taught, as numbers.

    Attributes:
        chat: id of the chat.
        model, version: model version that computed the embeddings.
        photos: photos, at least one.
        embeddings: float32 (photos, channels).
    """

    chat: int
    model: str
    version: str
    photos: tuple[ExportedPhoto, ...]
    embeddings: npt.NDArray[np.float32]

    def classes(self, *, held_out: bool | None = None) -> Mapping[str, npt.NDArray[np.float32]]:
        """Return the embeddings of each class, float32 (photos, channels), by name; classes without photos are absent.

        Args:
            held_out: True for the photos that judge, False for the photos to learn from, None for all.
        """
        wanted = [held_out in (None, photo.held_out) for photo in self.photos]
        names = sorted({photo.class_name for photo, is_wanted in zip(self.photos, wanted, strict=True) if is_wanted})
        rows = {
            name: [place for place, photo in enumerate(self.photos) if photo.class_name == name and wanted[place]]
            for name in names
        }
        return {name: self.embeddings[places] for name, places in rows.items()}

    def write(self, folder: Path) -> None:
        """Write a new folder, as a whole or not at all.

        Args:
            folder: path that does not exist, or an empty folder.

        Raises:
            OSError: the folder exists and is not empty, or cannot be written.
        """
        with naming(folder):
            self._write(folder)

    def _write(self, folder: Path) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            facts = {"format": FORMAT, "chat": self.chat, "model": self.model, "version": self.version}
            photos = [asdict(photo) for photo in self.photos]
            text = json.dumps({**facts, "photos": photos}, ensure_ascii=False, indent=1)
            (part / FACTS).write_text(text + "\n", encoding="utf-8")
            with (part / EMBEDDINGS).open("wb") as file:
                np.savez_compressed(file, embeddings=self.embeddings)
            for name in (FACTS, EMBEDDINGS):
                (part / name).chmod(FILE_MODE)
            part.rename(folder)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise

    @classmethod
    def read(cls, folder: Path) -> TaughtExport:
        """Read a folder.

        Raises:
            OSError: a file is missing, or cannot be read.
            ModelError: the files are no export, or do not fit together.
        """
        part = FACTS
        try:
            facts = json.loads(_read(folder / FACTS))
            if facts["format"] != FORMAT:
                raise ModelError(f"expected an export of format {FORMAT}. Received: {facts['format']!r}")
            photos = tuple(_photo(photo) for photo in facts["photos"])
            chat, model, version = int(facts["chat"]), str(facts["model"]), str(facts["version"])
            part = EMBEDDINGS
            embeddings = _read_embeddings(folder / EMBEDDINGS)
        except (ModelError, OSError):
            raise
        except Exception as error:  # the readers of JSON, ZIP and NumPy fail in many ways, with words of their own
            raise ModelError(
                f"expected a folder of labelbot taught export. Received: {folder}, whose {part} is damaged"
            ) from error
        export = cls(chat, model, version, photos, embeddings)
        shape = embeddings.shape
        if embeddings.dtype != np.float32 or embeddings.ndim != 2 or len(photos) != shape[0] or not embeddings.size:
            raise ModelError(
                f"expected the numbers of {len(photos)} photos, float32. Received: {embeddings.dtype} {shape}"
            )
        if not np.isfinite(embeddings).all():
            raise ModelError("expected embeddings of numbers. Received: values that are none")
        return export


def exported_photo(photo_id: int, class_name: str, giver: int, given_at: int, agreed_at: int) -> ExportedPhoto:
    """Return a photo of an export, which is held out by its id."""
    return ExportedPhoto(photo_id, class_name, giver, given_at, agreed_at, is_held_out(photo_id))


def _read(file: Path) -> str:
    if file.stat().st_size > MAX_FACTS_BYTES:
        raise ModelError(f"expected a {FACTS} of at most {MAX_FACTS_BYTES} bytes. Received: {file.stat().st_size}")
    return file.read_text(encoding="utf-8")


def _read_embeddings(file: Path) -> npt.NDArray[Any]:
    with zipfile.ZipFile(file) as archive:
        size_bytes = sum(member.file_size for member in archive.infolist())
    if size_bytes > MAX_EMBEDDINGS_BYTES:
        raise ModelError(f"expected embeddings of at most {MAX_EMBEDDINGS_BYTES:,} bytes. Received: {size_bytes:,}")
    with np.load(file) as stored:
        return np.asarray(stored["embeddings"])


def _photo(stored: dict[str, Any]) -> ExportedPhoto:
    types = {"class_name": str, "held_out": bool}
    values = {field.name: stored[field.name] for field in fields(ExportedPhoto)}
    for name, value in values.items():
        if not isinstance(value, types.get(name, int)):
            raise ModelError(f"expected a photo with a {name}. Received: {value!r}")
    clean_name(values["class_name"])
    return ExportedPhoto(**values)
