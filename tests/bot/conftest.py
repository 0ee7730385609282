"""Fixtures of the bot's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.conversation import Conversation, conversation


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Conversation]:
    """A running bot, shared by the tests of a module; each test brings newcomers of its own."""
    async with conversation(tmp_path_factory.mktemp("home")) as running:
        yield running
