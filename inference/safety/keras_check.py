"""Checks of Keras files before Keras reads them: names of classes, links to other files, and unpacked size.

Keras's own safe mode blocks Lambda layers, but not the other ways in which a file can read other files or run code.
"""

from __future__ import annotations

import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import h5py

from inference.errors import ModelError
from inference.safety.keras_classes import ACTIVATIONS, CLASSES, OPERATION_LAYERS, OPERATIONS, OWN
from inference.safety.refusal import refusal

# First bytes of an HDF5 file.
HDF5 = b"\x89HDF\r\n\x1a\n"
CONFIG, WEIGHTS = "config.json", "model.weights.h5"
MEMBERS = ("metadata.json", CONFIG, WEIGHTS)
# Maximum size of a file: three times the size of ConvNeXtXLarge, the largest network of `keras.applications`.
MAX_FILE_BYTES = 4_000_000_000
# Maximum size of a configuration: ten times that of NASNetLarge, the deepest network of `keras.applications`.
MAX_CONFIG_BYTES = 20_000_000
# Weights hardly compress. If a file unpacks to more than `MAX_GROWTH` times its size plus `FREE_BYTES`, its purpose is
# to fill the memory.
MAX_GROWTH = 20
FREE_BYTES = 100_000_000
# Packages of the allowed classes. The package `tf_keras` is Keras 2; functions have the module "builtins".
PACKAGES = ("keras", "tf_keras", "builtins")
# Module of the initialiser `Constant` in files of Keras 2.
INITIALIZERS = "tensorflow.python.ops.init_ops_v2"


@contextmanager
def checked_copy(path: Path, *, trusted: bool = False) -> Iterator[Path]:
    """Yield the path of a checked, temporary copy of a Keras file, which is safe to load.

    The check is made on the copy, since the file itself could change between check and loading.

    Args:
        path: Keras archive (.keras) or HDF5 file (any name).
        trusted: True to skip the check; then `path` itself is yielded, unless its name does not fit its content.

    Raises:
        ModelError: the file names classes that image networks do not use, links to other files, or unpacks to far
            more than its size.
        OSError: the file cannot be read or copied, or is damaged.
    """
    with path.open("rb") as file:
        # TensorFlow up to 2.11 wrote HDF5 files under this name, too.
        is_hdf5 = path.suffix != ".keras" or file.read(len(HDF5)) == HDF5
    if trusted and (not is_hdf5 or path.suffix != ".keras"):
        yield path
        return
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ModelError(f"{path}: expected at most {MAX_FILE_BYTES:,} bytes. Received: {path.stat().st_size:,}")
    with tempfile.TemporaryDirectory() as folder:
        # Keep the whole name, since Keras recognises the format by it: a file `.weights.h5` has only weights.
        copy = Path(folder, f"{path.name}.h5" if is_hdf5 and path.suffix == ".keras" else path.name)
        shutil.copyfile(path, copy)
        if trusted:
            pass
        elif not is_hdf5:
            _check_archive(copy, str(path))
        else:
            with copy.open("rb") as file:
                config = _check_hdf5(file, copy.stat().st_size, str(path))
            if config is not None:
                check_config(config, str(path))
        yield copy


def _check_archive(path: Path, source: str) -> None:
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        names = [info.filename for info in infos]
        if others := sorted({*names} - {*MEMBERS}):
            raise ModelError(
                f"{source}: expected a Keras archive of {', '.join(MEMBERS)}. Received: {ascii(others[0])[:80]}, too"
            )
        if len({*names}) != len(names):
            raise ModelError(f"{source}: expected each file once in the archive. Received: one twice")
        _check_growth(sum(info.file_size for info in infos), path.stat().st_size, source)
        if archive.getinfo(CONFIG).file_size > MAX_CONFIG_BYTES:
            raise ModelError(f"{source}: expected a configuration of at most {MAX_CONFIG_BYTES:,} bytes")
        check_config(archive.read(CONFIG), source)
        weights = archive.read(WEIGHTS)
        _check_hdf5(io.BytesIO(weights), len(weights), source)


