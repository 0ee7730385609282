"""The first part of a file whose download was interrupted, and the record that allows it to resume."""

from __future__ import annotations

import json
from pathlib import Path
from typing import BinaryIO


class PartialFile:
    """The first bytes of a file, and a record of their URL and their version.

    The record is written before the first byte, so that the bytes never have the record of another file.
    """

    def __init__(self, path: Path) -> None:
        """Initialise with the path of the part, which may not exist yet."""
        self.path = path
        self._record = path.with_name(f"{path.name}.json")

    @property
    def size_bytes(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def validator(self, url: str) -> str | None:
        """Return the validator (ETag or date) of the part for this URL, or None if the download cannot be resumed."""
        try:
            record = json.loads(self._record.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        if not isinstance(record, dict) or record.get("url") != url:
            return None
        validator = record.get("validator")
        return validator if isinstance(validator, str) else None

    def begin(self, url: str, validator: str | None) -> None:
        """Discard the part, and record the file of a new download.

        Args:
            url: requested URL, before redirects.
            validator: strong ETag or date (RFC 9110, section 13.1.5); None if the server sends neither.
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
        """Move the complete file to its target, and remove the record."""
        self.path.replace(target)
        self._record.unlink(missing_ok=True)
