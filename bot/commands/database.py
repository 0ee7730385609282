"""`labelbot migrate`, `labelbot backup` and `labelbot restore`: care for the database.

The modules that the commands need are imported when they run, as in `bot.cli`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from inference.errors import ProgramError, describe_os_error


def migrate(
    no_backup: Annotated[bool, typer.Option("--no-backup", help="Do not back up an older database first.")] = False,
) -> None:
    """Migrate the database to this version.

    `labelbot run` does the same at its start. Before a change, both back up the database into the folder `backups` of
    LABELBOT_HOME, where the last three such backups are kept.
    """
    from bot.config import load_settings
    from bot.storage.database_url import database_url, name_of
    from bot.storage.dated_backups import back_up_before_migration
    from bot.storage.migrate import migrate as migrate_database
    from bot.storage.single_instance import no_instance

    settings = load_settings()
    database = database_url(settings)
    with no_instance(database):
        if not no_backup and (file := back_up_before_migration(database, settings.home)) is not None:
            print(f"backed up {name_of(database)} to {file}")
        print(f"{name_of(database)} is at revision {migrate_database(database)}")


def backup(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="Path of the new backup file, or a folder for backups with dates.", show_default=False
        ),
    ],
    keep: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Add the date to the name, and delete all but the last N backups of this name.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Back up the database to a file.

    The bot may keep running.
    """
    from bot.config import load_settings
    from bot.storage.backup import back_up
    from bot.storage.backup_record import note_failure, note_success
    from bot.storage.database_url import database_url, name_of
    from bot.storage.dated_backups import NAME, back_up_dated

    settings = load_settings()
    database = database_url(settings)
    try:
        if file.is_dir():
            file = back_up_dated(database, file / NAME, keep=keep)
        elif keep is not None:
            file = back_up_dated(database, file, keep=keep)
        else:
            back_up(database, file)
    except (ProgramError, OSError) as error:
        # On a terminal, a person sees the error. Without a terminal, the running bot tells its admins.
        if not sys.stderr.isatty():
            note_failure(settings.home, describe_os_error(error) if isinstance(error, OSError) else str(error))
        raise
    note_success(settings.home)
    print(f"backed up {name_of(database)} to {file}")


def restore(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="Backup file.", show_default=False)
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Replace existing data.")] = False,
) -> None:
    """Restore the database from a backup; stop the bot first."""
    from bot.config import load_settings
    from bot.storage.backup import restore as restore_database
    from bot.storage.database_url import database_url, name_of
    from bot.storage.single_instance import no_instance

    database = database_url(load_settings())
    with no_instance(database):
        restore_database(file, database, replace=yes)
    print(f"{name_of(database)} holds what {file} holds")
