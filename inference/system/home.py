"""The folder of Labelbot's data."""

from __future__ import annotations

import os
from pathlib import Path

from inference.errors import ProgramError


class NoHome(ProgramError):
    """This user has no home folder."""

    def __str__(self) -> str:
        return "This user has no home folder: set LABELBOT_HOME to a folder for Labelbot's data."


def default_home() -> Path:
    """Return the platform's folder for Labelbot's data, which need not exist.

    Raises:
        NoHome: neither XDG_DATA_HOME nor HOME is set, and the system does not know this user, as in some containers.
    """
    from platformdirs import user_data_path

    try:
        home = user_data_path("labelbot")
    except RuntimeError:
        raise NoHome from None
    # With an empty HOME, the folder would lie in the root folder.
    if not home.is_absolute() or (os.environ.get("HOME") == "" and not os.environ.get("XDG_DATA_HOME")):
        raise NoHome
    return home