def check_config(content: str | bytes, source: str) -> None:
    """Check that a configuration names only classes and functions that image networks use.

    How the network was trained (`compile_config`) is not checked: networks are loaded without it.

    Args:
        content: configuration of a Keras network, in JSON.
        source: name of the file in error messages.

    Raises:
        ModelError: the configuration names other classes or functions, or is no JSON.
    """
    try:
        config = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{source}: expected the configuration of a Keras network. Received: {error}") from error
    if isinstance(config, dict):
        config.pop("compile_config", None)
    waiting, refused = [config], set()
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if "class_name" in item and not _is_known(item):
                refused.add(_name_of(item))
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
    if refused:
        raise ModelError(refusal(source, "Keras object", refused, "that image networks use"))


def _is_known(item: dict[str, Any]) -> bool:
    """Return True if a configuration names an allowed class or function of Keras or of this program."""
    name, module, registered = item["class_name"], item.get("module"), item.get("registered_name")
    if isinstance(registered, str) and registered in OWN:
        return bool(name == OWN[registered])
    if module is not None and (not isinstance(module, str) or module.partition(".")[0] not in PACKAGES):
        return bool(module == INITIALIZERS and name == "Constant")
    if isinstance(name, str) and name in OPERATION_LAYERS:
        config = item.get("config")
        return registered in (None, name) and isinstance(config, dict) and str(config.get("function")) in OPERATIONS
    if name == "function":
        return isinstance(item.get("config"), str) and item["config"] in ACTIVATIONS
    # A custom class has a registered name of its own; in older files, it has a class name like "package>name".
    return isinstance(name, str) and name in CLASSES and registered in (None, name)


def _name_of(item: dict[str, Any]) -> str:
    name = item.get("config") if item["class_name"] == "function" else item["class_name"]
    module = item.get("module")
    if str(item["class_name"]) in OPERATION_LAYERS and isinstance(item.get("config"), dict):
        return f"{name} of {item['config'].get('function')}"
    return f"{module}.{name}" if isinstance(module, str) else str(name)


def _check_hdf5(file: BinaryIO, size_bytes: int, source: str) -> str | bytes | None:
    """Check an HDF5 file; return the configuration of its network, or None if the file has no configuration.

    Raises:
        ModelError: the file links to other files, holds data other than numbers, or unpacks to too many bytes.
        OSError: the file is damaged.
    """
    total_bytes, seen = 0, set()
    with h5py.File(file) as opened:
        waiting: list[Any] = [opened]
        while waiting:
            item = waiting.pop()
            if isinstance(item, h5py.Dataset):
                if item.external or item.is_virtual:
                    raise ModelError(f"{source}: expected weights in the file itself. Received: some in other files")
                if item.dtype.kind not in "fiub":
                    raise ModelError(f"{source}: expected weights that are numbers. Received: {item.dtype}")
                total_bytes += item.nbytes
                continue
            for name in item:
                if not isinstance(item.get(name, getlink=True), h5py.HardLink):
                    raise ModelError(f"{source}: expected weights in the file itself. Received: links to elsewhere")
                # Visit each object only once, since hard links can form cycles.
                address = h5py.h5o.get_info(item.id, name.encode()).addr
                if address not in seen:
                    seen.add(address)
                    waiting.append(item[name])
        _check_growth(total_bytes, size_bytes, source)
        config: str | bytes | None = opened.attrs.get("model_config")
    if config is not None and (not isinstance(config, str | bytes) or len(config) > MAX_CONFIG_BYTES):
        raise ModelError(f"{source}: expected a configuration of at most {MAX_CONFIG_BYTES:,} bytes of text")
    return config


def _check_growth(unpacked_bytes: int, size_bytes: int, source: str) -> None:
    limit = min(MAX_FILE_BYTES, FREE_BYTES + MAX_GROWTH * size_bytes)
    if unpacked_bytes > limit:
        raise ModelError(
            f"{source}: expected weights of at most {limit:,} bytes in a file of {size_bytes:,}. "
            f"Received: {unpacked_bytes:,}"
        )
