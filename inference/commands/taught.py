"""What `labelbot taught` says of classes that were taught on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inference.commands.models import Home, home_folder, print_table
from inference.errors import ModelError, ProgramError

if TYPE_CHECKING:
    from inference.teaching.taught_file import TaughtFile

Class = Annotated[str, typer.Argument(metavar="NAME", help="Name of a taught class.", show_default=False)]


class NotTaught(ProgramError):
    """No model was taught a class of this name."""


def print_home(home: Path, *, as_json: bool) -> bool:
    """Print the classes that were taught on the command line; return whether there are any.

    Raises:
        ModelError: a file is damaged.
    """
    files = [taught for _, taught in _files(home)]
    listed = [(name, len(rows), taught.model) for taught in files for name, rows in taught.photos.items()]
    if as_json:
        for name, photos, model in listed:
            print(json.dumps({"chat_id": None, "name": name, "photos": photos, "models": [model]}, ensure_ascii=False))
    elif listed:
        print_table([("CLASS", "PHOTOS", "MODEL"), *((name, str(photos), model) for name, photos, model in listed)])
    return bool(listed)


def forget(name: Class, home: Home = None) -> None:
    """Forget a class that was taught with `labelbot teach`, in all models."""
    from inference.system.folder_lock import locked
    from inference.teaching.taught_file import FOLDER

    folder = home_folder(home) / FOLDER
    with locked(folder) if folder.is_dir() else nullcontext():
        _forget(home_folder(home), name)


def _forget(home: Path, given: str) -> None:
    from inference.teaching.taught_file import clean_name

    try:
        name = clean_name(given)
    except ModelError:  # a name that no class can have
        name = given
    files = list(_files(home))
    found = [(path, taught, known) for path, taught in files if (known := taught.find(name))]
    if not found:
        names = sorted({each for _, taught in files for each in taught.photos})
        others = f"taught are: {', '.join(names)}" if names else "nothing was taught on the command line"
        raise NotTaught(f"Nothing is called {name!r}; {others}.")
    for path, taught, known in found:
        left = taught.forget(known)
        if left.photos:
            left.write(path)
        else:
            path.unlink()
        print(f"forgot {known}, which {taught.model} was taught")


def _files(home: Path) -> Iterator[tuple[Path, TaughtFile]]:
    from inference.teaching.taught_file import FOLDER, TaughtFile

    for path in sorted((home / FOLDER).glob("*.json")):
        yield path, TaughtFile.read(path)
