"""Creates files that only their owner can read, whatever the umask, as the files contain people's messages."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from bot.storage.engine import StorageError

OWNER_ONLY_FILE = 0o600
OWNER_ONLY_FOLDER = 0o700
OTHERS = 0o077
# Suffixes of the database's file, and of the files with the same permissions that SQLite keeps beside it.
COMPANIONS = ("", "-wal", "-shm", "-journal")

log = logging.getLogger(__name__)


def make_folder(folder: Path) -> None:
    """Make a folder that only its owner can use.

    An existing folder keeps its permissions, as somebody may have set them on purpose.

    Raises:
        OSError: the folder cannot be made.
    """
    folder.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)


def make_data_folder(folder: Path) -> None:
    """Make the folder of a database; see `make_folder`.

    Raises:
        StorageError: the folder cannot be made.
    """
    try:
        make_folder(folder)
    except OSError as error:
        raise StorageError(f"The data folder {folder} cannot be made: {error.strerror}.") from error


def make_file(file: Path) -> None:
    """Make an empty file that only its owner can use, in one step, so that nobody else can open it first.

    Raises:
        OSError: the file exists, or cannot be made.
    """
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY_FILE))


def make_database_file(file: Path) -> None:
    """Make a database's file. If the file exists, remove other users' permissions from it.

    Errors are ignored here, as opening the database reports them. Examples are an unwritable folder, a file of another
    user, or a file system without permissions.
    """
    try:
        make_file(file)
    except FileExistsError:
        # If the database is a link, SQLite keeps its companion files beside the target.
        _close(Path(os.path.realpath(file)))
    except OSError:
        return


def _close(database: Path) -> None:
    for companion in COMPANIONS:
        file = database.with_name(database.name + companion)
        try:
            mode = file.stat().st_mode
            if not mode & OTHERS:
                continue
            # Use the path here: opening and closing the file would release this process's locks on it.
            file.chmod(OWNER_ONLY_FILE)
            if file.stat().st_mode & OTHERS:
                continue
        except OSError:
            continue
        log.warning("removed other users' permissions from %s", file)
