"""Messages that the bot sends."""

from __future__ import annotations

from typing import Any

from bot.localchat.chats import Chat
from bot.localchat.entities import find_entities, utf16_length
from bot.localchat.errors import bad_request
from bot.localchat.html import parse_html
from bot.localchat.parameters import Parameters
from bot.localchat.store import ChatStore, Message, quotable

MAX_TEXT_LENGTH = 4096


async def send_message(store: ChatStore, parameters: Parameters) -> Message:
    chat = find_chat(store, parameters)
    content = formatted(parameters)
    if not content["text"].strip():
        raise bad_request("message text is empty")
    if utf16_length(content["text"]) > MAX_TEXT_LENGTH:
        raise bad_request("message is too long")
    content |= reply_fields(chat, parameters)
    if (markup := parameters.json("reply_markup", "reply keyboard markup")) is not None and "inline_keyboard" in markup:
        content["reply_markup"] = markup
    return store.post(chat, {"from": store.bot.to_api()}, content)


async def send_chat_action(store: ChatStore, parameters: Parameters) -> bool:
    chat = find_chat(store, parameters)
    store.feed.publish("chat_action", chat.id, {"action": parameters.text("action")})
    return True


async def set_message_reaction(store: ChatStore, parameters: Parameters) -> bool:
    chat = find_chat(store, parameters)
    message_id = parameters.integer("message_id")
    if message_id not in chat.messages:
        raise bad_request("message to react not found")
    reaction = parameters.json("reaction", "reaction types") or []
    store.feed.publish("reaction", chat.id, {"message_id": message_id, "reaction": reaction})
    return True


def find_chat(store: ChatStore, parameters: Parameters) -> Chat:
    chat = store.chats.get(parameters.integer("chat_id"))
    if chat is None:
        raise bad_request("chat not found")
    return chat


def formatted(parameters: Parameters) -> dict[str, Any]:
    text = parameters.text("text")
    if parameters.text("parse_mode").lower() == "html":
        text, entities = parse_html(text)
    else:
        entities = find_entities(text)
    return {"text": text, **({"entities": entities} if entities else {})}


def reply_fields(chat: Chat, parameters: Parameters) -> dict[str, Any]:
    reply: dict[str, Any] = parameters.json("reply_parameters", "reply parameters") or {}
    message_id = reply.get("message_id") or parameters.integer("reply_to_message_id")
    if not message_id:
        return {}
    replied = chat.messages.get(int(message_id))
    if replied is not None:
        return {"reply_to_message": quotable(replied)}
    if reply.get("allow_sending_without_reply") or parameters.boolean("allow_sending_without_reply"):
        return {}
    raise bad_request("message to be replied not found")
