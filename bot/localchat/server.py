"""The local Bot API server."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from email.utils import formatdate
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from bot.localchat.errors import BotApiError
from bot.localchat.faults import DOWNLOAD, Answer, Cut, Delay, Effect, Faults, SlowFile, WrongClock, refusal
from bot.localchat.journal import Call
from bot.localchat.methods import account, chats, delivery, editing, files, sending, signals
from bot.localchat.parameters import Parameters, read_parameters
from bot.localchat.simulation import Simulation
from bot.localchat.store import ChatStore

Method = Callable[[ChatStore, Parameters], Awaitable[Any]]

# Functions by method name in lower case, as at Telegram the case does not matter.
METHODS: dict[str, Method] = {
    "getme": account.get_me,
    "setmycommands": account.set_my_commands,
    "getmycommands": account.get_my_commands,
    "deletemycommands": account.delete_my_commands,
    "getmydescription": account.get_my_description,
    "getmyshortdescription": account.get_my_short_description,
    "setmydescription": account.set_my_description,
    "setmyshortdescription": account.set_my_short_description,
    "getupdates": delivery.get_updates,
    "setwebhook": delivery.set_webhook,
    "deletewebhook": delivery.delete_webhook,
    "getwebhookinfo": delivery.get_webhook_info,
    "getfile": files.get_file,
    "sendmessage": sending.send_message,
    "sendphoto": sending.send_photo,
    "sendmediagroup": sending.send_media_group,
    "sendchataction": signals.send_chat_action,
    "setmessagereaction": signals.set_message_reaction,
    "answercallbackquery": signals.answer_callback_query,
    "editmessagetext": editing.edit_message_text,
    "editmessagecaption": editing.edit_message_caption,
    "editmessagemedia": editing.edit_message_media,
    "editmessagereplymarkup": editing.edit_message_reply_markup,
    "deletemessage": editing.delete_message,
    "getchat": chats.get_chat,
    "leavechat": chats.leave_chat,
    "getchatmember": chats.get_chat_member,
    "getchatadministrators": chats.get_chat_administrators,
}
# Limit on the size of a body. Telegram accepts files of 50 MB from bots; the other megabyte is for the other parts of a
# multipart body.
MAX_BODY_BYTES = 51 * 1024 * 1024
# Time limit for open calls, mostly long polls, when the server stops.
SHUTDOWN_TIMEOUT_S = 0.1
# Number of chunks per second in slow downloads.
SLOW_PIECES_PER_S = 20


class LocalChatServer:
    """Serves one bot on 127.0.0.1 while the context is open.

    Args:
        port: port to listen on; 0 for any free port.

    Attributes:
        token: token of the bot.
        simulation: simulated people and chats.
        faults: injected faults.
        app: web application. Add routes before entering the context.
    """

    def __init__(self, port: int = 0) -> None:
        self.simulation = Simulation()
        self.faults = Faults()
        # The token is random, so that a page of another site in a local browser cannot act as the bot.
        self.token = f"{self.simulation.bot.id}:{secrets.token_urlsafe(26)}"
        self.app = web.Application(client_max_size=MAX_BODY_BYTES)
        self.app.router.add_route("*", "/bot{token}/{method}", self._serve_method)
        self.app.router.add_get("/file/bot{token}/{path:.+}", self._serve_file)
        self._port = port

    @property
    def api_url(self) -> str:
        """The address to use instead of https://api.telegram.org."""
        return f"http://127.0.0.1:{self._port}"

    async def __aenter__(self) -> Self:
        # handler_cancellation ends the long poll of a bot that disconnected.
        self._runner = web.AppRunner(
            self.app, handler_cancellation=True, access_log=None, shutdown_timeout=SHUTDOWN_TIMEOUT_S
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.simulation.store.webhook_delivery.set(None)
        await self._runner.cleanup()

    async def _serve_method(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        call = self._journalled(name)
        effects: list[Effect] = []
        try:
            parameters = await read_parameters(request)
            call.parameters = parameters.journal_entry()
            effects = self.faults.effects_on(name, parameters.integer("chat_id"))
            fault = await _apply_faults(effects)
            if fault is None or fault.after_effect:
                answer = {"ok": True, "result": await self._invoke(request, name, parameters)}
                call.status = 200
            if isinstance(fault, Cut):
                return self._cut(request, call)
            if fault is not None:
                call.status = fault.status
                return web.Response(body=fault.body, status=fault.status, content_type="application/json")
        except BotApiError as error:
            answer, call.status, call.description = error.answer(), error.code, error.description
        except web.HTTPRequestEntityTooLarge:
            too_large = BotApiError(413, "Request Entity Too Large")
            answer, call.status, call.description = too_large.answer(), too_large.code, too_large.description
        finally:
            self._finish(call)
        return web.Response(
            body=dump_json(answer), status=call.status, content_type="application/json", headers=_wrong_date(effects)
        )

    async def _invoke(self, request: web.Request, name: str, parameters: Parameters) -> Any:
        self._check_token(request)
        method = METHODS.get(name.lower())
        if method is None:
            raise BotApiError(404, "Not Found")
        return await method(self.simulation.store, parameters)

    async def _serve_file(self, request: web.Request) -> web.StreamResponse:
        call = self._journalled(DOWNLOAD)
        call.parameters = {"path": request.match_info["path"]}
        try:
            effects = self.faults.effects_on(DOWNLOAD, 0)
            fault = await _apply_faults(effects)
            self._check_token(request)
            stored = self.simulation.store.files.find_path(request.match_info["path"])
            if stored is None:
                raise BotApiError(404, "Not Found")
            if isinstance(fault, Cut):
                return await self._cut_download(request, call, stored.data if fault.after_effect else b"")
            if fault is not None:
                call.status = fault.status
                return web.Response(body=fault.body, status=fault.status)
            call.status = 200
            for effect in effects:
                if isinstance(effect, SlowFile) and stored.path.startswith(effect.folder):
                    return await _send_slowly(request, stored.data, effect.bytes_per_s)
            return web.Response(body=stored.data, content_type="application/octet-stream")
        except BotApiError as error:
            call.status, call.description = error.code, error.description
            return web.Response(body=dump_json(error.answer()), status=error.code, content_type="application/json")
        finally:
            self._finish(call)

    def _check_token(self, request: web.Request) -> None:
        if request.match_info["token"] != self.token:
            raise BotApiError(401, "Unauthorized")

    def _journalled(self, name: str) -> Call:
        call = Call(name, started_at=time.monotonic())
        self.simulation.calls.append(call)
        self._publish(call)
        return call

    def _finish(self, call: Call) -> None:
        call.finished_at = time.monotonic()
        self._publish(call)

    def _publish(self, call: Call) -> None:
        self.simulation.store.feed.publish("call", 0, {"method": call.method, "status": call.status})

    def _cut(self, request: web.Request, call: Call) -> web.StreamResponse:
        """Break the connection. The returned response is never delivered."""
        call.status, call.description = 0, "connection cut"
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async def _cut_download(self, request: web.Request, call: Call, data: bytes) -> web.StreamResponse:
        """Announce all of the data, send half of it, then break the connection."""
        if data:
            response = web.StreamResponse(headers={"Content-Length": str(len(data))})
            await response.prepare(request)
            await response.write(data[: len(data) // 2])
        return self._cut(request, call)


async def _apply_faults(effects: list[Effect]) -> Cut | Answer | None:
    """Apply the faults of one call: wait, raise, or return the effect on the response."""
    for effect in effects:
        if isinstance(effect, Delay):
            await asyncio.sleep(effect.delay_s)
        elif isinstance(effect, Cut | Answer):
            return effect
        elif not isinstance(effect, SlowFile | WrongClock):
            raise refusal(effect)
    return None


def _wrong_date(effects: Sequence[Effect]) -> dict[str, str]:
    """Return the Date header of a server with a wrong clock. If the clock is right, aiohttp adds the header."""
    later_s = sum(effect.later_s for effect in effects if isinstance(effect, WrongClock))
    return {"Date": formatdate(time.time() + later_s, usegmt=True)} if later_s else {}


async def _send_slowly(request: web.Request, data: bytes, bytes_per_s: int) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": str(len(data))})
    await response.prepare(request)
    piece_bytes = max(1, bytes_per_s // SLOW_PIECES_PER_S)
    for start in range(0, len(data), piece_bytes):
        await response.write(data[start : start + piece_bytes])
        await asyncio.sleep(1 / SLOW_PIECES_PER_S)
    return response


def dump_json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
