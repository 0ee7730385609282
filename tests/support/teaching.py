"""People who teach the bot over the local Bot API server."""

from __future__ import annotations

from bot.app import LabelBot
from bot.handlers.context import Services
from bot.localchat.chats import Chat, User
from tests.support.client import Client
from tests.support.texts import ENGLISH

AGREE, REFUSE, DONE, CANCEL, UNDO = (
    ENGLISH(f"teaching-{button}") for button in ("agree", "refuse", "done", "cancel", "undo")
)
# Long enough for photos that are sent at once.
QUIET_S = 0.2


def services_of(client: Client) -> Services:
    services = client.bot.application.bot_data["services"]
    assert isinstance(services, Services)
    return services


def wait_less(bot: LabelBot) -> None:
    """Let albums and bursts of photos end soon."""
    services = bot.application.bot_data["services"]
    services.albums._quiet_s = services.bursts._quiet_s = QUIET_S


async def agreed(client: Client, chat: Chat, person: User) -> None:
    """Have a person agree to the terms in a chat, as the button of the first /teach does."""
    await services_of(client).teaching.agree(chat.id, person.id)
