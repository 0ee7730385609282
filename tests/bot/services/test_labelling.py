"""The way of an image through the bot: which size is fetched, what is remembered, and what happens when things fail."""

from __future__ import annotations

import io
import itertools
import struct
import zlib
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web
from PIL import Image
from telegram import Chat, InaccessibleMessage, Message, User

from bot.domain.media import Media
from bot.domain.origins import client_of
from bot.localchat.faults import DOWNLOAD, Cut, Delay, Effect, Faults, RetryAfter, ServerError
from bot.services.image_fetching import FileUnavailable, ImageFetcher
from bot.transport.bot_client import TelegramBot
from bot.transport.files import TelegramFiles
from bot.transport.flood_control import FloodControl
from bot.transport.http import MAX_FILE_BYTES, AiohttpRequest
from bot.views import replies
from inference import download_image_apart, errors
from tests.support.client import Client, connected_client
from tests.support.pictures import picture
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")


def enlarged(png: bytes, *, side: int) -> bytes:
    """A PNG whose header announces a square of another side."""
    header = b"IHDR" + struct.pack(">II", side, side) + png[24:29]
    return png[:12] + header + struct.pack(">I", zlib.crc32(header)) + png[33:]


async def test_the_smallest_size_that_covers_the_models_input_is_fetched(client: Client) -> None:
    chat, person = client.newcomer()
    for width, height, expected in ((1600, 1200, (100, 75)), (1600, 800, (320, 160)), (60, 50, (60, 50))):
        message = client.sim.send_photo(chat, person, picture(width, width=width, height=height))
        await client.reply_to(message)
        fetched = client.calls_of("download")[-1].parameters["path"]
        stored = client.sim.store.files.find_path(fetched)
        assert stored is not None
        with Image.open(io.BytesIO(stored.data)) as image:
            assert image.size == pytest.approx(expected, abs=1)


async def test_the_pool_works_for_a_person_in_whatever_chat_they_send() -> None:
    private, group, channel = Chat(5, "private"), Chat(-7, "supergroup"), Chat(-9, "channel")
    person, robot, speaker = User(5, "Ann", is_bot=False), User(6, "Bot", is_bot=True), User(777000, "", is_bot=False)
    for chat, writer, sender_chat, client in (
        (private, person, None, 5),
        (group, person, None, 5),
        (group, person, channel, -7),
        (group, User(1087968824, "Group", is_bot=True), group, -7),
        (group, speaker, channel, -7),
        (group, speaker, None, -7),
        (channel, None, channel, -9),
        (private, robot, None, 5),
    ):
        message = Message(1, datetime.now(UTC), chat, from_user=writer, sender_chat=sender_chat)
        assert client_of(message) == client
    assert client_of(InaccessibleMessage(group, 1)) == -7


async def test_a_photo_seen_before_is_answered_without_fetching_it(client: Client) -> None:
    photo = picture(1)
    chat, person = client.newcomer()
    first = await client.text_after(client.sim.send_photo(chat, person, photo))
    fetched = len(client.calls_of("getFile"))
    other_chat, other = client.newcomer()
    message = client.sim.send_photo(other_chat, other, photo)
    reply = await client.reply_to(message)
    assert client.sim.replies(message) == [reply]
    assert reply["text"].split("\n")[:-1] == first.split("\n")[:-1]
    assert reply["text"].endswith("\nstarter · seen before")
    assert len(client.calls_of("getFile")) == fetched
    assert client.calls("sendChatAction", other_chat) == []


async def test_a_file_over_twenty_megabytes_is_refused_before_it_is_fetched(client: Client) -> None:
    chat, person = client.newcomer()
    data = picture(2) + b"\0" * MAX_FILE_BYTES
    fetched = len(client.calls_of("getFile"))
    message = client.sim.send_document(chat, person, data, file_name="big.jpg", mime_type="image/jpeg")
    assert await client.text_after(message) == ENGLISH("failures-too-many-bytes")
    assert len(client.calls_of("getFile")) == fetched


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"no image at all", errors.NotAnImage),
        (picture(3)[:3000], errors.TruncatedImage),
        (enlarged(picture(4, "PNG"), side=60_000), errors.TooManyPixels),
    ],
    ids=["garbage", "truncated", "huge"],
)
async def test_a_bad_image_gets_a_kind_word(client: Client, data: bytes, error: type[errors.InferenceError]) -> None:
    chat, person = client.newcomer()
    message = client.sim.send_document(chat, person, data, file_name="a.jpg", mime_type="image/jpeg")
    assert await client.text_after(message) == ENGLISH(replies.FAILURES[error])


