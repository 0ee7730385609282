"""A web server for files that can misbehave on request."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread

from aiohttp import web

from tests.support.processes import HANG_S

CHUNK_BYTES = 16_384


@dataclass(frozen=True)
class Fault:
    """What is wrong with one answer.

    Attributes:
        status: instead of 200 or 206.
        redirect: address that it points to.
        content: bytes instead of the file's.
        announces: bytes that it says the whole file has.
        anonymous: whether it does not say how many bytes come.
        cut_at: bytes after which the connection ends.
        ignores_range: whether it sends the whole file where a part was asked for.
        shift: bytes by which the part that it sends begins later than it was asked to.
        encoding: what it says that the file is compressed with.
        waits: what it waits for after `cut_at` bytes, before it ends the connection.
    """

    status: int | None = None
    redirect: str | None = None
    content: bytes | None = None
    announces: int | None = None
    anonymous: bool = False
    cut_at: int | None = None
    ignores_range: bool = False
    shift: int = 0
    encoding: str | None = None
    waits: Event | None = None


@dataclass
class FileServer:
    """Serves `files` by their paths; those that end in "/" are pages.

    Attributes:
        validators: headers that identify a file's content; "ETag" by its content where none are given.
        faults: of the next answers, one each; once they are used up, all is well.
        login: header Authorization that is needed; None for none.
        asked: of each request the path, and the first byte that was asked for.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    validators: dict[str, str] | None = None
    faults: list[Fault] = field(default_factory=list)
    login: str | None = None
    asked: list[tuple[str, int]] = field(default_factory=list)
    port: int = 0

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        given = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", ""))
        start = int(given[1]) if given else 0
        self.asked.append((request.path, start))
        if self.login is not None and request.headers.get("Authorization") != self.login:
            return web.Response(status=401)
        fault = self.faults.pop(0) if self.faults else Fault()
        if fault.redirect is not None:
            return web.Response(status=302, headers={"Location": fault.redirect})
        content = self.files.get(request.path) if fault.content is None else fault.content
        if content is None or fault.status is not None:
            return web.Response(status=fault.status or 404)
        return await self._send(request, content, start, fault)

    async def _send(self, request: web.Request, content: bytes, start: int, fault: Fault) -> web.StreamResponse:
        headers = self.validators
        if headers is None:
            headers = {"ETag": f'"{hashlib.sha256(content).hexdigest()}"'}
        if fault.ignores_range or request.headers.get("If-Range") not in (None, *headers.values()):
            start = 0
        if start >= len(content):
            return web.Response(status=416)
        announced = fault.announces or len(content)
        response = web.StreamResponse(status=206 if start else 200, headers=headers)
        if request.path.endswith("/"):
            response.content_type = "text/html"
        if start:
            start += fault.shift
            response.headers["Content-Range"] = f"bytes {start}-{announced - 1}/{announced}"
        if fault.encoding is not None:
            response.headers["Content-Encoding"] = fault.encoding
        if not fault.anonymous:
            response.content_length = announced - start
        await response.prepare(request)
        end = len(content) if fault.cut_at is None else fault.cut_at
        for first in range(start, end, CHUNK_BYTES):
            await response.write(content[first : min(first + CHUNK_BYTES, end)])
        if fault.waits is not None:
            await asyncio.to_thread(fault.waits.wait, HANG_S)
        if fault.cut_at is not None and request.transport is not None:
            request.transport.close()
        return response


@contextmanager
def serving(server: FileServer) -> Iterator[FileServer]:
    """Run the server in a thread of its own."""
    started, loop, ended = Event(), asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        app = web.Application()
        app.router.add_get("/{path:.*}", server.answer)
        runner = web.AppRunner(app, shutdown_timeout=0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        server.port = runner.addresses[0][1]
        started.set()
        await ended.wait()
        await runner.cleanup()

    thread = Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert started.wait(HANG_S)
        yield server
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()
