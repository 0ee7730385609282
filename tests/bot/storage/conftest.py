"""A database for each test, of each kind."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL

from bot.storage.database import Database
from bot.storage.database_url import postgresql_url, sqlite_url
from bot.storage.storage import Storage
from tests.support.databases import Databases
from tests.support.postgresql import Postgresql


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path, databases: Databases) -> Iterator[URL]:
    """A database with empty tables."""
    if request.param == "sqlite":
        yield databases.sqlite(tmp_path / "home" / "labelbot.sqlite3")
        return
    server: Postgresql = request.getfixturevalue("postgresql_server")
    url = databases.postgresql(server)
    yield url
    server.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    """A database without tables."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "home" / "labelbot.sqlite3")
    url: URL = request.getfixturevalue("server_url")
    return url


@pytest.fixture
def server_url(postgresql_server: Postgresql) -> Iterator[URL]:
    """An empty database of a PostgreSQL server."""
    url = postgresql_url(postgresql_server.database())
    yield url
    postgresql_server.drop(url)


@pytest.fixture
async def storage(url: URL) -> AsyncIterator[Storage]:
    opened = await Storage.open(url)
    yield opened
    await opened.close()


@pytest.fixture
async def database(url: URL) -> AsyncIterator[Database]:
    """The same database by a connection of its own, for what the storage offers nobody."""
    opened = await Database.open(url)
    yield opened
    await opened.close()
