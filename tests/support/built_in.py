"""The model that is built at its first use: one copy is built for the homes of all tests."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from inference.models.defaults import DEFAULT_MODEL
from inference.models.store import ModelStore

FOLDER = Path("models", ".built-in")


def build_once(folder: Path) -> Path:
    """Build it, unless another process of the same run of tests has done so.

    Returns:
        A home that has it; nothing in there is to be changed.
    """
    ModelStore(folder).find(DEFAULT_MODEL)
    return folder


def give_built_in(home: Path, built: Path) -> Path:
    """Have a home, which may be new, hold what another one built; both share its files. Returns the home."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copytree(built / FOLDER, home / FOLDER, copy_function=os.link)
    return home
