"""Finds entities in plain text. Offsets and lengths count UTF-16 code units."""

from __future__ import annotations

import re
from typing import Any

Entity = dict[str, Any]

# As in Telegram's apps, names like photo.py count as links, as many file suffixes are also codes of countries.
_PATTERN = re.compile(
    r"(?P<email>(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<url>https?://[^\s<>\"]*[^\s<>\".,;:!?)\]']"
    r"|(?<![\w@./-])(?:[\w-]+\.)+(?:com|org|net|info|dev|app|edu|gov|[a-z]{2})(?![\w.-])(?:[/?#][^\s<>\"]*[^\s<>\".,;:!?)\]'])?)"
    r"|(?<![\w/<>])(?P<bot_command>/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?)(?![\w/<>])"
    r"|(?<!\w)(?P<mention>@[A-Za-z0-9_]{3,32})(?!\w)"
    r"|(?<!\w)(?P<hashtag>\#\w*[^\W\d_]\w*)"
)


def utf16_length(text: str) -> int:
    """Return the number of UTF-16 code units in a text."""
    return len(text.encode("utf-16-le")) // 2


def find_entities(text: str) -> list[Entity]:
    """Find links, e-mail addresses, bot commands, mentions and hashtags in plain text."""
    entities = []
    for match in _PATTERN.finditer(text):
        kind = match.lastgroup
        entities.append(
            {"type": kind, "offset": utf16_length(text[: match.start()]), "length": utf16_length(match.group())}
        )
    return entities
