"""People who teach the bot over the local Bot API server."""

from __future__ import annotations

from bot.app import LabelBot
from bot.domain.teaching import TeachResult
from bot.handlers.context import Services
from bot.localchat.chats import Chat, User
from bot.localchat.threads import Message
from tests.support.client import Client
from tests.support.taught_photos import offered, view
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


async def taught(client: Client, chat: Chat, person: User, name: str, subject: int, *numbers: int) -> TeachResult:
    """Have a person teach photos of their own, without the conversation."""
    await agreed(client, chat, person)
    photos = [offered(client.sim.send_photo(chat, person, view(subject, number)), person.id) for number in numbers]
    # The bot labels the photos, too. Its answers must not come between the messages of a test.
    await client.said_in(chat)
    return await services_of(client).teaching.teach(chat.id, name, photos, person.id)


async def classes_of(client: Client, chat: Chat) -> dict[str, int]:
    """The names that a chat has taught, with their numbers of photos."""
    return {each.name: each.photos for each in await services_of(client).teaching.classes(chat.id)}


async def requests_of(client: Client, chat: Chat, person: User) -> int:
    """The number of open requests of a person."""
    return len(await services_of(client).teaching.requests_of(chat.id, person.id))


def latest(client: Client, chat: Chat) -> Message:
    """The latest message of the bot in a chat."""
    return [message for message in client.sim.messages(chat) if message.get("from", {}).get("is_bot")][-1]
