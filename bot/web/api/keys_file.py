"""Changes of the file of the keys: each in one step, and one after the other."""

from __future__ import annotations

import re
import secrets
import tomllib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from bot.web.api.keys import NAME, NAME_RULE, KeysError, parse_keys, read_keys, sha256_of
from inference.system.folder_lock import locked
from inference.system.whole_file import write_whole

# The prefix shows people and scanners of secrets what the secret is for.
PREFIX = "labelbot_"
SECRET_BYTES = 32


def add_key(path: Path, name: str, *, models: Sequence[str] = (), images_per_minute: float | None = None) -> str:
    """Add a key to a file, which is made if it is absent, and return the key's secret, which is kept nowhere.

    Args:
        path: file of the keys.
        name: name of the new key.
        models: names of the models that the client may use; empty for all.
        images_per_minute: maximum rate of the client's images; None for no limit.

    Raises:
        KeysError: a name is invalid, the key's is taken, or the file cannot be used.
        OSError: the file cannot be written; it stays as it was.
    """
    for each in (name, *models):
        if not NAME.fullmatch(each):
            raise KeysError(f"expected a name of {NAME_RULE}. Received: {each!r}")
    secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    lines = ["[[keys]]", f'name = "{name}"', f'sha256 = "{sha256_of(secret)}"']
    if models:
        quoted = ", ".join(f'"{model}"' for model in models)
        lines.append(f"models = [{quoted}]")
    if images_per_minute is not None:
        lines.append(f"images_per_minute = {images_per_minute:.15g}")
    file = path.resolve()  # a symbolic link stays one
    with locked(file.parent):
        before = file.read_text(encoding="utf-8").rstrip("\n") if file.exists() else ""
        names = [entry.name for entry in read_keys(file)] if before else []
        if name in names:
            raise KeysError(f"expected a name that no key has. Received: {name!r}")
        text = "\n".join(lines) + "\n"
        _replace(file, f"{before}\n\n{text}" if before else text, [*names, name])
    return secret


def remove_key(path: Path, name: str) -> None:
    """Remove a key from a file. Comments and other keys stay as they are.

    Raises:
        KeysError: there is no such key, or the file cannot be used.
        OSError: the file cannot be written; it stays as it was.
    """
    file = path.resolve()  # a symbolic link stays one
    read_keys(file)
    with locked(file.parent):
        names = [entry.name for entry in read_keys(file)]
        if name not in names:
            raise KeysError(f"{path} has no key named {name!r}")
        head, *tables = re.split(r"(?m)^(?=[ \t]*\[\[[ \t]*keys[ \t]*\]\])", file.read_text(encoding="utf-8"))
        # A line that looks like the head of a table may stand inside a text.
        with suppress(tomllib.TOMLDecodeError, KeyError):
            tables = [table for table in tables if tomllib.loads(table)["keys"][0]["name"] != name]
        _replace(file, head + "".join(tables), [each for each in names if each != name])


def _replace(path: Path, text: str, names: Sequence[str]) -> None:
    """Write the file of the keys.

    Args:
        path: file of the keys.
        text: its new content.
        names: names of the keys that it then has.

    Raises:
        KeysError: the text would have other keys.
        OSError: the file cannot be written; it stays as it was.
    """
    try:
        written = [entry.name for entry in parse_keys(path, tomllib.loads(text))]
    except tomllib.TOMLDecodeError:
        written = []
    if written != names:
        raise KeysError(
            f"{path}: expected each key in a table that begins with the line [[keys]]. Received: another form, which "
            "only an editor can change"
        )
    write_whole(path, text)
