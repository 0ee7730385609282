"""Links to servers that answer forever: each costs little and ends with an error."""

from __future__ import annotations

import asyncio
import gzip
import statistics
from collections.abc import AsyncIterator, Iterator

import pytest
from aiohttp import web

from inference.errors import DownloadError, InferenceError, TooManyBytes
from inference.images.web.download import (
    HEAD_READ_BYTES,
    MAX_BYTES,
    MAX_HEAD_BYTES,
    MAX_OVERHEAD_BYTES,
    EndpointGuard,
    download_image,
    download_through,
)
from tests.support.hostile_web import DRIP, ENDLESS, SILENCE, hostile_web
from tests.support.processes import HANG_S

# These downloads end at the limit of the body, or since the content is invalid.
BODIES = {"/body", "/zeros"}


@pytest.fixture(scope="module")
def hostile() -> Iterator[str]:
    with hostile_web() as address:
        yield address


async def fetch(url: str, guard: EndpointGuard | None = None) -> bytes:
    # With this long timeout, a download without another limit hangs.
    guard = guard or EndpointGuard(lambda *_: True)
    return await download_through(guard, url, max_bytes=MAX_BYTES, timeout_s=HANG_S)


@pytest.mark.parametrize("path", sorted(ENDLESS.keys() - BODIES - {"/members", "/redirects"}))
async def test_what_is_no_image_is_read_up_to_a_bound_however_it_is_wrapped(hostile: str, path: str) -> None:
    guard = EndpointGuard(lambda *_: True)
    with pytest.raises(DownloadError, match=r"far more came than the image|no valid HTTP"):
        await fetch(hostile + path, guard)
    # With chunks of one byte, one received byte in six belongs to the body; two per byte of the body are allowed.
    assert guard.meter.received_bytes <= MAX_OVERHEAD_BYTES * 1.6


@pytest.mark.parametrize("path", ["/informational", "/early-hints", "/empty-lines", "/headers", "/long-status"])
async def test_little_is_read_before_there_is_an_answer(hostile: str, path: str) -> None:
    guard = EndpointGuard(lambda *_: True)
    with pytest.raises(DownloadError):
        await fetch(hostile + path, guard)
    # aiohttp reads one more block.
    assert guard.meter.received_bytes <= MAX_HEAD_BYTES + 2 * HEAD_READ_BYTES


@pytest.mark.parametrize("path", sorted(BODIES))
async def test_a_body_is_read_up_to_its_own_limit(hostile: str, path: str) -> None:
    guard = EndpointGuard(lambda *_: True)
    with pytest.raises((TooManyBytes, DownloadError)):
        await fetch(hostile + path, guard)
    assert guard.meter.received_bytes <= MAX_BYTES + MAX_OVERHEAD_BYTES


async def test_redirects_with_long_headers_are_counted_as_redirects(hostile: str) -> None:
    with pytest.raises(DownloadError, match="more than 5 redirects"):
        await fetch(f"{hostile}/redirects")


@pytest.mark.parametrize("path", [DRIP, SILENCE])
async def test_what_hardly_comes_ends_before_the_time_for_all_of_it(
    hostile: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inference.images.web.download.GRACE_S", 0.2)
    with pytest.raises(DownloadError, match=r"no complete answer within 0\.2"):
        await fetch(hostile + path)


@pytest.fixture
async def images() -> AsyncIterator[str]:
    """Serve the largest image there may be, as servers of good will do: at once, in chunks, compressed."""

    async def answer(request: web.Request) -> web.StreamResponse:
        compressed = request.path == "/compressed"
        content = gzip.compress(bytes(MAX_BYTES)) if compressed else bytes(MAX_BYTES)
        response = web.StreamResponse(headers={"Content-Encoding": "gzip"} if compressed else {})
        if request.path == "/whole":
            response.content_length = len(content)
        await response.prepare(request)
        for start in range(0, len(content), 8192):
            await response.write(content[start : start + 8192])
        return response

    app = web.Application()
    app.router.add_get("/{path}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.mark.parametrize("path", ["/whole", "/chunks", "/compressed"])
async def test_the_largest_image_comes_whole(images: str, path: str) -> None:
    assert len(await download_image(images + path, allow_private=True)) == MAX_BYTES


@pytest.mark.parametrize(
    "content",
    # mtime=0 keeps the parameters equal in all of pytest-xdist's processes.
    [gzip.compress(b"x" * 10_000, mtime=0)[:-20], b"no gzip at all"],
    ids=["cut off", "no gzip"],
)
async def test_a_damaged_compressed_answer_is_a_download_error(content: bytes) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(content)}\r\n\r\n"
        writer.write(head.encode() + content)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        with pytest.raises(DownloadError, match="no valid HTTP"):
            await fetch(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")


@pytest.mark.benchmark
@pytest.mark.parametrize("path", sorted(ENDLESS))
async def test_eight_hostile_links_at_once_leave_the_event_loop_to_others(hostile: str, path: str) -> None:
    """With all limits in the parser alone, answers before the answer held the loop up for 0.7 s at a time, for 15 s."""
    await asyncio.gather(fetch(hostile + path), return_exceptions=True)
    links = asyncio.gather(*(fetch(hostile + path) for _ in range(8)), return_exceptions=True)
    lags_ms: list[float] = []
    loop = asyncio.get_running_loop()
    while not links.done() or len(lags_ms) < 20:
        slept_s = loop.time()
        await asyncio.sleep(0.002)
        lags_ms.append(1000 * (loop.time() - slept_s - 0.002))
    print(f"{path}: median {statistics.median(lags_ms):.1f} ms, longest {max(lags_ms):.1f} ms")  # noqa: T201
    assert all(isinstance(ended, InferenceError | bytes) for ended in links.result())
    assert statistics.median(lags_ms) < 100
