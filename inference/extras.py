"""Optional parts of the installation: whether they are there, and the command that installs them."""

from __future__ import annotations

import shlex
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from inference.errors import MissingExtra

Extra = Literal["tensorflow", "plots", "gpu"]

PROGRAM = "labelbot"
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
    """The command that installs an extra into this Python, from where the program came."""
    source = _source(extra)
    command = f"{shlex.quote(sys.executable)} -m pip install"
    return f"{command} {source}" if source else f"{command} '.[{extra}]', in the folder of its source"


def _source(extra: Extra) -> str | None:
    """What pip is to install; None if the folder that the program came from is gone, or was never installed.

    The record is that of https://packaging.python.org/en/latest/specifications/direct-url/.
    """
    # Imported here, since every command imports this module.
    import json
    from importlib.metadata import PackageNotFoundError, distribution
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    try:
        record = distribution(PROGRAM).read_text("direct_url.json")
    except PackageNotFoundError:
        return None
    if record is None:  # from a package index
        return shlex.quote(f"{PROGRAM}[{extra}]")
    origin = json.loads(record)
    url, version = urlsplit(origin["url"]), origin.get("vcs_info")
    if version is not None:
        address = f"{version['vcs']}+{origin['url']}@{version['commit_id']}"
        return shlex.quote(f"{PROGRAM}[{extra}] @ {address}")
    if url.scheme != "file":
        return shlex.quote(f"{PROGRAM}[{extra}] @ {origin['url']}")
    path = Path(url2pathname(url.path))
    if not path.exists():
        return None
    editable = "-e " if origin.get("dir_info", {}).get("editable") else ""
    return editable + shlex.quote(f"{path}[{extra}]")
