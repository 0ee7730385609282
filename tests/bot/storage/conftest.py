"""A database for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.storage.database_url import sqlite_url
from bot.storage.storage import Storage


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "home" / "labelbot.sqlite3"


@pytest.fixture
async def storage(database: Path) -> AsyncIterator[Storage]:
    opened = await Storage.open(sqlite_url(database))
    yield opened
    await opened.close()
