"""What is answered with labels, and what is left alone: private chats and groups, over the local Bot API server."""

from __future__ import annotations

import gzip
import itertools
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from telegram import Chat, Message, MessageEntity

from bot.domain.chat_settings import DEFAULT_SETTINGS
from bot.handlers.photo import first_url
from bot.transport.inbox import Inbox
from inference import ModelStore
from inference.catalog.install import install_file
from tests.support.animations import animation
from tests.support.client import Client, connected_client
from tests.support.pictures import picture
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")

HEADLINE = r"(^|\n)(.+: \d+%|Not sure\. Best guesses:)\n"
LABELS = re.compile(rf"{HEADLINE}(.+ [▰▱]{{5}} <?\d+%\n)*\nstarter · [\d,]+ ms$")


async def test_a_photo_is_answered_with_labels_right_below_it(client: Client) -> None:
    chat, person = client.newcomer()
    message = client.sim.send_photo(chat, person, picture(74))
    reply = await client.reply_to(message)
    assert LABELS.search(reply["text"])
    assert "reply_to_message" not in reply
    assert reply["text"].count("%") == DEFAULT_SETTINGS.top_k
    assert client.sim.replies(message) == [reply]
    assert [entity["type"] for entity in reply["entities"]].count("bold") == 1


async def test_typing_shows_before_the_photo_is_fetched_and_at_once(client: Client) -> None:
    chat, person = client.newcomer()
    calls = len(client.sim.calls)
    await client.reply_to(client.sim.send_photo(chat, person, picture(2)))
    methods = [call.method for call in client.sim.calls[calls:] if call.method != "getUpdates"]
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
async def test_an_image_sent_as_a_file_is_answered(client: Client, data: bytes, file_name: str, mime_type: str) -> None:
    chat, person = client.newcomer()
    message = client.sim.send_document(chat, person, data, file_name=file_name, mime_type=mime_type)
    assert LABELS.search(await client.text_after(message))


async def test_a_static_sticker_is_answered(client: Client) -> None:
    chat, person = client.newcomer()
    data = picture(30, "WEBP", width=512, height=512)
    assert LABELS.search(await client.text_after(client.sim.send_sticker(chat, person, data)))


async def test_of_what_moves_a_still_is_looked_at_and_the_reply_says_so(client: Client) -> None:
    chat, person = client.newcomer()
    sim = client.sim
    film = b"\x00\x00\x00\x18ftypmp42 a film"
    moving = [
        sim.send_animation(chat, person, film, thumbnail=picture(31)),
        sim.send_video(chat, person, film, thumbnail=picture(32)),
        sim.send_sticker(chat, person, gzip.compress(b"{}"), kind="animated", thumbnail=picture(33, "WEBP")),
        sim.send_sticker(chat, person, b"\x1aE\xdf\xa3 webm", kind="video", thumbnail=picture(34, "WEBP")),
        sim.send_document(chat, person, film, file_name="f.mp4", mime_type="video/mp4", thumbnail=picture(35)),
    ]
    for message in moving:
        text = await client.text_after(message)
        assert text.startswith("It's animated, so I looked at one frame.\n")
        assert LABELS.search(text)


async def test_several_frames_of_an_animated_image_are_looked_at_and_the_reply_says_so(client: Client) -> None:
    chat, person = client.newcomer()
    sim, colours = client.sim, ["red", "red", "green", "red"]
    moving = [
        sim.send_document(chat, person, animation("GIF", colours), file_name="a.gif", mime_type="image/gif"),
        sim.send_document(chat, person, animation("PNG", colours), file_name="a.png", mime_type="image/png"),
        sim.send_document(chat, person, animation("WEBP", colours), file_name="a.webp", mime_type="image/webp"),
        sim.send_animation(
            chat, person, animation("GIF", colours[1:]), file_name="b.gif", mime_type="image/gif", thumbnail=picture(36)
        ),
    ]
    for message in moving:
        text = await client.text_after(message)
        assert re.match(r"It's animated(\. In [1-3] of 3 frames I see:|, so I looked at 3 frames\.)\n", text), text
        assert LABELS.search(text)


