"""Brings a database to the tables of this version of the program."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, create_engine
from sqlalchemy.exc import DatabaseError

MIGRATIONS = Path(__file__).parent / "migrations"


class StorageError(Exception):
    """The database cannot be used; the message is one sentence for the person who runs the program."""


def migrate(database: Path) -> str:
    """Create the database where it is missing and bring it up to date; return its revision.

    Blocking: an event loop runs it in a thread.

    Raises:
        StorageError: a newer version of the program wrote it, or it cannot be opened or is no database.
    """
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"The data folder {database.parent} cannot be made: {error.strerror}.") from error
    engine = create_engine(URL.create("sqlite", database=str(database)))
    try:
        with engine.begin() as connection:
            return _upgrade(connection, database)
    except DatabaseError as error:
        raise StorageError(f"The database {database} cannot be used: {error.orig}.") from error
    finally:
        engine.dispose()


def _upgrade(connection: Connection, database: Path) -> str:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
        raise StorageError(
            f"The database {database} was written by a newer version of labelbot (revision {current}): "
            "update the program, or give it another LABELBOT_HOME."
        )
    command.upgrade(config, "head")
    return str(scripts.get_current_head())
