"""Published models for the tests: small files on a server, and their catalogue entry."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inference.catalog.catalog import CatalogEntry
from tests.support.file_server import FileServer
from tests.support.networks import COLOURS, colour_network

NETWORK = colour_network(dtype="uint8")
LABELS = "\n".join(COLOURS).encode()


def tar(files: Mapping[str, bytes]) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name, file in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(file)
            archive.addfile(entry, io.BytesIO(file))
    return content.getvalue()


def zipped(files: Mapping[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in files.items():
            archive.writestr(name, file)
    return content.getvalue()


def described(name: str, content: bytes, *addresses: str, **changes: Any) -> dict[str, Any]:
    """Describe a file as a catalogue does."""
    file = {
        "name": name,
        "addresses": list(addresses),
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    return file | changes


def described_package(name: str, content: bytes, member: str, network: bytes, **changes: Any) -> dict[str, Any]:
    """Describe the wheel of colours-model 1.0 as a catalogue does."""
    members = [{"name": member, "size_bytes": len(network), "sha256": hashlib.sha256(network).hexdigest()}]
    package = {"package": "colours-model", "version": "1.0", "members": members}
    file = described(name, content) | package | changes
    del file["addresses"]
    return file


def colours_entry(*files: dict[str, Any], **changes: Any) -> CatalogEntry:
    """The entry of a model that names colours, of which these are the files."""
    entry = {
        "name": "colours",
        "title": "Three colours",
        "files": files,
        "network": "colours.tflite",
        "labels": ["colours.txt"],
        "height": 8,
        "width": 6,
        "crop": 0.5,
        "licence": "CC0-1.0",
        "accuracy": 0.75,
    }
    return CatalogEntry.model_validate(entry | changes)


def write_catalog(path: Path, *entries: CatalogEntry) -> Path:
    """Write the file of a catalogue."""
    lines = []
    for entry in entries:
        table = entry.model_dump(mode="json", exclude_none=True, exclude={"name"})
        lines += [f"[{entry.name}]", *(f"{key} = {_toml(value)}" for key, value in table.items())]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def _toml(value: Any) -> str:
    """The value as TOML; what JSON and TOML write differently are tables."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + "}"
    return f"[{', '.join(map(_toml, value))}]" if isinstance(value, list) else json.dumps(value)


def publish_colours(server: FileServer, catalog: Path, name: str = "colours") -> Path:
    """Serve the files of a model that names colours, and write a catalogue that has only that model."""
    files = []
    for file_name, content in (("colours.tflite", NETWORK), ("colours.txt", LABELS)):
        server.files[f"/{file_name}"] = content
        files.append(described(file_name, content, server.url(f"/{file_name}")))
    return write_catalog(catalog, colours_entry(*files, name=name))
