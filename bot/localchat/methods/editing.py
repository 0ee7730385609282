"""Edits of the bot's messages."""

from __future__ import annotations

from typing import Any

from bot.localchat.chats import Chat
from bot.localchat.errors import bad_request
from bot.localchat.formatting import caption_fields, text_fields
from bot.localchat.keyboards import reply_markup
from bot.localchat.methods.access import find_message, writable_chat
from bot.localchat.methods.sending import input_media
from bot.localchat.parameters import Parameters
from bot.localchat.store import ChatStore
from bot.localchat.threads import Message

MEDIA_FIELDS = ("photo", "document", "animation", "video")


async def edit_message_text(store: ChatStore, parameters: Parameters) -> Message:
    fields = text_fields(store, parameters) | reply_markup(parameters, only_inline=True)
    chat, message = _own_message(store, parameters)
    if "text" not in message:
        raise bad_request("there is no text in the message to edit")
    return _replace(store, chat, message, ("text", "entities"), fields)


async def edit_message_caption(store: ChatStore, parameters: Parameters) -> Message:
    fields = caption_fields(store, parameters) | reply_markup(parameters, only_inline=True)
    chat, message = _own_message(store, parameters)
    if not any(name in message for name in MEDIA_FIELDS):
        raise bad_request("there is no caption in the message to edit")
    return _replace(store, chat, message, ("caption", "caption_entities"), fields)


async def edit_message_media(store: ChatStore, parameters: Parameters) -> Message:
    markup = reply_markup(parameters, only_inline=True)
    chat, message = _own_message(store, parameters)
    if not any(name in message for name in MEDIA_FIELDS):
        raise bad_request("there is no media in the message to edit")
    item = parameters.json("media", "InputMedia")
    if not isinstance(item, dict):
        raise bad_request("object expected as InputMedia")
    content = await input_media(store, parameters, item)
    return _replace(store, chat, message, (*MEDIA_FIELDS, "caption", "caption_entities"), content | markup)


async def edit_message_reply_markup(store: ChatStore, parameters: Parameters) -> Message:
    markup = reply_markup(parameters, only_inline=True)
    chat, message = _own_message(store, parameters)
    return _replace(store, chat, message, (), markup)


async def delete_message(store: ChatStore, parameters: Parameters) -> bool:
    if not parameters.text("chat_id"):
        raise bad_request("chat identifier is not specified")
    message_id = parameters.integer("message_id")
    if not message_id:
        raise bad_request("message identifier is not specified")
    chat = writable_chat(store, parameters)
    message = find_message(chat, message_id, "message to delete")
    if not (chat.type == "private" or store.is_own(chat, message) or chat.has_admin(store.bot)):
        raise bad_request("message can't be deleted for everyone")
    store.remove(chat, message_id)
    return True


def _own_message(store: ChatStore, parameters: Parameters) -> tuple[Chat, Message]:
    chat = writable_chat(store, parameters)
    message = find_message(chat, parameters.integer("message_id"), "message to edit")
    if not store.is_own(chat, message):
        raise bad_request("message can't be edited")
    return chat, message


def _replace(
    store: ChatStore, chat: Chat, message: Message, dropped: tuple[str, ...], fields: dict[str, Any]
) -> Message:
    """Store the message with new fields. As at Telegram, an edit without a keyboard removes the old keyboard."""
    dropped = (*dropped, "reply_markup")
    revised = {name: value for name, value in message.items() if name not in dropped} | fields
    if _comparable(revised) == _comparable(message):
        raise bad_request(
            "message is not modified: specified new message content and reply markup are exactly the same "
            "as a current content and reply markup of the message"
        )
    return store.revise(chat, revised, by_bot=True, hidden=dropped == ("reply_markup",))


def _comparable(message: Message) -> Message:
    """Return the message with unique ids instead of file ids, as a photo gets a new file_id each time."""
    if "photo" not in message:
        return message
    return message | {"photo": [size["file_unique_id"] for size in message["photo"]]}
