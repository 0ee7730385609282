"""Databases with the program's tables, as copies of one: a copy is much faster than the migrations."""

from __future__ import annotations

import shutil
from pathlib import Path

from sqlalchemy import URL

from bot.storage.database_url import postgresql_url, sqlite_url
from bot.storage.migrate import migrate
from tests.support.postgresql import Postgresql


class Databases:
    """Makes databases with the program's tables and nothing in them.

    Args:
        folder: an empty folder for the file that is copied.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "labelbot.sqlite3"
        self._template: str | None = None

    def sqlite(self, file: Path) -> URL:
        """Make a file, whose folder may be missing."""
        if not self._file.exists():
            migrate(sqlite_url(self._file))
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copy(self._file, file)
        return sqlite_url(file)

    def postgresql(self, server: Postgresql) -> URL:
        """Make one in the server, which is always the same."""
        if self._template is None:
            url = postgresql_url(server.database())
            migrate(url)
            self._template = url.database
        return postgresql_url(server.database(template=self._template))
