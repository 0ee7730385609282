"""Downloads of Telegram's files: allowed paths, slow servers, and fairness between people."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import example, given
from hypothesis import strategies as st

from bot.localchat.faults import DOWNLOAD, SlowFile
from bot.localchat.server import LocalChatServer
from bot.transport.bot_client import TelegramBot
from bot.transport.files import DOWNLOADS_PER_PERSON, PathRefused, TelegramFiles, _check_path
from bot.transport.http import MAX_FILE_BYTES, AiohttpRequest, TooLarge, TooSlow, UnreadableResult
from tests.support.processes import HANG_S, until

ALICE, BORIS = 1, 2
PHOTO = b"a photo"


class Api:
    """A Bot API server that says of every file that it is where the test wants it.

    Attributes:
        path: what getFile says.
        asked: the paths that files were asked for by.
    """

    def __init__(self) -> None:
        self.path: object = None
        self.asked: list[str] = []
        self.url = ""

    async def get_file(self, _: web.Request) -> web.Response:
        file = {"file_id": "id", "file_unique_id": "unique", "file_path": self.path}
        return web.json_response({"ok": True, "result": file})

    async def anything(self, request: web.Request) -> web.Response:
        self.asked.append(request.raw_path)
        return web.Response(body=PHOTO)


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    api = Api()
    app = web.Application()
    app.router.add_post("/bot1:x/getFile", api.get_file)
    app.router.add_route("*", "/{path:.*}", api.anything)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield api
    await runner.cleanup()


Fetch = Callable[[object], Coroutine[Any, Any, bytes]]


@pytest.fixture
async def fetch(api: Api, tmp_path: Path) -> AsyncIterator[Fetch]:
    """Ask for a file and download it, with a local Bot API server's folder "files"."""
    folder = tmp_path / "files"
    folder.mkdir()
    async with (
        AiohttpRequest(connections=1, read_timeout_s=5) as request,
        TelegramFiles(local_folder=folder) as files,
    ):
        bot = TelegramBot("1:x", f"{api.url}/bot", f"{api.url}/file/bot", request=request, get_updates_request=request)

        async def fetch(path: object) -> bytes:
            api.path = path
            return await files.download(await bot.file_path("id"), server_url=bot.base_file_url, client=ALICE)

        yield fetch


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("photos/file_0.jpg", "photos/file_0.jpg"),
        ("documents/file 1 (a).HEIC", "documents/file%201%20%28a%29.HEIC"),
        ("documents/фото.jpg", "documents/%D1%84%D0%BE%D1%82%D0%BE.jpg"),
        ("documents/..a..jpg..", "documents/..a..jpg.."),
    ],
)
async def test_a_path_on_the_server_is_fetched_from_it(api: Api, fetch: Fetch, path: str, asked: str) -> None:
    assert await fetch(path) == PHOTO
    assert api.asked == [f"/file/bot1:x/{asked}"]


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "..",
        "../../getMe",
        "photos/../../../bot1:x/close",
        "photos/./a.jpg",
        "photos//a.jpg",
        "photos/",
        "%2e%2e/%2e%2e/bot1/close",
        "photos/%2E%2E/a.jpg",
        "photos/..%2fa.jpg",
        "..\\a.jpg",
        "photos\\..\\a.jpg",
        "//elsewhere.example/a.jpg",
        "///etc/passwd",
        "file:///etc/passwd",
        "http://elsewhere.example/a.jpg",
        "C:/a.jpg",
        "photos/a.jpg?to=elsewhere",
        "photos/a.jpg#to",
        "photos/a.jpg\r\nHost: elsewhere.example",
        "photos/a\0.jpg",
        "photos/a\t.jpg",
        "photos/.. /a.jpg",
        "photos/\uff0e\uff0e/a.jpg",
        "photos/\u2025/a.jpg",
        "photos\uff0f..\uff0fa.jpg",
        "photos/\u202egpj.a",
        "~/a.jpg" * 300,
        "/etc/passwd",
        "/",
    ],
)
async def test_any_other_path_is_refused_and_nothing_is_asked_for(api: Api, fetch: Fetch, path: str | None) -> None:
    with pytest.raises(UnreadableResult if path is None else PathRefused):
        await fetch(path)
    assert api.asked == []


async def test_a_path_of_a_file_that_there_is_here_still_means_one_on_the_server(
    api: Api, fetch: Fetch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "token").write_text("not a photo")
    assert await fetch("secrets/token") == PHOTO
    assert api.asked == ["/file/bot1:x/secrets/token"]


@given(st.text(alphabet="./\\%2eE\uff0e\u2024abc:\n ", max_size=12))
@example("/:")
def test_no_path_leaves_the_place_of_files(path: str) -> None:
    try:
        _check_path(path)
    except PathRefused:
        return
    assert ".." not in path.split("/")
    assert os.path.normpath(path) == path
    assert not set(path) & set("\\%\n")
    assert ":" not in path or path.startswith("/"), "a local server names a folder after the token"


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """The folder of one bot's photos on the disk of a local Bot API server, which names it after the token."""
    photos = tmp_path / "files" / "1:x" / "photos"
    photos.mkdir(parents=True)
    return photos


