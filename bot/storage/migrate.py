"""Migrates a database to the tables of this version of the program."""

from __future__ import annotations

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.storage.database_url import name_of
from bot.storage.engine import StorageError, database_errors, make_engine
from bot.storage.private_files import make_data_folder, make_database_file

MIGRATIONS = Path(__file__).parent / "migrations"
# Arbitrary key of the PostgreSQL advisory lock.
MIGRATION_LOCK = 0x6C6162656C626F74


def migrate(url: URL, name: str | None = None, *, revision: str = "head") -> str:
    """Create the database if it is missing, migrate it, and return its revision.

    The migration runs in one transaction. A lock makes concurrent migrations wait for each other. Blocking.

    Args:
        url: address of the database.
        name: name of the database, to begin a sentence with; None to use the path of its file, or its name and server.
        revision: revision to migrate to; a database of a newer one stays as it is.

    Raises:
        StorageError: the database comes from a newer version of the program, cannot be reached or opened, or is not a
            database.
    """
    if url.database is not None and url.get_backend_name() == "sqlite":
        make_data_folder(Path(url.database).parent)
        make_database_file(Path(url.database))
    return asyncio.run(_migrate(url, name or f"The database {name_of(url)}", revision))


async def _migrate(url: URL, name: str, revision: str) -> str:
    engine = make_engine(url)
    if engine.dialect.name == "sqlite":
        _begin_with_the_lock(engine)
    try:
        with database_errors(name):
            async with engine.begin() as connection:
                if engine.dialect.name == "postgresql":
                    await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
                return await connection.run_sync(_upgrade, name, revision)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, name: str, revision: str) -> str:
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in known_revisions():
        raise StorageError(
            f"{name} was written by a newer version of labelbot (revision {current}): "
            "update the program, or give it another database."
        )
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    return str(MigrationContext.configure(connection).get_current_revision())


def known_revisions() -> tuple[str, ...]:
    """Return all revisions that this program can migrate, from the first to the one that it works with."""
    return tuple(script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions())[::-1]


def _begin_with_the_lock(engine: AsyncEngine) -> None:
    """Begin every transaction with the write lock. Python's driver begins no transaction before changes of tables."""

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine.sync_engine, "begin", begin)
