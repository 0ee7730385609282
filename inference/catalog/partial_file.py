"""The part of a file that a download got so far, and how to ask a server for the rest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import BinaryIO


class PartialFile:
    """The first bytes of a file, and beside them which file of which server they are of.

    The record is written before the first byte, so bytes without one, or with that of another, cannot be mistaken.
    """

    def __init__(self, path: Path) -> None:
        """Look at a part, which need not exist."""
        self.path = path
        self._record = path.with_name(f"{path.name}.json")

    @property
    def size_bytes(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def validator(self, url: str) -> str | None:
        """What the server of this address knows the file by; None where the part is not to be gone on with."""
        try:
            record = json.loads(self._record.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        if not isinstance(record, dict) or record.get("url") != url:
            return None
        validator = record.get("validator")
        return validator if isinstance(validator, str) else None

    def begin(self, url: str, validator: str | None) -> None:
        """Start over with the file of an address.

        Args:
            url: as it is asked for, before redirects.
            validator: a strong ETag or a date (RFC 9110, section 13.1.5), None where the server gives neither.
        """
        self.discard()
        new = self._record.with_name(f"{self._record.name}.new")
        new.write_text(json.dumps({"url": url, "validator": validator}), encoding="utf-8")
        new.replace(self._record)

    def append(self) -> BinaryIO:
        return self.path.open("ab")

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)
        self._record.unlink(missing_ok=True)

    def complete(self, target: Path) -> None:
        """Give the file its name."""
        self.path.replace(target)
        self._record.unlink(missing_ok=True)
