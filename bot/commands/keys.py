"""`labelbot keys`: the keys of the HTTP API's clients.

The modules that the commands need are imported when they run, as in `bot.cli`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer


def commands() -> typer.Typer:
    """Return the commands for the keys of the HTTP API."""
    group = typer.Typer(
        name="keys", help="Manage the keys of the HTTP API.", no_args_is_help=True, rich_markup_mode=None
    )
    group.command("add")(add_key)
    group.command("list")(list_keys)
    group.command("remove")(remove_key)
    return group


KeyName = Annotated[str, typer.Argument(metavar="NAME", help="Name of the key.", show_default=False)]


def add_key(
    name: KeyName,
    model: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Model that the key may use; by default all.")
    ] = None,
    images_per_minute: Annotated[
        float | None, typer.Option(min=0.001, help="Maximum number of images a minute.", show_default="no limit")
    ] = None,
) -> None:
    """Add a key to the file LABELBOT_API_KEYS_FILE, and print it.

    The key is shown this once. The file keeps only its SHA-256. A running server knows the key at once.
    """
    from bot.web.api.keys_file import add_key as add
    from inference.system.terminal import print_message

    for absent in _not_installed(model or ()):
        print_message(f"no model named {absent!r} is installed; the key may use it once it is")
    print(add(_keys_file(), name, models=model or (), images_per_minute=images_per_minute))


def list_keys() -> None:
    """List the names of the keys, and what they may do."""
    from bot.web.api.keys import read_keys

    for key in read_keys(_keys_file()):
        models = "all models" if key.models is None else ", ".join(sorted(key.models)) or "no models"
        rate = "" if key.images_per_minute is None else f", {key.images_per_minute:.15g} images a minute"
        print(f"{key.name}: {models}{rate}")


def remove_key(name: KeyName) -> None:
    """Remove a key; a running server refuses it at once."""
    from bot.web.api.keys_file import remove_key as remove

    remove(_keys_file(), name)
    print(f"removed {name}")


def _not_installed(models: Sequence[str]) -> Sequence[str]:
    from bot.config import load_settings
    from inference import ModelStore

    installed = ModelStore(load_settings().home).names() if models else ()
    return [name for name in models if name not in installed]


def _keys_file() -> Path:
    from bot.config import ConfigError, load_settings

    settings = load_settings()
    if settings.api_keys_file is None:
        raise ConfigError("No file of keys: set LABELBOT_API_KEYS_FILE to its path, such as keys.toml.")
    return settings.api_keys_file
