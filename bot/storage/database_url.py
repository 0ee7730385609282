"""The address of the database."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot.config import PREFIX, ConfigError, Settings

EXPECTED = "expected postgresql://USER:PASSWORD@HOST:PORT/NAME"
# Name of the database in the home folder.
SQLITE_FILE = "labelbot.sqlite3"


def database_url(settings: Settings) -> URL:
    """Return the address of the database: the server in the settings, or else a file in the home folder.

    Raises:
        ConfigError: the setting is not the address of a PostgreSQL server, or replicas need one.
    """
    address = settings.read_database_url()
    if address is None and settings.replicas:
        raise ConfigError(
            f"{PREFIX}REPLICAS is on, but SQLite is for one process: set {PREFIX}DATABASE_URL to a PostgreSQL database."
        )
    return sqlite_url(settings.home / SQLITE_FILE) if address is None else postgresql_url(address)


def sqlite_url(file: Path) -> URL:
    return URL.create("sqlite+aiosqlite", database=str(file))


def postgresql_url(address: str) -> URL:
    """Parse the address of a PostgreSQL server. Errors never quote the address, as it contains a password.

    Raises:
        ConfigError: the address is invalid.
    """
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise ConfigError(f"{PREFIX}DATABASE_URL is not an address: {EXPECTED}.") from None
    if url.drivername not in ("postgresql", "postgres", "postgresql+asyncpg") or not url.database:
        raise ConfigError(f"{PREFIX}DATABASE_URL is not the address of a PostgreSQL database: {EXPECTED}.")
    if "@" in (url.host or ""):
        raise ConfigError(f"{PREFIX}DATABASE_URL has two @: write the one in the password as %40.")
    return url.set(drivername="postgresql+asyncpg")


def name_of(url: URL) -> str:
    """Return a name of a database without the password: the path of its file, or its name and server."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    port = "" if url.port is None else f":{url.port}"
    return f"{url.database} on {url.host or url.query.get('host', 'localhost')}{port}"
