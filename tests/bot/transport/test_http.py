"""HTTP to the Bot API: responses, and an error for each way to fail."""

from __future__ import annotations

import asyncio
import base64
import io
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web
from PIL import Image
from telegram import Bot
from telegram.error import BadRequest, InvalidToken, NetworkError, RetryAfter, TimedOut

from bot.localchat.server import LocalChatServer
from bot.transport.http import (
    MAX_FILE_BYTES,
    AiohttpRequest,
    GatewayTimedOut,
    NotSent,
    ServerFailed,
    TooLarge,
    TooSlow,
)
from inference.system.proxy import Proxy
from tests.support.hostile_web import DRIP, ENDLESS, hostile_web
from tests.support.processes import HANG_S

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Serve = Callable[[Handler], Awaitable[str]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Serve one handler for every address; gives the base address."""
    runners: list[web.AppRunner] = []

    async def start(handler: Handler) -> str:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def request_() -> AsyncIterator[AiohttpRequest]:
    async with AiohttpRequest(connections=4, read_timeout_s=5) as request:
        yield request


def bot(server: LocalChatServer, request: AiohttpRequest, token: str | None = None) -> Bot:
    return Bot(token or server.token, base_url=f"{server.api_url}/bot", request=request, get_updates_request=request)


async def test_calls_and_uploads_reach_the_server(request_: AiohttpRequest) -> None:
    async with LocalChatServer() as server:
        chat = server.simulation.private
        await bot(server, request_).send_message(chat.id, "Grüße & <3")
        photo = io.BytesIO()
        Image.new("RGB", (40, 30), "teal").save(photo, "PNG")
        photo.seek(0)
        sent = await bot(server, request_).send_photo(chat.id, photo, caption="noise")
        assert [message.get("text", message.get("caption")) for message in server.simulation.messages(chat)] == [
            "Grüße & <3",
            "noise",
        ]
        assert sent.photo


async def test_what_telegram_refuses_arrives_as_the_librarys_errors(request_: AiohttpRequest) -> None:
    async with LocalChatServer() as server:
        with pytest.raises(BadRequest, match="Chat not found"):
            await bot(server, request_).send_message(5, "hello")
        with pytest.raises(InvalidToken):
            await bot(server, request_, token="1:wrong").get_me()


async def test_a_closed_port_means_that_nothing_was_sent(request_: AiohttpRequest) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with pytest.raises(NotSent, match=r"127\.0\.0\.1"):
        await request_.post(url)


async def test_no_free_connection_means_that_nothing_was_sent(serve: Serve) -> None:
    release = asyncio.Event()

    async def wait(_: web.Request) -> web.Response:
        await release.wait()
        return web.json_response({"ok": True, "result": True})

    url = await serve(wait)
    async with AiohttpRequest(connections=1, read_timeout_s=5) as request:
        first = asyncio.create_task(request.post(f"{url}/secret"))
        await asyncio.sleep(0)
        with pytest.raises(NotSent) as refused:
            await request.post(f"{url}/secret", pool_timeout=0.05)
        assert "secret" not in str(refused.value)
        release.set()
        assert await first is True


async def test_silence_is_of_unknown_fate(serve: Serve) -> None:
    async def fall_silent(_: web.Request) -> web.Response:
        await asyncio.sleep(30)
        raise AssertionError("the client has gone")

    async with AiohttpRequest(connections=1, read_timeout_s=0.05) as request:
        with pytest.raises(TimedOut):
            await request.post(await serve(fall_silent))


async def test_a_cut_connection_is_of_unknown_fate(serve: Serve, request_: AiohttpRequest) -> None:
    async def cut(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    with pytest.raises(NetworkError, match="connection broke") as broken:
        await request_.post(await serve(cut))
    assert not isinstance(broken.value, NotSent | TimedOut | ServerFailed)


async def test_an_answer_cut_short_is_an_error(serve: Serve, request_: AiohttpRequest) -> None:
    async def cut_short(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"x" * 500)
        assert request.transport is not None
        request.transport.abort()
        return response

    with pytest.raises(NetworkError, match="connection broke"):
        await request_.retrieve(await serve(cut_short))


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_server_that_failed_says_so(serve: Serve, request_: AiohttpRequest, status: int) -> None:
    async def fail(_: web.Request) -> web.Response:
        return web.Response(status=status, text="<html>Bad Gateway</html>")

    with pytest.raises(ServerFailed, match=str(status)):
        await request_.post(await serve(fail))


async def test_a_gateway_that_timed_out_leaves_the_fate_of_a_request_open(
    serve: Serve, request_: AiohttpRequest
) -> None:
    async def time_out(_: web.Request) -> web.Response:
        return web.Response(status=504, text="<html>Gateway Timeout</html>")

    with pytest.raises(GatewayTimedOut, match="504"):
        await request_.post(await serve(time_out))


async def test_a_flood_wait_is_told(serve: Serve, request_: AiohttpRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    async def flooded(_: web.Request) -> web.Response:
        answer = {"ok": False, "error_code": 429, "description": "Too Many", "parameters": {"retry_after": 7}}
        return web.json_response(answer, status=429)

    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    with pytest.raises(RetryAfter, match="7"):
        await request_.post(await serve(flooded))


async def test_a_download_is_read_up_to_the_limit_and_no_further(serve: Serve, request_: AiohttpRequest) -> None:
    async def send(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(int(request.query["mebibytes"])):
            await response.write(b"x" * 1024 * 1024)
        return response

    url = await serve(send)
    assert len(await request_.retrieve(f"{url}/file?mebibytes=20")) == MAX_FILE_BYTES
    with pytest.raises(NetworkError, match="at most 20,971,520 bytes"):
        await request_.retrieve(f"{url}/file?mebibytes=21")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.transport.http.GRACE_S", 0.1)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("path", [DRIP, "/informational", "/early-hints"])
async def test_an_answer_that_never_ends_is_given_up(path: str) -> None:
    with hostile_web() as address:
        async with AiohttpRequest(connections=1, read_timeout_s=0.2) as request, asyncio.timeout(HANG_S):
            with pytest.raises((TooSlow, TooLarge)):
                await request.post(address + path)


@pytest.mark.parametrize("path", sorted(ENDLESS.keys() - {"/members", "/zeros"}))
async def test_an_endless_answer_is_read_up_to_a_limit(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.transport.http.MAX_FILE_BYTES", 100_000)
    monkeypatch.setattr("bot.transport.http.MAX_RECEIVED_BYTES", 200_000)
    with hostile_web() as address:
        async with AiohttpRequest(connections=1, read_timeout_s=HANG_S) as request, asyncio.timeout(HANG_S):
            # Answers before the answer may have been meant well, but whoever asks again gets no other.
            before = path in ("/informational", "/early-hints")
            with pytest.raises(TooLarge if before else NetworkError):
                await request.post(address + path)


@pytest.mark.usefixtures("impatient")
async def test_the_wait_for_a_connection_and_a_long_request_are_not_the_servers_slowness(serve: Serve) -> None:
    async def answer(request: web.Request) -> web.Response:
        size_bytes = len(await request.read())
        await asyncio.sleep(0.05)
        return web.json_response({"ok": True, "result": size_bytes})

    url = await serve(answer)
    async with AiohttpRequest(connections=1, read_timeout_s=1) as request:
        assert await asyncio.gather(*(request.post(url) for _ in range(10))) == [0] * 10


async def test_a_connection_may_bring_any_number_of_answers(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.transport.http.MAX_RECEIVED_BYTES", 30_000)

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"ok": True, "result": {"x": "x" * 20_000}})

    url = await serve(answer)
    async with AiohttpRequest(connections=1, read_timeout_s=5) as request:
        for _ in range(5):
            assert await request.post(url) == {"x": "x" * 20_000}


async def test_a_redirect_is_not_followed_with_the_token(serve: Serve, request_: AiohttpRequest) -> None:
    seen: list[str] = []

    async def redirect(request: web.Request) -> web.Response:
        seen.append(request.path)
        raise web.HTTPFound("/elsewhere")

    with pytest.raises(NetworkError):
        await request_.retrieve(f"{await serve(redirect)}/file")
    assert seen == ["/file"]


async def test_requests_go_through_the_proxy_with_its_password(serve: Serve) -> None:
    asked: list[tuple[str, str]] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append((str(request.url), request.headers["Proxy-Authorization"]))
        return web.json_response({"ok": True, "result": True})

    proxy = Proxy((await serve(answer)).replace("http://", "http://me:open%20sesame@"), "HTTP_PROXY")
    async with AiohttpRequest(connections=1, read_timeout_s=5, proxy=proxy) as request:
        assert await request.post("http://api.example/bot1:x/getMe") is True
    login = base64.b64encode(b"me:open sesame").decode()
    assert asked == [("http://api.example/bot1:x/getMe", f"Basic {login}")]


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    ("login", "said"),
    [
        ("", "asks for a user name and a password (407): write USER:PASSWORD@ before its host in HTTP_PROXY"),
        ("me:hunter2@", "does not accept the user name and the password in HTTP_PROXY (407)"),
    ],
)
async def test_a_proxy_that_wants_a_password_is_told_and_the_request_was_not_sent(
    scheme: str, login: str, said: str
) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        proxy = Proxy(f"http://{login}{host}", "HTTP_PROXY")
        async with AiohttpRequest(connections=1, read_timeout_s=5, proxy=proxy) as request:
            with pytest.raises(NotSent) as refused:
                await request.post(f"{scheme}://api.example/bot1:x/getMe")
    assert refused.value.message == f"the proxy http://{host} {said}"


async def test_an_absent_proxy_is_told() -> None:
    proxy = Proxy("http://127.0.0.1:9", "HTTPS_PROXY")
    async with AiohttpRequest(connections=1, read_timeout_s=5, proxy=proxy) as request:
        with pytest.raises(NotSent, match=r"^the proxy 127\.0\.0\.1 port 9 cannot be reached: Connection refused$"):
            await request.post("https://api.example/bot1:x/getMe")