async def test_what_moves_without_a_still_gets_a_kind_word(client: Client) -> None:
    chat, person = client.newcomer()
    message = client.sim.send_sticker(chat, person, gzip.compress(b"{}"), kind="animated")
    assert await client.text_after(message) == ENGLISH("answers-no-still")


async def test_a_file_that_is_no_image_gets_a_kind_word(client: Client) -> None:
    chat, person = client.newcomer()
    message = client.sim.send_document(chat, person, b"%PDF-1.7", file_name="a.pdf", mime_type="application/pdf")
    assert await client.text_after(message) == ENGLISH("answers-not-an-image-file")


async def test_the_bytes_decide_where_name_and_type_say_nothing(client: Client) -> None:
    chat, person = client.newcomer()
    send = partial(
        client.sim.send_document, chat, person, file_name="from the scanner", mime_type="application/octet-stream"
    )
    image = send(picture(36))
    assert LABELS.search(await client.text_after(image))
    other = send(b"a lab's own format")
    assert await client.text_after(other) == ENGLISH("failures-not-an-image")


@pytest.mark.parametrize("words", ["/label", "what is it?", "https://example.com/cat.jpg"])
async def test_a_text_that_replies_to_a_photo_of_another_chat_gets_its_labels(client: Client, words: str) -> None:
    sim = client.sim
    elsewhere, _ = client.newcomer()
    shown = sim.send_photo(elsewhere, sim.alice, picture(37))
    chat, person = client.newcomer()
    assert "%" in await client.text_after(sim.send_text(chat, person, words, reply_to=shown))


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        ({"paid_media": {"star_count": 5, "paid_media": [{"type": "preview", "width": 9}]}}, "answers-paid-media"),
        ({"story": {"id": 1, "chat": {"id": 5, "type": "private", "first_name": "Bo"}}}, "answers-story"),
    ],
)
async def test_what_telegram_hides_is_told(client: Client, content: dict[str, Any], answer: str) -> None:
    chat, person = client.newcomer()
    message = client.sim.store.post(chat, {"from": person.to_api()}, content)
    assert await client.text_after(message) == ENGLISH(answer)


async def test_a_live_photo_is_looked_at_as_a_photo(client: Client) -> None:
    chat, person = client.newcomer()
    still = client.sim.send_photo(client.newcomer()[0], client.sim.alice, picture(38))["photo"]
    film = {"file_id": "film", "file_unique_id": "film", "width": 90, "height": 60, "duration": 2}
    for content in ({"live_photo": film | {"photo": still}, "photo": still}, {"live_photo": film | {"photo": still}}):
        message = client.sim.store.post(chat, {"from": person.to_api()}, content)
        assert "%" in await client.text_after(message)


async def test_a_raw_file_without_a_preview_is_called_so(client: Client) -> None:
    chat, person = client.newcomer()
    raw = b"\0\0\0\x18ftypcrx " + bytes(64)
    message = client.sim.send_document(chat, person, raw, file_name="IMG_1.CR3", mime_type="image/x-canon-cr3")
    assert await client.text_after(message) == ENGLISH("failures-camera-raw")


async def test_captions_and_edits_trigger_nothing_more(client: Client) -> None:
    chat, person = client.newcomer()
    caption = "/label @labelbot_local_bot https://example.com/cat.jpg"
    message = client.sim.send_photo(chat, person, picture(43), caption=caption)
    await client.reply_to(message)
    client.sim.edit_caption(chat, message, "/label again")
    text = client.sim.send_text(chat, person, "hello")
    await client.reply_to(text)
    client.sim.edit_text(chat, text, "/start")
    client.sim.edit_text(chat, text, "https://example.com/cat.jpg")
    said = await client.said_in(chat)
    assert len(said) == 2
    assert said[1] == ENGLISH("commands-send-a-photo")


# Far from those that the local server gives.
UPDATE_IDS = itertools.count(1)


