"""The address of a cluster."""

from __future__ import annotations

import re

ADDRESS = re.compile(r"(?:[\w.-]+|\[[0-9a-fA-F:.]+\]):([0-9]{1,5})")


def is_address(text: str) -> bool:
    """Return whether a text is HOST:PORT of a cluster's head, or "auto"."""
    found = ADDRESS.fullmatch(text)
    return text == "auto" or (found is not None and 0 < int(found[1]) < 2**16)
