"""What is answered with labels, and what is left alone: private chats and groups, over the local Bot API server."""

from __future__ import annotations

import gzip
import re
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from bot import replies
from inference import errors
from tests.support.conversation import Conversation
from tests.support.pictures import picture

pytestmark = pytest.mark.asyncio(loop_scope="module")

LABELS = re.compile(r"(^|\n)([▰▱]{10} +\d+\.\d% .+\n)+\nstarter · \d+ ms$")


async def test_a_photo_is_answered_with_labels_that_quote_it(talk: Conversation) -> None:
    chat, person = talk.newcomer()
    message = talk.world.send_photo(chat, person, picture(1))
    reply = await talk.reply_to(message)
    assert LABELS.search(reply["text"])
    assert reply["text"].count("%") == replies.DEFAULT_TOP
    assert reply["reply_to_message"]["message_id"] == message["message_id"]
    assert [entity["type"] for entity in reply["entities"]].count("bold") == 1


async def test_typing_shows_before_the_photo_is_fetched_and_at_once(talk: Conversation) -> None:
    chat, person = talk.newcomer()
    calls = len(talk.world.calls)
    await talk.reply_to(talk.world.send_photo(chat, person, picture(2)))
    methods = [call.method for call in talk.world.calls[calls:] if call.method != "getUpdates"]
    assert methods[0] == "sendChatAction"
    assert methods[-1] == "sendMessage"


@pytest.mark.parametrize(
    ("data", "file_name", "mime_type"),
    [
        (picture(10, "JPEG"), "a.jpg", "image/jpeg"),
        (picture(11, "PNG"), "a.png", "image/png"),
        (picture(12, "WEBP"), "a.webp", "image/webp"),
        (picture(13, "GIF"), "a.gif", "image/gif"),
        (picture(14, "BMP"), "a.bmp", "image/bmp"),
        (picture(15, "TIFF"), "a.tiff", "image/tiff"),
        (picture(16, "HEIF"), "a.heic", "application/octet-stream"),
        (picture(17, "AVIF"), "a.avif", "image/avif"),
        (picture(18, "PNG", mode="RGBA"), "alpha.png", "image/png"),
        (picture(19, "PNG", mode="I;16"), "deep.png", "image/png"),
        (picture(20, "PNG", mode="P"), "palette.png", "image/png"),
        (picture(21, "JPEG", mode="CMYK"), "print.jpg", "image/jpeg"),
        (picture(22, "JPEG", mode="L"), "grey.jpg", "image/jpeg"),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else "",
)
async def test_an_image_sent_as_a_file_is_answered(
    talk: Conversation, data: bytes, file_name: str, mime_type: str
) -> None:
    chat, person = talk.newcomer()
    message = talk.world.send_document(chat, person, data, file_name=file_name, mime_type=mime_type)
    assert LABELS.search(await talk.text_after(message))


async def test_a_static_sticker_is_answered(talk: Conversation) -> None:
    chat, person = talk.newcomer()
    data = picture(30, "WEBP", width=512, height=512)
    assert LABELS.search(await talk.text_after(talk.world.send_sticker(chat, person, data)))


async def test_of_what_moves_a_still_is_looked_at_and_the_reply_says_so(talk: Conversation) -> None:
    chat, person = talk.newcomer()
    world = talk.world
    film = b"\x00\x00\x00\x18ftypmp42 a film"
    moving = [
        world.send_animation(chat, person, film, thumbnail=picture(31)),
        world.send_video(chat, person, film, thumbnail=picture(32)),
        world.send_sticker(chat, person, gzip.compress(b"{}"), kind="animated", thumbnail=picture(33, "WEBP")),
        world.send_sticker(chat, person, b"\x1aE\xdf\xa3 webm", kind="video", thumbnail=picture(34, "WEBP")),
        world.send_document(chat, person, film, file_name="f.mp4", mime_type="video/mp4", thumbnail=picture(35)),
    ]
    for message in moving:
        text = await talk.text_after(message)
        assert text.startswith("It moves, so I looked at one still.\n")
        assert LABELS.search(text)


async def test_what_moves_without_a_still_gets_a_kind_word(talk: Conversation) -> None:
    chat, person = talk.newcomer()
    message = talk.world.send_sticker(chat, person, gzip.compress(b"{}"), kind="animated")
    assert await talk.text_after(message) == replies.NO_STILL


async def test_a_file_that_is_no_image_gets_a_kind_word(talk: Conversation) -> None:
    chat, person = talk.newcomer()
    message = talk.world.send_document(chat, person, b"%PDF-1.7", file_name="a.pdf", mime_type="application/pdf")
    assert await talk.text_after(message) == replies.NOT_AN_IMAGE_FILE


async def test_each_photo_of_an_album_is_answered(talk: Conversation) -> None:
    chat, person = talk.newcomer()
    for message in talk.world.send_album(chat, person, [picture(40), picture(41), picture(42)], caption="Look"):
        assert LABELS.search(await talk.text_after(message))


async def test_captions_and_edits_trigger_nothing_more(talk: Conversation) -> None:
    chat, person = talk.newcomer()
    caption = "/label @labelbot_local_bot https://example.com/cat.jpg"
    message = talk.world.send_photo(chat, person, picture(43), caption=caption)
    await talk.reply_to(message)
    talk.world.edit_caption(chat, message, "/label again")
    text = talk.world.send_text(chat, person, "hello")
    await talk.reply_to(text)
    talk.world.edit_text(chat, text, "/start")
    talk.world.edit_text(chat, text, "https://example.com/cat.jpg")
    said = await talk.said_in(chat)
    assert len(said) == 2
    assert said[1] == replies.SEND_A_PHOTO


@pytest.fixture
async def image_url(unused_tcp_port: int) -> AsyncIterator[str]:
    """The address of a photo on this machine, which is none that a bot may connect to."""

    async def serve(_: web.Request) -> web.Response:
        raise AssertionError("a private address was connected to")

    app = web.Application()
    app.router.add_get("/cat.jpg", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", unused_tcp_port).start()
    yield f"http://127.0.0.1:{unused_tcp_port}/cat.jpg"
    await runner.cleanup()


async def test_an_address_inside_the_network_is_refused_kindly(talk: Conversation, image_url: str) -> None:
    chat, person = talk.newcomer()
    message = talk.world.send_text(chat, person, f"what is {image_url} ?")
    assert await talk.text_after(message) == replies.FAILURES[errors.AddressRefused]
