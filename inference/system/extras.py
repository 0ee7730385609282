"""Extras of the installation: checks whether they are installed, and the commands that install them."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Literal

from inference.errors import MissingExtra
from inference.system.installer import pip_install

Extra = Literal["tensorflow", "plots", "gpu", "mcp", "cluster"]

# Modules that must be importable for each extra.
MODULES: dict[Extra, tuple[str, ...]] = {
    "tensorflow": ("tensorflow", "keras", "tensorboard", "matplotlib"),
    "plots": ("matplotlib",),
    "mcp": ("mcp",),
    "cluster": ("ray",),
}


def has_extra(extra: Extra) -> bool:
    """Return True if the packages of an extra are installed, without importing them."""
    return all(find_spec(module) is not None for module in MODULES[extra])


def require_extra(extra: Extra, subject: str) -> None:
    """Check that an extra is installed.

    Args:
        extra: name of the extra in pyproject.toml.
        subject: the feature that needs the extra, for the error message, such as "exporting a model" or "--out".

    Raises:
        MissingExtra: the extra is not installed.
    """
    if not has_extra(extra):
        raise MissingExtra(subject, extra, install_command(extra))


def install_command(extra: Extra) -> str:
    """Return the shell command that installs an extra into this Python. It only adds the packages of the extra."""
    return pip_install(f"labelbot[{extra}]")
