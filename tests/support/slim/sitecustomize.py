"""A module that hides the packages of the extras from a Python with this folder in PYTHONPATH, and its children."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

HIDDEN = ("tensorflow", "keras", "tensorboard", "matplotlib")


class _Hiding(PathFinder):
    @classmethod
    def find_spec(
        cls, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] in HIDDEN:
            return None
        return super().find_spec(fullname, path, target)


sys.meta_path = [_Hiding if finder is PathFinder else finder for finder in sys.meta_path]