async def test_a_local_servers_file_is_read_from_its_folder(api: Api, fetch: Fetch, disk: Path) -> None:
    (disk / "file_0.jpg").write_bytes(b"on the disk")
    assert await fetch(str(disk / "file_0.jpg")) == b"on the disk"
    assert api.asked == []


async def test_a_local_file_is_read_up_to_the_limit(fetch: Fetch, disk: Path) -> None:
    (disk / "most").write_bytes(bytes(MAX_FILE_BYTES))
    (disk / "more").write_bytes(bytes(MAX_FILE_BYTES + 1))
    assert len(await fetch(str(disk / "most"))) == MAX_FILE_BYTES
    with pytest.raises(TooLarge):
        await fetch(str(disk / "more"))


async def test_no_other_local_file_is_read(fetch: Fetch, disk: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("not a photo")
    (tmp_path / "files-of-others").mkdir()
    (tmp_path / "files-of-others" / "a.jpg").write_text("not a photo")
    (disk / "link.jpg").symlink_to(secret)
    (disk.parent / "elsewhere").symlink_to(tmp_path)
    os.mkfifo(disk / "pipe.jpg")
    for path in (
        secret,
        tmp_path / "files-of-others" / "a.jpg",
        disk / "link.jpg",
        disk.parent / "elsewhere" / "secret",
        disk / "pipe.jpg",
        disk / "none.jpg",
        disk,
        tmp_path / "files",
        f"{disk}/../../../secret",
    ):
        async with asyncio.timeout(HANG_S):
            with pytest.raises(PathRefused) as refused:
                await fetch(str(path))
        assert str(tmp_path) not in str(refused.value)


async def test_without_the_setting_no_local_file_is_read(tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    photo.write_bytes(PHOTO)
    async with TelegramFiles() as files:
        with pytest.raises(PathRefused, match="outside the folder of a local Bot API server"):
            await files.download(str(photo), server_url="http://api.example", client=ALICE)


async def documents(
    server: LocalChatServer, files: TelegramFiles, request: AiohttpRequest, count: int
) -> list[Callable[..., Coroutine[Any, Any, bytes]]]:
    """Downloads of files of 100 kB."""
    bot = TelegramBot(
        server.token,
        f"{server.api_url}/bot",
        f"{server.api_url}/file/bot",
        request=request,
        get_updates_request=request,
    )
    sim = server.simulation
    found: list[Callable[..., Coroutine[Any, Any, bytes]]] = []
    for number in range(count):
        data = number.to_bytes(4, "big") * 25_000
        sent = sim.send_document(sim.private, sim.alice, data, file_name="a.jpg", mime_type="image/jpeg")
        path = await bot.file_path(sent["document"]["file_id"])
        found.append(partial(files.download, path, server_url=bot.base_file_url))
    return found


async def test_a_file_that_hardly_comes_is_given_up_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.transport.files.SILENCE_S", 0.1)
    monkeypatch.setattr("bot.transport.http.GRACE_S", 0.1)
    async with (
        LocalChatServer() as server,
        AiohttpRequest(connections=1, read_timeout_s=5) as request,
        TelegramFiles() as files,
    ):
        (document,) = await documents(server, files, request, 1)
        fault = server.faults.add(SlowFile(1000), method=DOWNLOAD)
        async with asyncio.timeout(HANG_S):  # a hundred seconds is what all of it would take
            with pytest.raises(TooSlow):
                await document(client=ALICE)
        server.faults.remove(fault)
        # Slow, and not too slow. On a busy machine, the file comes in fits and starts.
        monkeypatch.setattr("bot.transport.files.SILENCE_S", 5.0)
        server.faults.add(SlowFile(200_000), method=DOWNLOAD)
        assert len(await document(client=ALICE)) == 100_000


async def test_one_persons_slow_files_hold_up_nobody_elses() -> None:
    async with (
        LocalChatServer() as server,
        AiohttpRequest(connections=1, read_timeout_s=5) as request,
        TelegramFiles() as files,
    ):
        found = await documents(server, files, request, 120)
        fault = server.faults.add(SlowFile(1000), method=DOWNLOAD)
        slow = [asyncio.create_task(document(client=ALICE)) for document in found]
        await until(lambda: fault.hits >= DOWNLOADS_PER_PERSON)
        server.faults.remove(fault)
        async with asyncio.timeout(HANG_S):
            assert len(await found[0](client=BORIS)) == 100_000
        assert fault.hits == DOWNLOADS_PER_PERSON
        for task in slow:
            task.cancel()
        await asyncio.wait(slow)
