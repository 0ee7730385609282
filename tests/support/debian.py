"""Files of Debian packages that are unpacked rather than installed, as installing them would start services."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

# Folder into which `.ci/run` unpacks the packages.
VARIABLE = "LABELBOT_TEST_DEBIAN"


def debian_program(name: str, package: str) -> str:
    """Return the path of a program, or skip the test if this machine does not have it."""
    unpacked = os.environ.get(VARIABLE)
    folders = [f"{unpacked}/usr/{folder}" for folder in ("bin", "sbin")] if unpacked else []
    found = shutil.which(name, path=os.pathsep.join((*folders, os.environ["PATH"], "/usr/sbin")))
    if found is None:
        pytest.skip(f"needs {name} (apt install {package})")
    return found


def debian_file(path: str, package: str) -> Path:
    """Return the path of a file that a package installs, or skip the test if this machine does not have it."""
    for root in (os.environ.get(VARIABLE, "/"), "/"):
        if (file := Path(root) / path).is_file():
            return file
    pytest.skip(f"needs /{path} (apt install {package})")
