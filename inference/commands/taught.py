"""`labelbot taught list` and `forget`: what was taught on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from inference.commands.models import Home, home_folder
from inference.errors import ProgramError
from inference.teaching.taught_file import FOLDER, TaughtFile

Class = Annotated[str, typer.Argument(metavar="NAME", help="Name of a taught class.", show_default=False)]


class NotTaught(ProgramError):
    """No model was taught a class of this name."""


def taught_files(home: Path) -> Iterator[tuple[Path, TaughtFile]]:
    """Yield what each model was taught.

    Raises:
        ModelError: a file is damaged.
    """
    for path in sorted((home / FOLDER).glob("*.json")):
        yield path, TaughtFile.read(path)


def forget(name: Class, home: Home = None) -> None:
    """Forget a class that was taught with `labelbot teach`, in all models."""
    folder = home_folder(home)
    files = list(taught_files(folder))
    found = [(path, taught) for path, taught in files if name in taught.photos]
    if not found:
        known = sorted({each for _, taught in files for each in taught.photos})
        raise NotTaught(f"Nothing is called {name!r}; taught are: {', '.join(known) or 'no classes'}.")
    for path, taught in found:
        left = taught.forget(name)
        if left.photos:
            left.write(path)
        else:
            path.unlink()
        print(f"forgot {name}, which {taught.model} was taught")
