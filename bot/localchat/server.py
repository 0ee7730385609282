"""The local Bot API server."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from bot.localchat.errors import BotApiError
from bot.localchat.faults import Faults
from bot.localchat.journal import Call
from bot.localchat.methods import account, delivery, files, sending
from bot.localchat.parameters import Parameters, Upload
from bot.localchat.store import ChatStore
from bot.localchat.world import World

Method = Callable[[ChatStore, Parameters], Awaitable[Any]]

METHODS: dict[str, Method] = {
    "getme": account.get_me,
    "setmycommands": account.set_my_commands,
    "getupdates": delivery.get_updates,
    "deletewebhook": delivery.delete_webhook,
    "getfile": files.get_file,
    "sendmessage": sending.send_message,
    "sendchataction": sending.send_chat_action,
    "setmessagereaction": sending.set_message_reaction,
}
# Telegram takes files of 50 MB from bots; the rest is room for the other parts of a multipart body.
MAX_BODY_BYTES = 51 * 1024 * 1024


class LocalChatServer:
    """Serves one bot on 127.0.0.1 while the context is open.

    Attributes:
        token: The bot's token.
        world: The people who talk with the bot.
        faults: What goes wrong on purpose.
    """

    def __init__(self, port: int = 0, world: World | None = None) -> None:
        self.world = world or World()
        self.faults = Faults()
        self.token = f"{self.world.bot.id}:local-chat-token-of-no-value-elsewhere"
        self.app = web.Application(client_max_size=MAX_BODY_BYTES)
        self.app.router.add_route("*", "/bot{token}/{method}", self._serve_method)
        self.app.router.add_get("/file/bot{token}/{path:.+}", self._serve_file)
        self._runner = web.AppRunner(self.app, handler_cancellation=True, access_log=None, shutdown_timeout=1.0)
        self._port = port

    @property
    def port(self) -> int:
        return self._port

    @property
    def api_url(self) -> str:
        """What a bot puts in the place of https://api.telegram.org."""
        return f"http://127.0.0.1:{self._port}"

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    async def _serve_method(self, request: web.Request) -> web.StreamResponse:
        parameters = await read_parameters(request)
        shown = parameters.values | {name: len(upload.data) for name, upload in parameters.uploads.items()}
        call = Call(request.match_info["method"], shown, time.monotonic())
        self.world.calls.append(call)
        try:
            answer = {"ok": True, "result": await self._call(request, parameters)}
            call.status = 200
        except BotApiError as error:
            answer = error.answer()
            call.status, call.description = error.code, error.description
        finally:
            call.finished_at = time.monotonic()
            self.world.store.feed.publish("call", 0, {"method": call.method, "status": call.status})
        return web.json_response(answer, status=call.status, dumps=dump_json)

    async def _call(self, request: web.Request, parameters: Parameters) -> Any:
        if request.match_info["token"] != self.token:
            raise BotApiError(401, "Unauthorized")
        method = METHODS.get(request.match_info["method"].lower())
        if method is None:
            raise BotApiError(404, "Not Found")
        return await method(self.world.store, parameters)

    async def _serve_file(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != self.token:
            error = BotApiError(401, "Unauthorized")
            return web.json_response(error.answer(), status=error.code)
        stored = self.world.store.files.find_path(request.match_info["path"])
        if stored is None:
            return web.json_response(BotApiError(404, "Not Found").answer(), status=404)
        return web.Response(body=stored.data, content_type="application/octet-stream")


async def read_parameters(request: web.Request) -> Parameters:
    """Collects a call's parameters from the query string and the body, whichever form that has."""
    values: dict[str, Any] = dict(request.query)
    uploads: dict[str, Upload] = {}
    if request.content_type == "application/json":
        body = await request.json()
        values |= body
    else:
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                uploads[name] = Upload(value.filename, value.file.read())
            else:
                values[name] = value
    return Parameters(values, uploads)


def dump_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
