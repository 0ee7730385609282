"""Fixtures of the bot's tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.localchat.server import LocalChatServer
from bot.storage.database import Database
from tests.support.client import Client, connected_client
from tests.support.databases import Databases


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """A running bot, shared by the tests of a module; each test brings newcomers of its own."""
    async with connected_client(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture
async def server() -> AsyncIterator[LocalChatServer]:
    async with LocalChatServer() as running:
        yield running


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    return Databases(tmp_path_factory.mktemp("databases"))


@pytest.fixture
async def database(tmp_path: Path, databases: Databases) -> AsyncIterator[Database]:
    opened = await Database.open(await asyncio.to_thread(databases.sqlite, tmp_path / "labelbot.sqlite3"))
    yield opened
    await opened.close()
