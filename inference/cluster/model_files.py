"""Model files on their way to a node: packed with a checksum, and unpacked once per node."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from inference.errors import ModelError
from inference.models.bundle import CARD_FILE, KERAS_FILE, Bundle
from inference.system.folder_lock import locked

# Files that labelling does not need.
LEFT_OUT = (KERAS_FILE, CARD_FILE)
# Age in seconds above which a folder that was not used is removed.
MAX_AGE_S = 30 * 86_400.0


class PackedModel(NamedTuple):
    """The files of a model.

    Attributes:
        key: name of its folder on a node: the model's version and the SHA-256 of its files.
        files: content of each file by its name.
    """

    key: str
    files: dict[str, bytes]


def pack(bundle: Bundle) -> PackedModel:
    """Read the files of a model.

    Raises:
        ModelError: a file cannot be read.
    """
    try:
        files = _read(bundle.directory, LEFT_OUT)
    except OSError as error:
        raise ModelError(f"{bundle.spec.name} cannot be read: {error.strerror}") from error
    return PackedModel(f"{bundle.spec.version}-{_checksum(files)}", files)


class NodeModels:
    """The folder of models on a node, which its actors share. A folder in it is complete, and never changes."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def find(self, key: str) -> Path | None:
        """Return the folder of a model, and note that it is used; None if the node does not have it."""
        folder = self._root / key
        try:
            os.utime(folder)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return folder

    def find_whole(self, key: str) -> Path | None:
        """Return the folder of a model; None if the node does not have it, or its files do not match their checksum.

        Raises:
            ModelError: the files cannot be read.
        """
        try:
            folder = self.find(key)
            return folder if folder is not None and _checksum(_read(folder)) == key.rpartition("-")[2] else None
        except FileNotFoundError:  # another actor replaces it
            return None
        except OSError as error:
            raise ModelError(f"the model cannot be read from {self._root}: {error.strerror}") from error

    def add(self, packed: PackedModel) -> Path:
        """Write the files of a model, unless the node has it, and remove models that were not used for long.

        Raises:
            ModelError: the files do not match their checksum, or cannot be written.
        """
        if packed.key != f"{packed.key.partition('-')[0]}-{_checksum(packed.files)}":
            raise ModelError(f"the files of the model {packed.key} were damaged on their way to this node")
        try:
            # Of the node's actors, which need the model at the same time, one writes it.
            with locked(self._root):
                folder = self.find_whole(packed.key)
                if folder is None:
                    self._sweep()
                    folder = self._write(packed)
                return folder
        except OSError as error:
            raise ModelError(f"the model cannot be written to {self._root}: {error.strerror}") from error

    def _write(self, packed: PackedModel) -> Path:
        unfinished = Path(tempfile.mkdtemp(prefix=".", dir=self._root))
        try:
            for name, content in packed.files.items():
                (unfinished / name).write_bytes(content)
            folder = self._root / packed.key
            # It may be there, but damaged.
            shutil.rmtree(folder, ignore_errors=True)
            return unfinished.rename(folder)
        except OSError:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise

    def _sweep(self) -> None:
        for folder in self._root.iterdir():
            # A name with a dot is that of a folder whose writer was killed.
            if folder.name.startswith(".") or time.time() - folder.stat().st_mtime > MAX_AGE_S:
                shutil.rmtree(folder, ignore_errors=True)


def _read(folder: Path, left_out: Collection[str] = ()) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.name not in left_out}


def _checksum(files: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
