"""/teach in private chats, over the local Bot API server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.app import LabelBot
from bot.localchat.chats import Chat, User
from bot.localchat.server import LocalChatServer
from bot.localchat.threads import Message
from tests.support.client import Client, connected_client, settings_for
from tests.support.keyboards import buttons, press, shown_now
from tests.support.taught_photos import CAT, CUP, view
from tests.support.teaching import AGREE, DONE, agreed, wait_less
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    async with connected_client(tmp_path_factory.mktemp("home")) as running:
        wait_less(running.bot)
        yield running


async def test_a_caption_teaches_after_consent(client: Client) -> None:
    chat, person = client.newcomer()
    photo = client.sim.send_photo(chat, person, view(CAT, 0), caption="/teach Minka")
    screen = await client.reply_to(photo)
    assert screen["text"].startswith("May I keep what I learn from photos that you teach me here?\n\nWhat I keep: ")
    assert list(buttons(screen)) == [AGREE, "No"]
    await press(client, screen, AGREE, person)
    print(shown_now(client, screen)["text"], buttons(shown_now(client, screen)))
    assert await client.said_in(chat) == [shown_now(client, screen)["text"]]
    answer = await client.text_after(client.sim.send_photo(chat, person, view(CAT, 3)))
    print(answer)
