"""Checks of the Bot API's objects against two independent libraries.

aiogram takes three seconds of CPU time to import, so what needs this module imports it when it is called.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import aiogram.types
import telegram
from pydantic import BaseModel, TypeAdapter

# New fields of the Bot API, which aiogram requires and python-telegram-bot does not know yet.
NEWER_THAN_PTB = {"can_send_welcome_messages"}

OBJECTS: dict[str, tuple[Any, type[telegram.TelegramObject] | None]] = {
    "getMe": (aiogram.types.User, telegram.User),
    "getUpdates": (list[aiogram.types.Update], telegram.Update),
    "getWebhookInfo": (aiogram.types.WebhookInfo, telegram.WebhookInfo),
    "getFile": (aiogram.types.File, telegram.File),
    "getMyCommands": (list[aiogram.types.BotCommand], telegram.BotCommand),
    "sendMessage": (aiogram.types.Message, telegram.Message),
    "sendPhoto": (aiogram.types.Message, telegram.Message),
    "sendMediaGroup": (list[aiogram.types.Message], telegram.Message),
    "editMessageText": (aiogram.types.Message, telegram.Message),
    "editMessageCaption": (aiogram.types.Message, telegram.Message),
    "editMessageMedia": (aiogram.types.Message, telegram.Message),
    "editMessageReplyMarkup": (aiogram.types.Message, telegram.Message),
    "getChat": (aiogram.types.ChatFullInfo, telegram.ChatFullInfo),
    "getChatMember": (aiogram.types.ChatMemberUnion, telegram.ChatMember),
    "getChatAdministrators": (list[aiogram.types.ChatMemberUnion], telegram.ChatMember),
}
SCHEMAS = {method: TypeAdapter(kind) for method, (kind, _) in OBJECTS.items()}


def check(method: str, result: Any) -> None:
    """Assert that aiogram and python-telegram-bot both read every field of the object that a method returned."""
    if method not in OBJECTS:
        return
    extras = set(unknown_to_aiogram(SCHEMAS[method].validate_python(result)))
    assert not extras, f"{method}: fields that aiogram does not know: {extras}"
    kind = OBJECTS[method][1]
    assert kind is not None
    for item in result if isinstance(result, list) else [result]:
        leftovers = set(unknown_to_ptb(kind.de_json(item, None))) - NEWER_THAN_PTB
        assert not leftovers, f"{method}: fields that python-telegram-bot does not know: {leftovers}"


def unknown_to_aiogram(value: Any) -> Iterator[str]:
    if isinstance(value, BaseModel):
        yield from value.model_extra or {}
        for name in type(value).model_fields:
            yield from unknown_to_aiogram(getattr(value, name))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from unknown_to_aiogram(item)


def unknown_to_ptb(value: Any) -> Iterator[str]:
    if isinstance(value, telegram.TelegramObject):
        yield from value.api_kwargs
        for kind in type(value).__mro__:
            for name in getattr(kind, "__slots__", ()):
                if not name.startswith("_") and name != "api_kwargs":
                    yield from unknown_to_ptb(getattr(value, name, None))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from unknown_to_ptb(item)
