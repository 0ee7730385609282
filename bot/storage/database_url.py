"""Where the database is."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL


def sqlite_url(file: Path) -> URL:
    return URL.create("sqlite+aiosqlite", database=str(file))


def name_of(url: URL) -> str:
    """Name a database without its password: its file, or its name and server."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return f"{url.database} on {url.host or 'this machine'}"
