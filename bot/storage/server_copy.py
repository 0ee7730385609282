"""Copies all data between a PostgreSQL database and an SQLite file."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sqlalchemy import URL, MetaData, delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.database_url import name_of, sqlite_url
from bot.storage.engine import APPLICATION_NAME, StorageError, database_errors, make_engine
from bot.storage.inspection import read_revision
from bot.storage.migrate import known_revisions, migrate
from bot.storage.tables import metadata

# Number of rows per batch; a batch takes about a megabyte.
ROWS_AT_ONCE = 1_000
REVISION = text("SELECT version_num FROM alembic_version")
OTHER_SESSIONS = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name = :program AND pid <> pg_backend_pid()"
)


def copy_from_server(url: URL, file: Path, name: str) -> None:
    """Copy a consistent snapshot of a database into a new file. Blocking.

    Args:
        url: address of the database.
        file: path of the new file.
        name: name of the file, to begin a sentence with.

    Raises:
        StorageError: the database is unreachable, empty or of a newer version, or the disk is full.
    """
    revision = read_revision(url)
    if revision not in known_revisions():
        found = "has no tables yet" if revision is None else f"was written by a newer version (revision {revision})"
        raise StorageError(f"The database {name_of(url)} {found}, so it cannot be backed up.")
    migrate(sqlite_url(file), name, revision=revision)
    asyncio.run(_copy_from_server(url, file, name, revision))


def copy_to_server(file: Path, url: URL, *, replace: bool) -> None:
    """Replace the data of a database by the data of a file, in one transaction. Blocking.

    Args:
        file: path of an SQLite file with the tables of this version of the program.
        url: address of the database.
        replace: whether existing data may be replaced.

    Raises:
        StorageError: the database has data that may not be replaced, is in use, or is unreachable.
    """
    migrate(url)
    asyncio.run(_copy_to_server(file, url, replace=replace))


def would_replace(url: URL) -> StorageError:
    return StorageError(f"The database {name_of(url)} would be replaced: add --yes to allow it.")


async def _copy_from_server(url: URL, file: Path, name: str, revision: str) -> None:
    server, local = make_engine(url, isolation_level="REPEATABLE READ"), make_engine(sqlite_url(file))
    try:
        with database_errors(f"The database {name_of(url)}"):
            async with server.begin() as source:
                if (await source.execute(REVISION)).scalar() != revision:
                    raise StorageError(f"The database {name_of(url)} was migrated meanwhile: back it up again.")
                with database_errors(name):
                    async with local.begin() as target:
                        # The tables of an older revision differ from those of this program.
                        tables = MetaData()
                        await target.run_sync(tables.reflect)
                        tables.remove(tables.tables["alembic_version"])
                        await _copy_tables(tables, source, target)
    finally:
        await server.dispose()
        await local.dispose()


async def _copy_to_server(file: Path, url: URL, *, replace: bool) -> None:
    server, local = make_engine(url), make_engine(sqlite_url(file))
    try:
        with database_errors(f"The database {name_of(url)}"):
            async with local.begin() as source, server.begin() as target:
                if (await target.execute(OTHER_SESSIONS, {"program": APPLICATION_NAME})).scalar():
                    raise StorageError(f"The database {name_of(url)} is in use: stop the bot first.")
                if not replace and await _holds_rows(target):
                    raise would_replace(url)
                for table in metadata.sorted_tables:
                    await target.execute(delete(table))
                await _copy_tables(metadata, source, target)
    finally:
        await server.dispose()
        await local.dispose()


async def _copy_tables(tables: MetaData, source: AsyncConnection, target: AsyncConnection) -> None:
    for table in tables.sorted_tables:
        rows = (await source.stream(select(table))).mappings()
        async for some in rows.partitions(ROWS_AT_ONCE):
            await target.execute(insert(table), [dict(row) for row in some])


async def _holds_rows(connection: AsyncConnection) -> bool:
    for table in metadata.sorted_tables:
        if (await connection.execute(select(func.count()).select_from(table))).scalar():
            return True
    return False
