"""Access to files in installed third-party packages."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from inference.errors import ModelError
from inference.system.installer import pip_install


def packaged_file(package: str, suffix: str) -> Path:
    """Return the path of the only file with a given suffix in a package, without importing the package.

    Args:
        package: name of the package on PyPI.
        suffix: suffix of the file's name, such as ".pth".

    Raises:
        ModelError: the package is not installed, or does not have exactly one such file.
    """
    try:
        files = distribution(package).files or []
    except PackageNotFoundError:
        raise ModelError(
            f"expected the package {package}, which has the model's weights: {pip_install(package)}. Received: none"
        ) from None
    found = [
        path for path in (Path(str(file.locate())) for file in files if file.name.endswith(suffix)) if path.is_file()
    ]
    if len(found) != 1:
        raise ModelError(
            f"expected one file *{suffix} in the package {package}; install it again. Received: {len(found)}"
        )
    return found[0]


@cache
def has_package(package: str) -> bool:
    """Return True if a package was installed when this was first asked."""
    try:
        distribution(package)
    except PackageNotFoundError:
        return False
    return True


def read_checked(path: Path, sha256: str) -> bytes:
    """Read a file, and verify its SHA-256.

    Raises:
        ModelError: the content has another SHA-256.
        OSError: the file cannot be read.
    """
    content = path.read_bytes()
    received = hashlib.sha256(content).hexdigest()
    if received != sha256:
        raise ModelError(f"{path}: expected the SHA-256 {sha256}. Received: {received}")
    return content
