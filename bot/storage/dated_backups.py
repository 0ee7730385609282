"""Backups with the date in their names, of which the newest are kept."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import URL

from bot.storage.backup import back_up
from bot.storage.engine import StorageError
from bot.storage.inspection import read_revision
from bot.storage.migrate import known_revisions
from bot.storage.private_files import make_folder

# The date in UTC, as the hour of local time is there twice when summer time ends.
DATE = "%Y-%m-%dT%H%M%SZ"
DATE_PATTERN = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{6}Z"
# Name of a backup in a folder.
NAME = "labelbot.backup"
# Folder of the home folder with the automatic backups.
FOLDER = "backups"
BEFORE_MIGRATION = "before-migration.backup"
# An upgrade that fails is perhaps noticed after the next one.
KEPT_BEFORE_MIGRATIONS = 3


def back_up_dated(url: URL, file: Path, *, keep: int | None) -> Path:
    """Write a backup with the date in its name, then delete the oldest ones. Blocking.

    Args:
        url: address of the database.
        file: path without the date: "labels.backup" stands for files such as "labels-2026-11-29T041500Z.backup".
        keep: number of backups to keep, at least 1; None to delete none.

    Returns:
        The path of the backup.

    Raises:
        StorageError: see `back_up`; no backup is deleted.
    """
    while (target := file.with_name(f"{file.stem}-{datetime.now(UTC):{DATE}}{file.suffix}")).exists():
        time.sleep(0.1)  # the next second
    back_up(url, target)
    if keep is not None:
        for old in dated_backups(file)[:-keep]:
            old.unlink(missing_ok=True)
    return target


def dated_backups(file: Path) -> list[Path]:
    """Return the existing backups of a name, the oldest first; see `back_up_dated`."""
    name = re.compile(f"{re.escape(file.stem)}-{DATE_PATTERN}{re.escape(file.suffix)}")
    return sorted(path for path in file.parent.iterdir() if name.fullmatch(path.name) and path.is_file())


def back_up_before_migration(url: URL, home: Path) -> Path | None:
    """Back up a database that the next migration changes; three such backups are kept. Blocking.

    Args:
        url: address of the database.
        home: folder of Labelbot's data.

    Returns:
        The path of the backup; None if the database is new, or the migration leaves it as it is.

    Raises:
        StorageError: the backup cannot be made.
    """
    revision = read_revision(url)
    *older, _newest = known_revisions()
    if revision not in older:
        return None
    folder = home / FOLDER
    try:
        make_folder(folder)
        return back_up_dated(url, folder / BEFORE_MIGRATION, keep=KEPT_BEFORE_MIGRATIONS)
    except (OSError, StorageError) as error:
        reason = f"{folder} cannot be made: {error.strerror}." if isinstance(error, OSError) else str(error)
        raise StorageError(
            f"The database was not changed, because it could not be backed up first: {reason} "
            "`labelbot migrate --no-backup` changes it all the same."
        ) from error


def delete_expired_backups(home: Path, *, retention_days: int) -> None:
    """Delete the automatic backups that are older than people's data may be. Blocking.

    Raises:
        OSError: a file cannot be deleted.
    """
    folder = home / FOLDER
    if not folder.is_dir():
        return
    before = datetime.now(UTC) - timedelta(days=retention_days)
    for backup in dated_backups(folder / BEFORE_MIGRATION):
        if datetime.fromtimestamp(backup.stat().st_mtime, UTC) < before:
            backup.unlink(missing_ok=True)
