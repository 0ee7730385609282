"""Files for their owner alone, whatever the umask: they hold what people wrote and were told."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from bot.storage.engine import StorageError

OWNER_ONLY_FILE = 0o600
OWNER_ONLY_FOLDER = 0o700
OTHERS = 0o077
# What SQLite keeps beside a database while it is open; it makes them with the rights of the database's file.
COMPANIONS = ("", "-wal", "-shm", "-journal")

log = logging.getLogger(__name__)


def make_folder(folder: Path) -> None:
    """Make a folder for its owner alone. One that is there stays as it is: others may have been let in on purpose.

    Raises:
        OSError: it cannot be made.
    """
    folder.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)


def make_data_folder(folder: Path) -> None:
    """Make the folder of a database; see `make_folder`.

    Raises:
        StorageError: it cannot be made.
    """
    try:
        make_folder(folder)
    except OSError as error:
        raise StorageError(f"The data folder {folder} cannot be made: {error.strerror}.") from error


def make_file(file: Path) -> None:
    """Make an empty file for its owner alone, in one step: nobody can open it in between.

    Raises:
        OSError: it is there already, or cannot be made.
    """
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY_FILE))


def make_database_file(file: Path) -> None:
    """Make the file of a database where there is none, and close one to others where it is open to them.

    What is not done is left to whoever opens the database, who is told why: the folder cannot be written to, the file
    is another's, or its file system knows no rights.
    """
    try:
        make_file(file)
    except FileExistsError:
        # SQLite keeps the companions of a database that is a link beside the file itself.
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
            # By its path: whoever opens and closes a file of SQLite's loses the locks that this process has on it.
            file.chmod(OWNER_ONLY_FILE)
            if file.stat().st_mode & OTHERS:
                continue
        except OSError:
            continue
        log.warning("%s could be opened by others than its owner, and no longer can", file)
