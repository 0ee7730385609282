"""Finds the chats and messages of a call, and checks the bot's permissions."""

from __future__ import annotations

from typing import Any

from bot.localchat.chats import Chat
from bot.localchat.errors import bad_request, forbidden, migrated
from bot.localchat.parameters import Parameters
from bot.localchat.store import ChatStore
from bot.localchat.threads import Message, placement


def find_chat(store: ChatStore, chat_id: str) -> Chat:
    """Return a chat that the bot may read, by id or @username.

    Raises:
        BotApiError: the chat does not exist, or the bot is not in it.
    """
    if not chat_id:
        raise bad_request("chat_id is empty")
    if chat_id.startswith("@"):
        name = chat_id[1:].lower()
        chat = next((chat for chat in store.chats.values() if (chat.username or "").lower() == name), None)
        if chat is None or chat.type == "private":
            raise bad_request("chat not found")
    else:
        number = int(chat_id) if chat_id.removeprefix("-").isdecimal() else 0
        chat = store.chats.get(number)
        if chat is None and number in store.users:
            raise forbidden("bot can't initiate conversation with a user")
        if chat is None:
            raise bad_request("chat not found")
    if chat.type != "private":
        status = chat.status_of(store.bot)
        if status == "kicked":
            raise forbidden(f"bot was kicked from the {chat.type} chat")
        if status == "left" and chat.migrated_to is None:
            raise forbidden(f"bot is not a member of the {chat.type} chat")
    return chat


def writable_chat(store: ChatStore, parameters: Parameters, what: str = "text messages") -> Chat:
    """Return a chat that the bot may write to. `what` names the permission in Telegram's error.

    Raises:
        BotApiError: the bot may not write there.
    """
    chat = find_chat(store, parameters.text("chat_id"))
    if chat.migrated_to is not None:
        raise migrated(chat.migrated_to)
    if chat.type == "private" and not chat.has_member(store.bot):
        raise forbidden("bot was blocked by the user")
    if chat.status_of(store.bot) == "restricted":
        raise bad_request(f"not enough rights to send {what} to the chat")
    if chat.type == "channel" and not chat.has_admin(store.bot):
        raise bad_request("need administrator rights in the channel chat")
    return chat


def find_message(chat: Chat, message_id: int, what: str) -> Message:
    """Return a message of a chat. `what` names the message in Telegram's error ("message to edit").

    Raises:
        BotApiError: the message does not exist.
    """
    message = chat.messages.get(message_id)
    if message is None:
        raise bad_request(f"{what} not found")
    return message


def reply_placement(store: ChatStore, chat: Chat, parameters: Parameters) -> dict[str, Any]:
    """Return the fields that place a new message of the bot: the quoted message and the thread.

    Raises:
        BotApiError: the message or the thread does not exist, or the topic is closed.
    """
    reply = parameters.json("reply_parameters", "reply parameters")
    # Telegram still accepts the older parameters instead of the object.
    wanted = Parameters(reply) if isinstance(reply, dict) else parameters
    replied_id = wanted.integer("message_id" if wanted is not parameters else "reply_to_message_id")
    replied = chat.messages.get(replied_id)
    if replied_id and replied is None and not wanted.boolean("allow_sending_without_reply"):
        raise bad_request("message to be replied not found")
    thread_id = parameters.integer("message_thread_id") or None
    if thread_id is not None and thread_id not in chat.topics:
        raise bad_request("message thread not found")
    if chat.is_direct_messages and not parameters.integer("direct_messages_topic_id"):
        raise bad_request("direct messages topic must be specified")
    fields = placement(chat, replied, thread_id)
    if chat.is_direct_messages:
        fields["direct_messages_topic"] = {"topic_id": parameters.integer("direct_messages_topic_id")}
    topic = chat.topics.get(fields.get("message_thread_id", 0))
    if topic is not None and topic.is_closed and not chat.has_admin(store.bot):
        raise bad_request("TOPIC_CLOSED")
    return fields
