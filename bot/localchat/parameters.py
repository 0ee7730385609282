"""The parameters of a Bot API call, however they were sent: query string, form, multipart or JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.localchat.errors import bad_request


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with the call."""

    file_name: str
    data: bytes


class Parameters:
    """Typed access to what was sent. As Telegram does, numbers that cannot be read count as absent.

    Attributes:
        values: Strings from a form, or any JSON value from a JSON body.
        uploads: The files of a multipart body, by field name.
    """

    def __init__(self, values: dict[str, Any], uploads: dict[str, Upload] | None = None) -> None:
        self.values = values
        self.uploads = uploads or {}

    def text(self, name: str) -> str:
        """A string; empty where the parameter is absent.

        Raises:
            BotApiError: It has half a surrogate pair, which only a JSON body can.
        """
        value = self.values.get(name)
        text = "" if value is None else str(value)
        try:
            text.encode()
        except UnicodeEncodeError:
            raise bad_request("strings must be encoded in UTF-8") from None
        return text

    def integer(self, name: str, default: int = 0) -> int:
        try:
            return int(str(self.values.get(name, default)))
        except ValueError:
            return default

    def boolean(self, name: str) -> bool:
        return str(self.values.get(name, "")).lower() in ("true", "1", "yes")

    def json(self, name: str, what: str) -> Any:
        """A JSON value; None where the parameter is absent or empty.

        Raises:
            BotApiError: It is a string that is no JSON; `what` names it as Telegram does ("reply keyboard markup").
        """
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {what} JSON object") from None

    def objects(self, name: str, what: str) -> list[dict[str, Any]]:
        """A JSON array of objects; empty where the parameter is absent.

        Raises:
            BotApiError: It is something else.
        """
        value = self.json(name, what)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise bad_request(f"expected an Array of {what}")
        return value

    def journal_entry(self) -> dict[str, Any]:
        return self.values | {name: len(upload.data) for name, upload in self.uploads.items()}


async def read_parameters(request: web.Request) -> Parameters:
    """Collects a call's parameters from the query string and the body, whichever form that has.

    Raises:
        BotApiError: The body is no JSON object though it says so.
    """
    values: dict[str, Any] = dict(request.query)
    uploads: dict[str, Upload] = {}
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.read() or b"{}")
        except ValueError:
            raise bad_request("can't parse JSON object") from None
        if not isinstance(body, dict):
            raise bad_request("object expected")
        values |= body
    else:
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                uploads[name] = Upload(value.filename, value.file.read())
            else:
                values[name] = value
    return Parameters(values, uploads)