@pytest.mark.parametrize("kind", ["edited_message", "channel_post", "edited_channel_post", "business_message"])
async def test_only_new_messages_are_answered_whatever_updates_come(client: Client, kind: str) -> None:
    chat, person = client.newcomer()
    photo = client.sim.send_photo(chat, person, picture(44), caption=f"/label @{client.sim.bot.username}")
    text = client.sim.send_text(chat, person, "/start")
    said = await client.said_in(chat)
    inbox = client.bot.application.update_queue
    assert isinstance(inbox, Inbox)
    for message in (photo, text):
        await inbox.enqueue([{"update_id": next(UPDATE_IDS), kind: message}])
    assert await client.said_in(chat) == said


@pytest_asyncio.fixture(loop_scope="module")
async def site() -> AsyncIterator[str]:
    """The address of a web server on this machine, which has a photo."""

    async def serve(_: web.Request) -> web.Response:
        return web.Response(body=picture(80))

    app = web.Application()
    app.router.add_get("/cat.jpg", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
def reaching_this_machine(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the bot connect to private addresses, among which a test's web server has to be."""
    images = client.bot.application.bot_data["services"].labeller._images
    monkeypatch.setattr(images, "_download", partial(images._download, allow_private=True))


@pytest.mark.usefixtures("reaching_this_machine")
@pytest.mark.parametrize("text", ["{}/cat.jpg", "Grüße 🐈 see ({}/cat.jpg), and https://example.com/dog.jpg"])
async def test_the_first_address_in_a_text_is_looked_at(client: Client, site: str, text: str) -> None:
    chat, person = client.newcomer()
    message = client.sim.send_text(chat, person, text.format(site))
    reply = await client.reply_to(message)
    assert LABELS.search(reply["text"])
    assert client.sim.replies(message) == [reply]


@pytest.mark.usefixtures("reaching_this_machine")
async def test_an_address_without_an_image_gets_a_kind_word(client: Client, site: str) -> None:
    chat, person = client.newcomer()
    message = client.sim.send_text(chat, person, f"{site}/dog.jpg")
    assert await client.text_after(message) == ENGLISH("failures-download")


async def test_an_address_inside_the_network_is_refused_kindly(client: Client, site: str) -> None:
    chat, person = client.newcomer()
    message = client.sim.send_text(chat, person, f"what is {site}/cat.jpg ?")
    assert await client.text_after(message) == ENGLISH("failures-address-refused")


@pytest.mark.parametrize(
    ("text", "entities", "url"),
    [
        ("see example.com/cat.jpg", [MessageEntity(MessageEntity.URL, 4, 19)], "https://example.com/cat.jpg"),
        (
            "🐈 this or http://b.example",
            [
                MessageEntity(MessageEntity.URL, 11, 16),
                MessageEntity(MessageEntity.TEXT_LINK, 3, 4, url="http://a.example/cat.png"),
            ],
            "http://a.example/cat.png",
        ),
    ],
)
async def test_an_address_is_found_behind_words_and_without_its_scheme(
    text: str, entities: list[MessageEntity], url: str
) -> None:
    private = Chat(1, Chat.PRIVATE)
    assert first_url(Message(1, datetime.now(UTC), private, text=text, entities=entities)) == url


@pytest.mark.shared
async def test_a_real_model_knows_what_is_in_real_photos(shared: Path, tmp_path: Path) -> None:
    models, photos = shared / "models", shared / "images" / "photos"
    install_file(
        ModelStore(tmp_path),
        models / "mobilenet_v2_1.0_224_quant.tflite",
        labels=models / "imagenet_labels.txt",
        name="mobilenet",
    )
    async with connected_client(tmp_path, model="mobilenet") as client:
        sim = client.sim
        for name, label in (
            ("cat_720p.jpg", "cat"),
            ("parrot.jpg", "macaw"),
            ("hot_dog.jpg", "hot dog"),
            ("bird.bmp", "chickadee"),
        ):
            text = await client.text_after(sim.send_photo(sim.private, sim.alice, (photos / name).read_bytes()))
            assert label in text.split("\n")[0].lower(), text
            assert "\nmobilenet · " in text
