"""Optional parts of the installation: whether they are there, and the command that installs them."""

from __future__ import annotations

import shlex
import sys
from importlib.util import find_spec
from typing import Literal

from inference.errors import MissingExtra

Extra = Literal["tensorflow", "plots", "gpu"]

# What code that needs an extra imports.
MODULES: dict[Extra, tuple[str, ...]] = {
    "tensorflow": ("tensorflow", "keras", "tensorboard", "matplotlib"),
    "plots": ("matplotlib",),
}


def has_extra(extra: Extra) -> bool:
    """Whether the packages of an extra are installed; imports none of them."""
    return all(find_spec(module) is not None for module in MODULES[extra])


def require_extra(extra: Extra, subject: str) -> None:
    """Refuse what needs an extra that is not installed.

    Args:
        extra: its name in pyproject.toml.
        subject: what needs it, for people.

    Raises:
        MissingExtra: it is not installed.
    """
    if not has_extra(extra):
        raise MissingExtra(subject, extra, install_command(extra))


def install_command(extra: Extra) -> str:
    """The command that installs an extra into this Python.

    pip takes the installed program for what is asked for, wherever it came from, and adds the packages of the extra.
    """
    return f"{shlex.quote(sys.executable)} -m pip install 'labelbot[{extra}]'"
