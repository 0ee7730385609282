"""The form by which two spellings of a taught class's name are the same name."""

from __future__ import annotations

import unicodedata

# Letters and symbols that show nothing: fillers of Hangul, and the empty Braille pattern.
BLANKS = frozenset("\u115f\u1160\u3164\uffa0\u2800")


def name_key(name: str) -> str:
    """Return the unique form of a name: names that look the same are the same, and so are upper and lower case."""
    key = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "".join(char for char in key if not _is_invisible(char))


def _is_invisible(char: str) -> bool:
    return unicodedata.category(char) == "Cf" or char in BLANKS or "\ufe00" <= char <= "\ufe0f"
