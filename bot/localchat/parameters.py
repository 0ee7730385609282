"""The parameters of a Bot API call, from the query string, a form, multipart data or JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.localchat.errors import bad_request


@dataclass(frozen=True, slots=True)
class Upload:
    """A file uploaded with the call."""

    file_name: str
    data: bytes


class Parameters:
    """Typed access to parameters. As at Telegram, unreadable numbers count as absent.

    Attributes:
        values: strings from a form, or JSON values from a JSON body.
        uploads: files of a multipart body, by field name.
    """

    def __init__(self, values: dict[str, Any], uploads: dict[str, Upload] | None = None) -> None:
        self.values = values
        self.uploads = uploads or {}

    def text(self, name: str) -> str:
        """Return a string; empty if the parameter is absent.

        Raises:
            BotApiError: the string has half a surrogate pair, which is possible in JSON only.
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
        """Return a JSON value; None if the parameter is absent or empty.

        Raises:
            BotApiError: the string is not JSON. `what` is Telegram's name for the value ("reply keyboard markup").
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
        """Return a JSON array of objects; empty if the parameter is absent.

        Raises:
            BotApiError: the parameter is not an array of objects.
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
    """Read a call's parameters from the query string and the body.

    Raises:
        BotApiError: the body is declared as JSON, but is not a JSON object.
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
