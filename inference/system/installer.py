"""The shell commands that install packages into this Python, also if it has no pip, as those of uv and pipx."""

from __future__ import annotations

import shlex
import sys
from importlib.util import find_spec
from pathlib import Path


def pip_install(*packages: str) -> str:
    """Return the shell command that installs packages beside the program.

    The command keeps the installed program, even if it did not come from a package index.

    Args:
        packages: names of packages, with extras if any.
    """
    names = " ".join(map(shlex.quote, packages))
    python = shlex.quote(sys.executable)
    if find_spec("pip") is not None:
        return f"{python} -m pip install {names}"
    if (installer := _other_installer()) is not None:
        return f"{installer} {names}"
    return f"{add_pip()} && {python} -m pip install {names}"


def add_pip() -> str:
    """Return the shell command that adds pip to this Python, which has none."""
    if (installer := _other_installer()) is not None:
        return f"{installer} pip"
    return f"{shlex.quote(sys.executable)} -m ensurepip"


def _other_installer() -> str | None:
    """Return the command of the tool that made this environment, if it installs without pip."""
    environment = Path(sys.prefix)
    if (environment / "pipx_metadata.json").exists():
        return f"pipx runpip {shlex.quote(environment.name)} install"
    if _made_by_uv(environment / "pyvenv.cfg"):
        return f"uv pip install --python {shlex.quote(sys.executable)}"
    return None


def _made_by_uv(configuration: Path) -> bool:
    try:
        lines = configuration.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return False
    return any(line.partition("=")[0].strip() == "uv" for line in lines)
