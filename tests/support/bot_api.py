"""A client of the local Bot API server that checks every object it gets against two independent libraries."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import aiogram.types
import aiohttp
import telegram
from pydantic import BaseModel, TypeAdapter

from bot.localchat.server import LocalChatServer

# New fields of the Bot API, which aiogram requires and python-telegram-bot does not know yet.
NEWER_THAN_PTB = {"can_send_welcome_messages"}
GUARD_S = 20

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


@dataclass(frozen=True)
class Refusal:
    """What the server said no with."""

    status: int
    description: str
    parameters: dict[str, int] | None


class Refused(Exception):
    """The server said no."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


class RawBot:
    """Calls Bot API methods; parameters go as JSON, or as a form where there are files."""

    def __init__(self, server: LocalChatServer, session: aiohttp.ClientSession) -> None:
        self.url = f"{server.api_url}/bot{server.token}"
        self.file_url = f"{server.api_url}/file/bot{server.token}"
        self.session = session
        self._confirmed = 0

    async def call(self, method: str, files: dict[str, bytes] | None = None, /, **parameters: Any) -> Any:
        """Calls a method and returns its result, which is valid for both libraries.

        Raises:
            Refused: The server said no.
        """
        if files is None:
            body: Any = {"json": parameters}
        else:
            form = aiohttp.FormData()
            for name, value in parameters.items():
                form.add_field(name, value if isinstance(value, str) else json.dumps(value))
            for name, data in files.items():
                form.add_field(name, io.BytesIO(data), filename=f"{name}.jpg")
            body = {"data": form}
        async with self.session.post(f"{self.url}/{method}", **body) as response:
            answer = await response.json()
        if not answer["ok"]:
            assert answer["error_code"] == response.status
            raise Refused(Refusal(response.status, answer["description"], answer.get("parameters")))
        assert response.status == 200
        if method in OBJECTS:
            check(method, answer["result"])
        return answer["result"]

    async def refusal(self, method: str, files: dict[str, bytes] | None = None, /, **parameters: Any) -> Refusal:
        """Calls a method that the server refuses."""
        try:
            result = await self.call(method, files, **parameters)
        except Refused as refused:
            return refused.refusal
        raise AssertionError(f"expected a refusal of {method}. Received: {result}")

    async def updates(self, timeout_s: int = 0) -> list[dict[str, Any]]:
        """The updates that wait, or that come within this time. They are confirmed with the next call."""
        updates: list[dict[str, Any]] = await self.call("getUpdates", offset=self._confirmed, timeout=timeout_s)
        if updates:
            self._confirmed = updates[-1]["update_id"] + 1
        return updates

    async def kinds(self) -> list[str]:
        """The kinds of the updates that wait."""
        return [next(name for name in update if name != "update_id") for update in await self.updates()]


def check(method: str, result: Any) -> None:
    """Asserts that aiogram and python-telegram-bot both read every field of a method's result."""
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
