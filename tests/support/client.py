"""The real bot with a real worker, connected to the local Bot API server."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bot.app import LabelBot
from bot.config import UNLIMITED, Settings
from bot.handlers.context import Services
from bot.localchat.chats import Chat, User
from bot.localchat.journal import Call
from bot.localchat.server import LocalChatServer
from bot.localchat.simulation import Simulation
from bot.localchat.threads import Message
from bot.services.metrics import Statistics
from bot.transport.inbox import Inbox
from inference import STARTER

# The first photo after a start waits for a worker, which takes seconds on a busy machine.
ANSWER_TIMEOUT_S = 60.0


@dataclass
class Client:
    """People, and the bot that answers them.

    Attributes:
        server: with the people, the journal of calls and the faults.
        bot: as production starts it.
    """

    server: LocalChatServer
    bot: LabelBot
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def sim(self) -> Simulation:
        return self.server.simulation

    def newcomer(self) -> tuple[Chat, User]:
        """Someone new, and their chat with the bot."""
        person = self.sim.add_user(f"Guest {next(self._numbers)}")
        return self.sim.add_private_chat(person), person

    @property
    def home(self) -> Path:
        """The folder of the bot's data."""
        return self.bot._settings.home

    @property
    def statistics(self) -> Statistics:
        services = self.bot.application.bot_data["services"]
        assert isinstance(services, Services)
        return services.statistics

    @property
    def admin_chat(self) -> Chat:
        """The admin's chat with the bot."""
        return self.sim.store.chats[self.sim.admin.id]

    async def order(self, text: str, chat: Chat | None = None) -> str:
        """Give a command as `sim.admin`; return what the bot says to it."""
        return await self.text_after(self.sim.send_text(chat or self.admin_chat, self.sim.admin, text))

    async def reply_to(self, message: Message) -> Message:
        """Wait for the bot's reply."""
        return await self.sim.wait_for_reply(message, ANSWER_TIMEOUT_S)

    async def text_after(self, message: Message) -> str:
        """Wait for the bot's reply; return what it says."""
        return str((await self.reply_to(message))["text"])

    def calls(self, method: str, chat: Chat) -> list[Call]:
        """What the bot called so far that was about a chat."""
        return [call for call in self.calls_of(method) if call.parameters.get("chat_id") == str(chat.id)]

    def calls_of(self, method: str) -> list[Call]:
        """What the bot called so far, oldest first."""
        return [call for call in self.sim.calls if call.method == method]

    async def said_in(self, chat: Chat) -> list[str]:
        """Wait until the bot has done all it does about what was sent so far; return all its texts in a chat."""
        own_chat, person = self.newcomer()
        # Updates are processed in order, so after this answer no earlier update waits.
        await self.reply_to(self.sim.send_text(own_chat, person, "/privacy"))
        inbox = self.bot.application.update_queue
        assert isinstance(inbox, Inbox)
        # More updates of a chat than are in memory wait in the database, and come as those in memory are done.
        while not inbox.is_idle:  # noqa: ASYNC110 -- the inbox has no event of it
            await asyncio.sleep(0.01)
        messages = self.sim.messages(chat)
        own = (message for message in messages if message.get("from", {}).get("is_bot"))
        return [str(message["text"]) for message in own if "text" in message]


def settings_for(server: LocalChatServer, home: Path, **changes: Any) -> Settings:
    """The settings of a bot with one worker, the small model and no limits that talks to the local server."""
    settings = UNLIMITED | {
        "token": SecretStr(server.token),
        "token_file": None,
        "api_url": server.api_url,
        "home": home,
        "database_url": None,
        "database_url_file": None,
        "workers": 1,
        # The small model, which needs no build; tests of the default model name that one.
        "model": STARTER,
        "admins": frozenset({server.simulation.admin.id}),
    }
    return Settings.model_validate(settings | changes)


@asynccontextmanager
async def connected_client(home: Path, **changes: Any) -> AsyncIterator[Client]:
    """Start the local server and a bot, of which `sim.admin` is an admin; `changes` are to the bot's settings."""
    async with LocalChatServer() as server:
        server.simulation.add_private_chat(server.simulation.admin)
        async with connected_client_at(server, home, **changes) as client:
            yield client


@asynccontextmanager
async def connected_client_at(server: LocalChatServer, home: Path, **changes: Any) -> AsyncIterator[Client]:
    """Start a bot at a local server that goes on when the bot ends, as Telegram does, and never numbers anew."""
    async with LabelBot(settings_for(server, home, **changes)) as bot:
        await bot.menus
        yield Client(server, bot)