@pytest.mark.parametrize("trouble", ["pixels", "bytes"])
async def test_of_a_file_that_is_too_large_the_preview_is_looked_at(client: Client, trouble: str) -> None:
    chat, person = client.newcomer()
    small = picture(60 if trouble == "pixels" else 61, "PNG")
    data = enlarged(small, side=60_000) if trouble == "pixels" else small + b"\0" * MAX_FILE_BYTES
    before = len(client.calls_of("download"))
    for _ in range(2):
        message = client.sim.send_document(
            chat, person, data, file_name="a.png", mime_type="image/png", thumbnail=small
        )
        answer = await client.text_after(message)
        assert answer.startswith(ENGLISH("answers-preview"))
        assert "%" in answer
    # The second time, the preview's labels were known.
    downloads = client.calls_of("download")[before:]
    assert len(downloads) == (1 if trouble == "bytes" else 3)


@pytest.fixture
def faults(client: Client) -> Iterator[Faults]:
    yield client.server.faults
    client.server.faults.clear()


@pytest.mark.parametrize(
    ("seed", "method", "effect"),
    [
        (20, "getFile", RetryAfter(1)),
        (21, "getFile", ServerError(502)),
        (22, "getFile", Cut(after_effect=False)),
        (23, "getFile", Cut(after_effect=True)),
        (24, DOWNLOAD, ServerError(500)),
        (25, DOWNLOAD, Cut(after_effect=False)),
        (26, DOWNLOAD, Cut(after_effect=True)),
    ],
)
async def test_fetching_survives_a_passing_fault(
    client: Client, faults: Faults, seed: int, method: str, effect: Effect
) -> None:
    chat, person = client.newcomer()
    fault = faults.add(effect, method=method, count=1)
    assert "%" in await client.text_after(client.sim.send_photo(chat, person, picture(seed)))
    assert fault.hits == 1


@pytest.mark.slow
async def test_a_file_that_telegram_will_not_give_is_told(client: Client, faults: Faults) -> None:
    chat, person = client.newcomer()
    faults.add(ServerError(500), method="getFile")
    message = client.sim.send_photo(chat, person, picture(5))
    assert await client.text_after(message) == ENGLISH("answers-file-unavailable")


async def test_a_slow_server_is_waited_for_while_typing_shows(client: Client, faults: Faults) -> None:
    chat, person = client.newcomer()
    faults.add(Delay(1.0), method=DOWNLOAD, count=1)
    message = client.sim.send_photo(chat, person, picture(6))
    assert "%" in await client.text_after(message)
    shown = client.calls("sendChatAction", chat)[0].finished_at
    assert shown is not None
    fetched = client.calls_of("download")[-1].finished_at
    assert fetched is not None
    assert shown < fetched


def put_on_disk(client: Client, sizes: list[dict[str, str]], folder: Path) -> None:
    """Have getFile name files in a folder, as a Bot API server in local mode does."""
    for size in sizes:
        stored = client.sim.store.files.find(size["file_id"])
        assert stored is not None
        stored.path = str(folder / stored.unique_id)
        Path(stored.path).write_bytes(stored.data)


async def test_a_file_of_a_local_bot_api_server_is_read_from_its_folder_and_no_other(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    async with connected_client(tmp_path / "home", api_local_files=folder) as local:
        for place, answer in ((folder, "%"), (tmp_path, ENGLISH("answers-file-unavailable"))):
            chat, person = local.newcomer()
            message = local.sim.send_photo(chat, person, picture(len(str(place))))
            put_on_disk(local, message["photo"], place)
            assert answer in await local.text_after(message)
        assert local.calls_of("download") == []


PHOTO = Media("id", "unique", 5)


class OldAddresses:
    """A Bot API server whose file addresses have expired when they are first used, `expired` times."""

    def __init__(self, expired: int) -> None:
        self._expired = expired
        self._numbers = itertools.count()

    async def get_file(self, _: web.Request) -> web.Response:
        file = {"file_id": "id", "file_unique_id": "unique", "file_path": f"photos/{next(self._numbers)}.jpg"}
        return web.json_response({"ok": True, "result": file})

    async def file(self, request: web.Request) -> web.Response:
        if int(request.match_info["number"]) < self._expired:
            return web.json_response({"ok": False, "error_code": 404, "description": "Not Found"}, status=404)
        return web.Response(body=b"photo")


@pytest.mark.parametrize(("expired", "found"), [(0, True), (1, True), (2, False)])
async def test_an_address_that_has_expired_is_asked_for_once_more(expired: int, found: bool) -> None:
    addresses = OldAddresses(expired)
    app = web.Application()
    app.router.add_post("/bot1:x/getFile", addresses.get_file)
    app.router.add_get(r"/file/bot1:x/photos/{number:\d+}.jpg", addresses.file)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    flood = FloodControl(per_s=30, per_s_per_chat=1, per_min_per_group=20)
    async with AiohttpRequest(connections=1, read_timeout_s=5) as request, TelegramFiles() as files:
        bot = TelegramBot("1:x", f"{url}/bot", f"{url}/file/bot", request=request, get_updates_request=request)
        fetched = ImageFetcher(bot, flood, files, download_image_apart).from_telegram(PHOTO, client=1)
        with nullcontext() if found else pytest.raises(FileUnavailable):
            async with fetched as image:
                assert image == b"photo"
    await runner.cleanup()
