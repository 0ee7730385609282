from __future__ import annotations

from typing import Any

import pytest

from bot.localchat.simulation import Simulation
from tests.support.bot_api import RawBot
from tests.support.pictures import picture


async def download(bot: RawBot, file_id: str) -> bytes:
    file = await bot.call("getFile", file_id=file_id)
    async with bot.session.get(f"{bot.file_url}/{file['file_path']}") as response:
        assert response.status == 200
        data = await response.read()
    assert len(data) == file["file_size"]
    return data


async def test_a_document_comes_back_as_it_was(sim: Simulation, bot: RawBot) -> None:
    data = picture(1, "PNG")
    message = sim.send_document(sim.private, sim.alice, data, file_name="a.b.PNG", mime_type="image/png")
    (update,) = await bot.updates()
    document = update["message"]["document"]
    assert document == message["document"]
    assert (document["file_name"], document["mime_type"], document["file_size"]) == ("a.b.PNG", "image/png", len(data))
    assert await download(bot, document["file_id"]) == data


async def test_every_size_of_a_photo_can_be_downloaded(sim: Simulation, bot: RawBot) -> None:
    message = sim.send_photo(sim.private, sim.alice, picture(1, width=900, height=600))
    for size in message["photo"]:
        assert len(await download(bot, size["file_id"])) == size["file_size"]


async def test_the_same_photo_has_the_same_unique_ids_and_other_file_ids(sim: Simulation) -> None:
    first = sim.send_photo(sim.private, sim.alice, picture(1))["photo"]
    again = sim.send_photo(sim.group, sim.admin, picture(1))["photo"]
    other = sim.send_photo(sim.private, sim.alice, picture(3))["photo"]
    unique = [[size["file_unique_id"] for size in photo] for photo in (first, again, other)]
    assert unique[0] == unique[1]
    assert len({*unique[0], *unique[2]}) == len(first) + len(other)
    assert {size["file_id"] for size in first}.isdisjoint(size["file_id"] for size in again)


async def test_stickers_films_and_their_thumbnails(sim: Simulation, bot: RawBot) -> None:
    still = picture(1, width=400, height=200)
    alice, chat = sim.alice, sim.private
    sim.send_sticker(chat, alice, picture(1, "WEBP", width=512, height=300), thumbnail=still)
    sim.send_sticker(chat, alice, b"TGS", kind="animated", thumbnail=still)
    sim.send_sticker(chat, alice, b"WEBM", kind="video", thumbnail=still)
    sim.send_animation(chat, alice, b"GIF as MP4", thumbnail=still, caption="moving")
    sim.send_video(chat, alice, b"MP4", thumbnail=still)
    messages: list[dict[str, Any]] = [update["message"] for update in await bot.updates()]
    static, animated, video_sticker, animation, video = messages
    assert (static["sticker"]["width"], static["sticker"]["height"]) == (512, 300)
    assert (animated["sticker"]["is_animated"], animated["sticker"]["is_video"]) == (True, False)
    assert (video_sticker["sticker"]["is_animated"], video_sticker["sticker"]["is_video"]) == (False, True)
    assert animation["document"]["file_id"] == animation["animation"]["file_id"]
    for message, kind in zip(messages, ["sticker", "sticker", "sticker", "animation", "video"], strict=True):
        thumbnail = message[kind]["thumbnail"]
        assert (thumbnail["width"], thumbnail["height"]) == (320, 160)
        assert len(await download(bot, thumbnail["file_id"])) == thumbnail["file_size"]
    assert await download(bot, video["video"]["file_id"]) == b"MP4"


async def test_the_largest_file_that_bots_get(sim: Simulation, bot: RawBot) -> None:
    def sent(size: int) -> str:
        message = sim.send_document(sim.private, sim.alice, bytes(size), file_name="big", mime_type="image/bmp")
        file_id: str = message["document"]["file_id"]
        return file_id

    limit = 20 * 1024 * 1024
    assert (await bot.call("getFile", file_id=sent(limit)))["file_size"] == limit
    refusal = await bot.refusal("getFile", file_id=sent(limit + 1))
    assert (refusal.status, refusal.description) == (400, "Bad Request: file is too big")


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [({}, "file_id not specified"), ({"file_id": "x"}, "wrong file_id or the file is temporarily unavailable")],
)
async def test_files_that_are_not_there(bot: RawBot, parameters: dict[str, str], reason: str) -> None:
    assert (await bot.refusal("getFile", **parameters)).description == f"Bad Request: {reason}"


async def test_a_download_needs_the_token_and_the_path(bot: RawBot) -> None:
    for url, status in ((f"{bot.file_url}/photos/file_9.jpg", 404), (f"{bot.file_url}x/photos/file_0.jpg", 401)):
        async with bot.session.get(url) as response:
            assert response.status == status
