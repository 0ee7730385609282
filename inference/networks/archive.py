"""Networks as Keras archives: what a training leaves behind for the next one."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

import keras

from inference.errors import ModelError
from inference.models.bundle import KERAS_FILE
from inference.models.store import ModelStore
from inference.networks.errors import NetworkError

# Loading finds the layers of our own by the names under which this module registers them.
from inference.safety.keras_check import checked_copy
from inference.safety.refusal import WAY_OUT

ARCHIVE_SUFFIX = ".keras"

# What reading a damaged archive comes upon: no zip file, members missing or that look encrypted (a RuntimeError of
# zipfile's), JSON or HDF5 that is none, unknown layers.
DAMAGE = (zipfile.BadZipFile, OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError)


def encode_network(model: keras.Model) -> bytes:
    """The content of a .keras file that holds a model's layers and weights."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, KERAS_FILE)
        model.save(path)
        return path.read_bytes()


def load_network(path: Path) -> keras.Model:
    """Load a model from a .keras file; code stored in it is not run, and files that it names are not read.

    Raises:
        NetworkError: it is no such file, or holds what is none of Keras's layers for images nor ours.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        # Keras would say of it that it was not found.
        if not zipfile.is_zipfile(file):
            raise NetworkError(f"expected a Keras archive in {path}. Received: no zip file, or a part of one")
    try:
        with checked_copy(path) as copy:
            return keras.saving.load_model(copy, compile=False)
    except ModelError as error:
        # There is no way round it here, as there is for whoever installs a file.
        reason = str(error).removesuffix(WAY_OUT).strip()
        raise NetworkError(f"expected a Keras archive in {path}. Received: {reason}") from error
    except DAMAGE as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise NetworkError(f"expected a Keras archive in {path}. Received: {reason}") from error


def find_archive(store: ModelStore, source: str) -> Path:
    """Find the archive of an installed model, or the file that `source` names if it ends in ".keras".

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
