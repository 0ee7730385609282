"""A record of a failed backup. The running bot tells its admins about it, as nobody sees the errors of a timer."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from bot.storage.private_files import make_file

NAME = "backup-failed"
# Limit on the characters that are read from the record: admins get one sentence.
MAX_CHARS = 500


def note_failure(home: Path, reason: str) -> None:
    """Record why a backup failed. If the home folder is not writable, nothing is recorded."""
    with suppress(OSError):
        note_success(home)
        make_file(home / NAME)
        (home / NAME).write_text(reason, encoding="utf-8")


def note_success(home: Path) -> None:
    """Remove the record, as a backup was made."""
    with suppress(OSError):
        (home / NAME).unlink(missing_ok=True)


def last_failure(home: Path) -> str | None:
    """Return why the last backup failed; None if no failure is recorded. Blocking: it reads a file.

    Raises:
        OSError: the record cannot be read.
    """
    try:
        with (home / NAME).open(encoding="utf-8", errors="replace") as file:
            return " ".join(file.read(MAX_CHARS).split())
    except FileNotFoundError:
        return None
