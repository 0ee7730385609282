"""Brings a database to the tables of this version of the program."""

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
from bot.storage.engine import StorageError, make_engine, refusals_in_words
from bot.storage.private_files import make_data_folder, make_database_file

MIGRATIONS = Path(__file__).parent / "migrations"
# Any number that no other program on the same server takes an advisory lock by.
MIGRATION_LOCK = 0x6C6162656C626F74


def migrate(url: URL, name: str | None = None) -> str:
    """Create the database where it is missing and bring it up to date; return its revision.

    All of it is one transaction, and two programs that do it at once do it one after the other. Blocking: an event loop
    runs it in a thread.

    Args:
        url: of the database.
        name: what to call it; for a sentence to begin with; by default its file, or its name and server.

    Raises:
        StorageError: a newer version of the program wrote it, or it cannot be reached or opened or is no database.
    """
    if url.database is not None and url.get_backend_name() == "sqlite":
        make_data_folder(Path(url.database).parent)
        make_database_file(Path(url.database))
    return asyncio.run(_migrate(url, name or f"The database {name_of(url)}"))


async def _migrate(url: URL, name: str) -> str:
    engine = make_engine(url)
    if engine.dialect.name == "sqlite":
        _begin_with_the_lock(engine)
    try:
        with refusals_in_words(name):
            async with engine.begin() as connection:
                if engine.dialect.name == "postgresql":
                    await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
                return await connection.run_sync(_upgrade, name)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, name: str) -> str:
    scripts = ScriptDirectory(str(MIGRATIONS))
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
        raise StorageError(
            f"{name} was written by a newer version of labelbot (revision {current}): "
            "update the program, or give it another database."
        )
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    return head_revision()


def head_revision() -> str:
    """The revision of the tables that this program works with."""
    return str(ScriptDirectory(str(MIGRATIONS)).get_current_head())


def _begin_with_the_lock(engine: AsyncEngine) -> None:
    """Begin transactions with the write lock, and before changes of tables too, where Python's driver begins none."""

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine.sync_engine, "begin", begin)
