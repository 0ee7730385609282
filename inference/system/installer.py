"""The shell command that installs packages into this Python, also if it has no pip, as those of uv and pipx."""

from __future__ import annotations

import shlex
import sys
from importlib.util import find_spec
from pathlib import Path


def pip_install(*packages: str) -> str:
    """Return the shell command that installs packages beside the program.

    All of these keep the installed program, even if it did not come from a package index.

    Args:
        packages: names of packages, with extras if any.
    """
    python = shlex.quote(sys.executable)
    if find_spec("pip") is not None:
        installer = f"{python} -m pip install"
    elif (Path(sys.prefix) / "pipx_metadata.json").exists():
        installer = f"pipx runpip {shlex.quote(Path(sys.prefix).name)} install"
    elif _made_by_uv(Path(sys.prefix) / "pyvenv.cfg"):
        installer = f"uv pip install --python {python}"
    elif packages == ("pip",):
        return f"{python} -m ensurepip"
    else:
        installer = f"{python} -m ensurepip && {python} -m pip install"
    return " ".join((installer, *(shlex.quote(package) for package in packages)))


def _made_by_uv(configuration: Path) -> bool:
    try:
        lines = configuration.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return False
    return any(line.partition("=")[0].strip() == "uv" for line in lines)
