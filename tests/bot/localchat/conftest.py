"""A local Bot API server, and a client of it that checks what it gets."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.localchat.server import LocalChatServer
from bot.localchat.simulation import Simulation
from tests.support.bot_api import GUARD_S, RawBot


@pytest.fixture
def sim(server: LocalChatServer) -> Simulation:
    return server.simulation


@pytest.fixture
async def bot(server: LocalChatServer) -> AsyncIterator[RawBot]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=GUARD_S)) as session:
        yield RawBot(server, session)
