"""Reads objects of the Bot API with the library. The library assumes correct objects, so this module checks them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TypeGuard, TypeVar

from telegram import Bot, Chat, TelegramObject, Update

from bot.transport.partial_json import UnreadItem

T = TypeVar("T", bound=TelegramObject)

# Largest id of an update. The Bot API says which numbers may need more than 32 bits; ids of updates are not among them.
MAX_UPDATE_ID = 2**31 - 1
# Largest id of a chat or person. Telegram's ids have at most 52 bits; databases can store 64 bits.
MAX_ID = 2**63 - 1
_FIELD_NAME = re.compile(r"[a-z_]{1,40}")


class Unreadable(Exception):
    """An object cannot be read; the message gives the reason without its content."""


def read(kind: type[T], data: object, bot: Bot | None = None) -> T:
    """Convert an object of the Bot API into an object of the library.

    Raises:
        Unreadable: the object does not match the documentation, or is newer than the library.
    """
    if isinstance(data, UnreadItem):
        raise Unreadable(data.reason)
    if not isinstance(data, dict):
        raise Unreadable(f"expected an object. Received: {type(data).__name__}")
    try:
        return kind.de_json(data, bot)
    except Exception as error:  # noqa: BLE001  (the boundary to foreign data: the library may fail in any way)
        raise Unreadable(f"the library fails at it: {type(error).__name__}") from None


def read_update(item: object, bot: Bot) -> Update:
    """Read an update, and check that it can be stored and handled: the update, its chat and its sender have valid ids.

    Raises:
        Unreadable: the update does not match the documentation, or is newer than the library.
    """
    if update_id_of(item) is None:
        raise Unreadable(f"expected an update_id from 1 to {MAX_UPDATE_ID:,}")
    update = read(Update, item, bot)
    for message in (update.message, update.channel_post):
        if message is not None:
            _check(message.chat, message.date, message.message_id)
    # The library computes the chat and the user of an update on first use.
    chat, user = update.effective_chat, update.effective_user
    for place in (chat, user):
        if place is not None and not is_id(place.id):
            raise Unreadable("expected ids of 64 bits")
    if user is not None and not isinstance(user.language_code, str | None):
        raise Unreadable("expected the language of a person, if any, as a text")
    return update


def update_id_of(item: object) -> int | None:
    """Return the id of a raw update; None if it has no valid id."""
    number = item.get("update_id") if isinstance(item, dict) else getattr(item, "update_id", None)
    return number if is_id(number) and 0 < number <= MAX_UPDATE_ID else None


def kind_of(item: object) -> str:
    """Return the kind of a raw update: the name of the field that holds its content."""
    if isinstance(item, UnreadItem):
        return item.kind or "unknown"
    fields = [str(name) for name in item if name != "update_id"] if isinstance(item, Mapping) else []
    known = [name for name in fields if name in Update.ALL_TYPES]
    # A kind that the library does not know yet is returned if it looks like the name of a field.
    named = known or [name for name in fields if len(fields) == 1 and _FIELD_NAME.fullmatch(name)]
    return named[0] if named else "unknown"


def is_id(number: object) -> TypeGuard[int]:
    """Return whether an object is an integer that a database can store."""
    return type(number) is int and -MAX_ID <= number <= MAX_ID


def _check(chat: object, date: object, message_id: object) -> None:
    """Check the fields that every message has. The library accepts any value for most of them."""
    if not isinstance(chat, Chat) or not isinstance(chat.type, str):
        raise Unreadable("expected a chat of the message, and its type")
    if not isinstance(date, datetime) or not is_id(message_id):
        raise Unreadable("expected a date and an id of the message")
