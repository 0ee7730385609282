"""Pressing the buttons of the bot's messages by their texts."""

from __future__ import annotations

from bot.localchat.callbacks import CallbackAnswer
from bot.localchat.chats import User
from bot.localchat.threads import Message
from tests.support.client import Client


def buttons(message: Message) -> dict[str, str]:
    """What the buttons of a message say, and what they hold."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return {button["text"]: button["callback_data"] for row in rows for button in row}


def shown_now(client: Client, message: Message) -> Message:
    """A message as it is by now."""
    found: Message = client.sim.store.chats[message["chat"]["id"]].messages[message["message_id"]]
    return found


async def press(client: Client, message: Message, text: str, person: User) -> CallbackAnswer:
    """Press a button of a message as it is by now; wait until the bot has done what it does; return what it answers."""
    message = shown_now(client, message)
    answer = await client.sim.press(message, buttons(message)[text], person, timeout_s=30)
    await client.said_in(client.sim.store.chats[message["chat"]["id"]])
    return answer


async def walk(client: Client, message: Message, person: User, *texts: str) -> Message:
    """Press one button after the other; return the message as it is then."""
    for text in texts:
        await press(client, message, text, person)
    return shown_now(client, message)
