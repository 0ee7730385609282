"""The web server itself: errors as problems, and the client's address."""

from __future__ import annotations

import asyncio
import io
import socket
from collections import Counter
from collections.abc import AsyncIterator
from ipaddress import ip_network
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bot.domain.web_addresses import ListenAddress
from bot.web import body, connections
from bot.web.body import read_body
from bot.web.server import MAX_BODY_BYTES, web_server


async def fail(_: web.Request) -> web.Response:
    raise ValueError("Alice's secret garden")


async def refuse(_: web.Request) -> web.Response:
    raise web.HTTPTooManyRequests(headers={"Retry-After": "7"})


async def say_client(request: web.Request) -> web.Response:
    await read_body(request, max_bytes=MAX_BODY_BYTES)
    return web.Response(text=request.remote)


ROUTES = [web.get("/fail", fail), web.get("/refuse", refuse), web.post("/client", say_client)]


@pytest.fixture
async def session(tmp_path: Path) -> AsyncIterator[aiohttp.ClientSession]:
    address = ListenAddress("127.0.0.1", 0)
    async with (
        web_server(ROUTES, home=tmp_path, address=address, trusted_proxies=[ip_network("127.0.0.1")]) as bound,
        aiohttp.ClientSession(f"http://{bound}") as session,
    ):
        yield session


@pytest.mark.parametrize(
    ("method", "path", "status", "title"),
    [
        ("GET", "/fail", 500, "Internal Server Error"),
        ("GET", "/refuse", 429, "Too Many Requests"),
        ("GET", "/nothing", 404, "Not Found"),
        ("PUT", "/client", 405, "Method Not Allowed"),
    ],
)
async def test_each_error_is_a_problem(
    session: aiohttp.ClientSession, method: str, path: str, status: int, title: str
) -> None:
    async with session.request(method, path) as response:
        assert (response.status, response.content_type) == (status, "application/problem+json")
        assert await response.json() == {"title": title, "status": status}
        assert response.headers.get("Retry-After") == ("7" if status == 429 else None)


async def test_an_error_is_logged_without_its_text(session: aiohttp.ClientSession) -> None:
    with capture_logs() as logs:
        await session.get("/fail")
    (line,) = logs
    assert line["event"] == "a web request failed"
    assert line["exception"].endswith("ValueError")
    assert "garden" not in line["exception"].replace('"Alice\'s secret garden"', ""), "only the source line has it"


async def test_a_body_that_is_too_large_is_refused(session: aiohttp.ClientSession) -> None:
    async with session.post("/client", data=io.BytesIO(bytes(MAX_BODY_BYTES + 1))) as response:
        assert response.status == 413
        assert (await response.json())["title"] == "Request Entity Too Large"


async def test_the_client_is_the_one_that_a_trusted_proxy_names(session: aiohttp.ClientSession) -> None:
    async with session.post("/client", data=b"x", headers={"X-Forwarded-For": "1.1.1.1, 203.0.113.9"}) as response:
        assert await response.text() == "203.0.113.9"
    async with session.post("/client", data=b"x") as response:
        assert await response.text() == "127.0.0.1"


async def test_a_client_that_sends_too_slowly_is_refused(
    session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body, "TIMEOUT_S", 0.1)

    async def slowly() -> AsyncIterator[bytes]:
        yield b"a"
        await asyncio.sleep(60)

    async with session.post("/client", data=slowly()) as response:
        assert (response.status, await response.json()) == (408, {"title": "Request Timeout", "status": 408})


async def send_raw(session: aiohttp.ClientSession, data: bytes) -> bytes:
    """What a connection answers to some bytes, which end there."""
    base = session._base_url
    assert base is not None
    reader, writer = await asyncio.open_connection(base.host, base.port)
    writer.write(data)
    writer.write_eof()
    answer = await reader.read(1000)
    writer.close()
    return answer


POST = b"POST /client HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\xff garbage\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20,  # TLS
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /fail HTTP/1.1\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
        b"GET /fail HTTP/1.1\r\n" + b"X: a\r\n" * 5000 + b"\r\n",
        b"GET http://[::1/ HTTP/1.1\r\nHost: a\r\n\r\n",
        POST + b"Content-Length: -5\r\n\r\n",
        POST + b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n",
        POST + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde",
        POST + b"Content-Length: 1000000000\r\n\r\n" + b"a" * 1000,
        POST + b"Content-Length: 100\r\n\r\nabc",
    ],
    ids=range(12),
)
async def test_what_is_no_request_is_refused_and_leaves_nothing_in_the_log(
    session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture, data: bytes
) -> None:
    with capture_logs() as logs:
        answer = await send_raw(session, data)
    assert answer == b"" or answer.startswith((b"HTTP/1.0 400", b"HTTP/1.1 400", b"HTTP/1.1 413"))
    assert (caplog.records, logs) == ([], [])
    async with session.post("/client", data=b"x") as response:
        assert response.status == 200


async def test_idle_connections_make_room_for_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 4)
    address = ListenAddress("127.0.0.1", 0)
    async with web_server(ROUTES, home=tmp_path, address=address) as bound:
        assert bound is not None

        async def connect(text: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
            reader, writer = await asyncio.open_connection(bound.host, bound.port)
            writer.write(text.encode())
            return reader, writer

        post = "POST /client HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        busy = [await connect(post) for _ in range(2)]
        for reader, _ in busy:
            assert b"100 Continue" in await reader.readuntil(b"\r\n\r\n")
        known = await connect("GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b" 404 " in await known[0].readuntil(b"\r\n\r\n")
        silent = [await connect("GET / HT") for _ in range(6)]
        # Those that never asked end first, the oldest of them before the others.
        assert [await reader.read() for reader, _ in silent[:5]] == [b""] * 5
        async with aiohttp.ClientSession(f"http://{bound}") as session, session.get("/nothing") as response:
            assert response.status == 404
        for reader, writer in busy:
            writer.write(b"12")
            assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
        for _, writer in (*busy, known, *silent):
            writer.close()


async def test_a_server_whose_connections_are_all_in_use_refuses_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 1)
    async with web_server(ROUTES, home=tmp_path, address=ListenAddress("127.0.0.1", 0)) as bound:
        assert bound is not None
        reader, writer = await asyncio.open_connection(bound.host, bound.port)
        writer.write(b"POST /client HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert b"100 Continue" in await reader.readuntil(b"\r\n\r\n")
        async with aiohttp.ClientSession(f"http://{bound}") as session:
            with pytest.raises(aiohttp.ClientConnectionError):
                await session.get("/nothing")
        writer.write(b"12")
        assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
        writer.close()


async def test_clients_that_do_not_read_make_room_for_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answered = Counter[object]()

    async def page(request: web.Request) -> web.Response:
        answered[request.protocol] += 1
        return web.Response(body=bytes(20_000))

    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 3)
    address = ListenAddress("127.0.0.1", 0)
    async with web_server([web.get("/", page)], home=tmp_path, address=address) as bound:
        assert bound is not None
        deaf = [socket.socket() for _ in range(3)]
        for each in deaf:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            each.connect((bound.host, bound.port))
            each.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 1000)
        # They are full once no further request is answered.
        before = Counter[object]()
        while len(answered) < len(deaf) or answered != before:
            before = answered.copy()
            await asyncio.sleep(0.3)
        for _ in range(6):
            async with aiohttp.ClientSession(f"http://{bound}") as session, session.get("/") as response:
                assert len(await response.read()) == 20_000
        for each in deaf:
            each.close()
