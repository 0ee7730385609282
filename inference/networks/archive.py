"""Networks in Keras archives, from which a later training can start."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

import keras

from inference.errors import ModelError
from inference.models.bundle import KERAS_FILE
from inference.models.store import ModelStore
from inference.networks.errors import NetworkError
from inference.safety.keras_check import checked_copy
from inference.safety.refusal import WAY_OUT

ARCHIVE_SUFFIX = ".keras"

# Exceptions for a damaged archive: no zip file, missing members, members that look encrypted (zipfile's RuntimeError),
# invalid JSON or HDF5, unknown layers.
DAMAGE = (zipfile.BadZipFile, OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError)


def encode_network(model: keras.Model) -> bytes:
    """Return the content of a .keras file with a model's layers and weights."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, KERAS_FILE)
        model.save(path)
        return path.read_bytes()


def load_network(path: Path) -> keras.Model:
    """Load a model from a .keras file, without running code from the file and without reading other files.

    Raises:
        NetworkError: the file is no Keras archive, or has layers that are neither Keras's layers for images nor
            this program's own.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        # For a file that is no zip file, Keras would report that the file was not found.
        if not zipfile.is_zipfile(file):
            raise NetworkError(f"expected a Keras archive in {path}. Received: no zip file, or a part of one")
    try:
        with checked_copy(path) as copy:
            return keras.saving.load_model(copy, compile=False)
    except ModelError as error:
        # `--trust` exists only for installing a file, so leave that hint out.
        reason = str(error).removesuffix(WAY_OUT).strip()
        raise NetworkError(f"expected a Keras archive in {path}. Received: {reason}") from error
    except DAMAGE as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise NetworkError(f"expected a Keras archive in {path}. Received: {reason}") from error


def find_archive(store: ModelStore, source: str) -> Path:
    """Return the path of the Keras archive of an installed model, or of a file.

    Args:
        store: store of the installed models.
        source: name of a model; or path of a file, if it ends in ".keras".

    Raises:
        ModelNotFound: no model of this name is installed.
        NetworkError: the model has no archive.
    """
    if source.endswith(ARCHIVE_SUFFIX):
        return Path(source)
    path = store.find(source).directory / KERAS_FILE
    if not path.is_file():
        raise NetworkError(f"expected a model with a {KERAS_FILE}, as `labelbot train` installs. Received: {source!r}")
    return path
