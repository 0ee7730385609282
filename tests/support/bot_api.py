"""A client of the local Bot API server that checks every object it gets against two independent libraries."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.localchat.server import LocalChatServer

GUARD_S = 20


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
        from tests.support.bot_api_objects import check  # slow to import

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
