"""Bodies that are cut off, too large, too slow or of the wrong kind: each is refused, and costs little."""

from __future__ import annotations

import asyncio
import json
import os
import random
from pathlib import Path

import pytest
from PIL import Image

from bot.web.api import bodies
from tests.support.images import RED, encode
from tests.support.label_api import LabelApi, running_api

PHOTO = encode(Image.new("RGB", (400, 300), RED), "JPEG")
PATHS = ("/v1/label", "/v2/models/colours/infer", "/v1/models/colours:predict", "/api/v1/vision/labels")
KINDS = ("image/jpeg", "multipart/form-data; boundary=b", "application/json", "text/plain", "application/octet-stream")
REQUESTS, TOGETHER = 1000, 20
# The memory of the process grows once, by what Python and aiohttp keep for later.
MAX_GROWTH_KB = 40_000


async def send(api: LabelApi, request: bytes) -> bytes:
    """Send bytes as they are, close this side, and return the first line of the answer, if there is one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(api.url.rpartition(":")[2]))
    try:
        writer.write(request)
        writer.write_eof()
        return (await asyncio.wait_for(reader.read(65_536), 60)).split(b"\r\n")[0]
    except ConnectionError:
        return b""
    finally:
        writer.close()


def hostile(chance: random.Random) -> bytes:
    """Make a request that is wrong in one of many ways."""
    body = chance.choice(
        [
            PHOTO[: chance.randrange(len(PHOTO))],
            chance.randbytes(chance.randrange(5000)),
            b'--b\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n' + PHOTO,
            b"--b\r\n" + chance.randbytes(100) + b"\r\n--b--\r\n",
            b'{"inputs": ' * chance.randrange(1, 2000),
            json.dumps({"images": ["data:image/jpeg;base64,QUJD"] * chance.randrange(40)}).encode(),
            json.dumps({"instances": [{"b64": "QUJD" * chance.randrange(1000)}]}).encode(),
            json.dumps({"url": "http://[::1]:1/" + "x" * chance.randrange(100)}).encode(),
        ]
    )
    length = chance.choice([len(body), len(body), len(body) + 100, 10**9, max(0, len(body) - 5)])
    extra = chance.choice(
        [
            b"",
            b"",
            b"Content-Encoding: gzip\r\n",
            b"Inference-Header-Content-Length: 7\r\n",
            b"Expect: 100-continue\r\n",
        ]
    )
    head = (
        f"POST {chance.choice(PATHS)} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"Content-Type: {chance.choice(KINDS)}\r\nContent-Length: {length}\r\n"
    )
    return head.encode() + extra + b"\r\n" + body


def resident_kb() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


@pytest.mark.slow
async def test_a_thousand_hostile_requests_leave_no_trace(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    chance = random.Random(7)
    async with running_api(tmp_path) as api:
        growth = []
        for _ in range(2):
            before = resident_kb()
            for _ in range(REQUESTS // TOGETHER // 2):
                lines = await asyncio.gather(*(send(api, hostile(chance)) for _ in range(TOGETHER)))
                assert not [line for line in lines if b" 500 " in line]
            growth.append(resident_kb() - before)
        async with api.http.post("/v1/label", data=PHOTO, headers={"Content-Type": "image/jpeg"}) as answer:
            assert answer.status == 200
    assert growth[1] < MAX_GROWTH_KB, growth
    assert not [record for record in caplog.records if record.exc_info]


async def test_a_slow_sender_is_told_so_and_holds_no_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "READ_TIMEOUT_S", 0.2)
    async with running_api(tmp_path) as api:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(api.url.rpartition(":")[2]))
        head = "POST /v1/label HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\nContent-Length: 1000\r\n\r\n"
        writer.write(head.encode() + b"x")
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n"), 60)
        writer.close()
    assert b" 408 " in answer
