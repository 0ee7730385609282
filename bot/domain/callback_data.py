"""What the bot writes into its buttons, for itself to read when one is pressed.

    1:use:0f3a5c7e9b1d2f4a      version : action : key

Telegram keeps buttons as long as their message, and takes 64 bytes: an old button may be pressed after any update of
the program, and a model's name may be 64 letters long.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

VERSION = "1"
USE = "use"
CANCEL = "cancel"
MORE = "more"
LESS = "less"
OTHER_MODEL = "models"
WITH = "with"
SET = "set"
ERASE = "forget"

OF_ANSWERS = frozenset({MORE, LESS, OTHER_MODEL, WITH})


@dataclass(frozen=True, slots=True)
class Callback:
    """What a pressed button stands for."""

    action: str
    key: str


def button_data(action: str, name: str = "") -> str:
    return f"{VERSION}:{action}:{hash_of(name)}"


def read_callback(data: str) -> Callback | None:
    """Read what a button held; None where another version of the program wrote it."""
    version, _, rest = data.partition(":")
    action, _, key = rest.partition(":")
    return Callback(action, key) if version == VERSION else None


def hash_of(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def resolve(key: str, names: Iterable[str]) -> str | None:
    """Find the name that a key stands for."""
    return next((name for name in names if hash_of(name) == key), None)
