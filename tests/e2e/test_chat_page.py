"""The chat page in a real Chromium."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from PIL import ExifTags, Image
from playwright.async_api import Browser, ConsoleMessage, FilePayload, Page, ViewportSize, expect
from pydantic import SecretStr

from bot.app import LabelBot
from bot.config import Settings
from bot.localchat.page import add_page
from bot.localchat.server import LocalChatServer
from tests.support.chromium import find_chromium, launched

# One browser serves all tests; it belongs to the loop that started it.
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

PHONE = ViewportSize(width=375, height=812)


def jpeg(colour: str, width: int = 400, height: int = 300, *, orientation: int = 1) -> bytes:
    out, exif = io.BytesIO(), Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    Image.new("RGB", (width, height), colour).save(out, "JPEG", exif=exif)
    return out.getvalue()


def picture(colour: str, name: str | None = None) -> FilePayload:
    return FilePayload(name=name or f"{colour}.jpg", mimeType="image/jpeg", buffer=jpeg(colour))


def damaged(name: str) -> FilePayload:
    return FilePayload(name=name, mimeType="image/jpeg", buffer=b"just text")


def is_complaint(message: ConsoleMessage) -> bool:
    """An error on the console, but for the browser's note that the server refused a request."""
    return message.type == "error" and "/chat/api/" not in message.location["url"]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    executable = find_chromium()
    if executable is None:
        pytest.skip("needs a Chromium on this machine")
    async with launched(executable) as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def server() -> AsyncIterator[LocalChatServer]:
    server = LocalChatServer()
    add_page(server.app, server.simulation)
    async with server:
        yield server


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, server: LocalChatServer) -> AsyncIterator[Page]:
    """The page as Alice sees it first. Whatever its scripts or its policy complain about fails the test."""
    complaints: list[str] = []
    context = await browser.new_context()
    page = await context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if is_complaint(message) else None)
    await page.goto(f"{server.api_url}/")
    await expect(page.get_by_role("heading", name="Labelbot", exact=True).first).to_be_visible()
    yield page
    await context.close()
    assert complaints == []


@pytest_asyncio.fixture(loop_scope="module")
async def bot(server: LocalChatServer, tmp_path: Path) -> AsyncIterator[LabelBot]:
    settings = Settings(
        token=SecretStr(server.token),
        token_file=None,
        api_url=server.api_url,
        home=tmp_path,
        model="starter",
        workers=1,
    )
    async with LabelBot(settings) as bot:
        yield bot


async def as_bot(server: LocalChatServer, method: str, **parameters: Any) -> Any:
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{server.api_url}/bot{server.token}/{method}", json=parameters) as response,
    ):
        answer = await response.json()
        assert answer["ok"], answer
        return answer["result"]


# With the real bot


@pytest.mark.usefixtures("bot")
async def test_an_uploaded_photo_is_answered_with_labels(page: Page, server: LocalChatServer) -> None:
    await page.locator("#files").set_input_files(picture("teal"))
    await page.get_by_label("Message", exact=True).press("Enter")
    reply = page.locator(".message:not(.mine)")
    await expect(reply.locator(".text")).to_contain_text(re.compile(r"[▰▱]{5} \d+%"))
    await expect(reply.locator(".text strong")).to_have_count(1)
    _, answer = server.simulation.messages(server.simulation.private)
    assert (await reply.locator(".text").inner_text()).startswith(answer["text"].splitlines()[0])
    await expect(reply.get_by_role("button", name="In reply to Alice Photo")).to_have_count(0)


@pytest.mark.usefixtures("bot")
async def test_the_quote_of_an_answer_leads_to_its_photo(page: Page, server: LocalChatServer) -> None:
    sim = server.simulation
    photo = sim.send_photo(sim.private, sim.alice, picture("teal")["buffer"])
    await sim.wait_for_reply(photo)
    sim.send_text(sim.private, sim.alice, "/label", reply_to=photo)
    quote = page.locator(".message:not(.mine)").get_by_role("button", name="In reply to Alice Photo")
    await quote.click()
    await expect(page.locator(f"#message-{photo['message_id']}")).to_be_focused()


@pytest.mark.usefixtures("bot")
async def test_label_as_a_reply_works_in_the_group(page: Page, server: LocalChatServer) -> None:
    sim = server.simulation
    admin = sim.admin.first_name
    await page.get_by_role("button", name="Photo club").press("Enter")
    await expect(page.get_by_role("button", name="Photo club")).to_be_focused()
    await page.get_by_role("radio", name=f"{admin}, admin").check()
    await page.locator("#files").set_input_files(picture("teal"))
    await page.get_by_role("button", name="Send", exact=True).click()
    await page.get_by_role("radio", name="Alice, member").check()
    await page.locator(".message").hover()
    await page.get_by_role("button", name=re.compile("^Reply to .*: Photo$")).click()
    await page.get_by_label("Message", exact=True).fill("/label")
    await page.get_by_label("Message", exact=True).press("Enter")
    await expect(page.locator(".message .text strong")).to_be_visible()
    photo, command, answer = sim.messages(sim.group)
    assert photo["from"]["id"] == sim.admin.id
    assert command["from"]["id"] == sim.alice.id
    assert answer["reply_to_message"]["message_id"] == photo["message_id"]


@pytest.mark.usefixtures("bot")
async def test_the_menu_of_commands_works_from_the_keyboard(page: Page, server: LocalChatServer) -> None:
    text = page.get_by_label("Message", exact=True)
    await text.press("/")
    await expect(page.get_by_role("button", name="/privacy")).to_be_visible()
    await text.press("m")
    await expect(page.locator("#commands button")).to_have_count(1)
    await text.press("ArrowUp")
    await page.keyboard.press("Enter")
    await expect(page.locator(".message:not(.mine) .text")).to_contain_text("I'm using the model starter here")
    assert server.simulation.messages(server.simulation.private)[0]["text"] == "/model"


# What the page shows


async def test_a_pressed_button_is_answered(page: Page, server: LocalChatServer) -> None:
    keyboard = {
        "inline_keyboard": [[{"text": "First", "callback_data": "1"}, {"text": "Second", "callback_data": "2"}]]
    }
    chat_id = server.simulation.private.id
    message = await as_bot(server, "sendMessage", chat_id=chat_id, text="Which?", reply_markup=keyboard)
    await page.get_by_role("button", name="Second").press("Enter")
    (update,) = await as_bot(server, "getUpdates", timeout=10)
    query = update["callback_query"]
    assert query["data"] == "2"
    await as_bot(server, "answerCallbackQuery", callback_query_id=query["id"], text="Noted", show_alert=True)
    await expect(page.get_by_role("dialog")).to_contain_text("Noted")
    await page.get_by_role("button", name="OK").press("Enter")
    edit = {"chat_id": chat_id, "message_id": message["message_id"]}
    await as_bot(server, "editMessageText", **edit, text="Really?", reply_markup=keyboard)
    await expect(page.locator(".message")).to_contain_text("Really?")
    await expect(page.get_by_role("button", name="Second")).to_be_focused()
    await as_bot(server, "editMessageText", **edit, text="The second.")
    await expect(page.locator(".message")).to_have_count(1)
    await expect(page.locator(".message")).to_be_focused()
    await expect(page.locator(".message")).to_contain_text("The second.edited")
    await expect(page.locator(".keyboard")).to_have_count(0)


async def test_a_person_reacts_to_an_answer_and_takes_it_back(page: Page, server: LocalChatServer) -> None:
    await as_bot(server, "sendMessage", chat_id=server.simulation.private.id, text="A cat: 98%")
    thumb = page.get_by_role("button", name="React with 👍 to Labelbot: A cat: 98%")
    await thumb.focus()
    await thumb.press("Enter")
    await expect(page.locator(".reactions")).to_have_text("👍")
    await expect(thumb).to_be_focused()
    await page.get_by_role("button", name="React with 👎 to Labelbot: A cat: 98%").click()
    await expect(page.locator(".reactions")).to_have_text("👎")
    await page.get_by_role("button", name="React with 👎 to Labelbot: A cat: 98%").click()
    await expect(page.locator(".reactions")).to_have_count(0)


async def test_what_happens_to_a_message_shows_at_once(page: Page, server: LocalChatServer) -> None:
    sim = server.simulation
    message = sim.send_text(sim.private, sim.alice, "first")
    place = {"chat_id": sim.private.id, "message_id": message["message_id"]}
    await expect(page.locator(".message.mine .text")).to_contain_text("first")
    await as_bot(server, "sendChatAction", chat_id=sim.private.id, action="typing")
    await expect(page.locator("#typing")).to_be_visible()
    await as_bot(server, "setMessageReaction", **place, reaction=[{"type": "emoji", "emoji": "👀"}])
    await expect(page.locator(".reactions")).to_have_text("👀")
    await as_bot(server, "sendMessage", chat_id=sim.private.id, text="done")
    await expect(page.locator("#typing")).to_be_hidden()
    sim.edit_text(sim.private, message, "second")
    await expect(page.locator(".message.mine .text")).to_contain_text("second")
    await expect(page.locator(".reactions")).to_have_text("👀")
    sim.delete(sim.private, message)
    await expect(page.locator(".message.mine")).to_have_count(0)


async def test_what_people_write_is_never_markup(page: Page, server: LocalChatServer) -> None:
    sim = server.simulation
    hostile = "<img src=x onerror=\"document.title='taken'\"><b>bold</b>"
    sim.send_text(sim.private, sim.alice, hostile)
    photo = sim.send_photo(sim.private, sim.alice, picture("teal")["buffer"], caption=hostile)
    # No method of the Bot API lets this address through; the page does not rely on it.
    address = {"type": "text_link", "offset": 0, "length": 4, "url": "javascript:document.title='taken'"}
    sim.store.post(sim.private, {"from": sim.bot.to_api()}, {"text": "link", "entities": [address]})
    text = "&lt;b&gt;<b>a<i>b</i></b> &lt;script&gt;"
    reply = {"message_id": photo["message_id"]}
    await as_bot(server, "sendMessage", chat_id=sim.private.id, text=text, parse_mode="HTML", reply_parameters=reply)
    last = page.locator(".message").nth(3)
    await expect(last.locator("strong em")).to_have_text("b")
    await expect(page.locator(".message .text").first).to_contain_text(hostile)
    assert await page.locator(".text img, .text script, .quote script, a[href^=javascript]").count() == 0
    assert await page.title() == "Labelbot"


async def test_a_refusal_is_shown_and_the_draft_stays(page: Page, server: LocalChatServer) -> None:
    text, fault = page.get_by_label("Message", exact=True), page.get_by_role("alert")
    await page.locator("#files").set_input_files(damaged("notes.jpg"))
    # By their words, wherever these lead: something unseen could lie on them.
    await page.get_by_text("File", exact=True).click(force=True)
    await page.get_by_text("Photo", exact=True).click(force=True)
    await text.fill("look")
    await text.press("Enter")
    await expect(fault).to_contain_text("notes.jpg can't be sent as a photo")
    await expect(text).to_have_value("look")
    below, above = await page.locator("#messages").bounding_box(), await fault.bounding_box()
    assert above is not None
    assert below is not None
    assert above["y"] + above["height"] <= below["y"]
    await page.get_by_text("File", exact=True).click(force=True)
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.locator(".message .document")).to_contain_text("notes.jpg")
    await expect(page.locator(".message .document .icon")).to_be_visible()  # instead of an image that is broken
    await expect(fault).to_be_empty()
    assert server.simulation.messages(server.simulation.private)[0]["caption"] == "look"


async def test_a_photo_too_large_for_telegram_is_shrunk(page: Page, server: LocalChatServer, tmp_path: Path) -> None:
    many_bytes, many_pixels, no_photo = (tmp_path / name for name in ("a.jpg", "b.jpg", "c.heic"))
    many_bytes.write_bytes(jpeg("teal") + bytes(20 * 1024 * 1024))
    many_pixels.write_bytes(jpeg("teal", 9000, 1800, orientation=6))
    no_photo.write_bytes(bytes(20 * 1024 * 1024 + 1))
    await page.locator("#files").set_input_files([many_bytes, many_pixels, no_photo])
    await expect(page.get_by_role("alert")).to_contain_text("c.heic is larger than 20 MB")
    await page.get_by_label("Message", exact=True).press("Enter")
    await expect(page.locator(".album figure")).to_have_count(2)
    messages = server.simulation.messages(server.simulation.private)
    sizes = [(message["photo"][-1]["width"], message["photo"][-1]["height"]) for message in messages]
    assert sizes == [(400, 300), (512, 2560)]


async def test_more_than_ten_photos_become_albums(page: Page, server: LocalChatServer) -> None:
    photos = [picture("teal", f"{i}.jpg") for i in range(12)]
    await page.locator("#files").set_input_files(photos)
    await page.get_by_role("button", name="Clear all").click()
    await expect(page.locator("#tray")).to_be_hidden()
    await page.locator("#files").set_input_files([*photos[:11], damaged("notes.jpg")])
    await page.get_by_label("Message", exact=True).fill("eleven")
    await page.get_by_label("Message", exact=True).press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("notes.jpg")
    await expect(page.locator("#attachments li")).to_have_count(2)  # what was not sent
    await page.get_by_role("button", name="Remove notes.jpg").press("Enter")
    await expect(page.get_by_role("button", name="Remove 10.jpg")).to_be_focused()
    await page.get_by_label("Message", exact=True).press("Enter")
    await expect(page.locator(".message")).to_have_count(2)
    messages = server.simulation.messages(server.simulation.private)
    assert len({message["media_group_id"] for message in messages[:10]}) == 1
    assert "media_group_id" not in messages[10]
    assert [message.get("caption") for message in messages] == ["eleven"] + [None] * 10


async def test_photos_dropped_together_become_one_album(page: Page, server: LocalChatServer) -> None:
    drop = """(names) => {
        const data = new DataTransfer();
        return Promise.all(names.map(async (name) => {
            const canvas = new OffscreenCanvas(300, 200);
            canvas.getContext("2d").fillRect(0, 0, 100, 100);
            data.items.add(new File([await canvas.convertToBlob()], name, { type: "image/png" }));
        })).then(() => document.dispatchEvent(new DragEvent("drop", { dataTransfer: data, cancelable: true })));
    }"""
    await page.evaluate(drop, ["1.png", "2.png", "3.png"])
    await expect(page.locator("#attachments li")).to_have_count(3)
    await page.get_by_role("button", name="Remove 2.png").click()
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.locator(".album figure")).to_have_count(2)
    await expect(page.locator(".message")).to_have_count(1)
    assert len(server.simulation.messages(server.simulation.private)) == 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_phone_shows_everything_within_its_width(page: Page, server: LocalChatServer, scheme: Any) -> None:
    sim = server.simulation
    await page.set_viewport_size(PHONE)
    await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    sim.send_photo(sim.private, sim.alice, picture("teal")["buffer"], caption="word" * 100)
    sim.send_document(
        sim.private, sim.alice, b"x", file_name="a-very-long-name-of-a-file" * 4 + ".txt", mime_type="text/plain"
    )
    await expect(page.locator(".message")).to_have_count(2)
    await as_bot(server, "sendChatAction", chat_id=sim.private.id, action="typing")
    await expect(page.locator("#typing")).to_be_visible()
    assert await page.evaluate("document.getAnimations().length") == 0
    assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert await page.locator("#messages").evaluate("list => list.scrollWidth - list.clientWidth") == 0
    for name in ("Attach photos", "Commands", "Send"):
        await expect(page.get_by_role("button", name=name, exact=True)).to_be_in_viewport(ratio=1)


# Edits and spoilers


async def test_an_edit_replaces_the_photo_of_a_message(page: Page, server: LocalChatServer) -> None:
    sim = server.simulation
    sim.send_photo(sim.private, sim.alice, jpeg("teal"), caption="before")
    await page.get_by_role("button", name="Edit: before").click()
    await expect(page.get_by_label("Message", exact=True)).to_have_value("before")
    await page.get_by_label("Message", exact=True).fill("after")
    await page.locator("#files").set_input_files(picture("red"))
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.locator(".message.mine .text")).to_contain_text("after")
    await expect(page.locator(".message.mine .meta")).to_contain_text("edited")
    await expect(page.locator("#reply-bar")).to_be_hidden()
    assert len(sim.messages(sim.private)) == 1


async def test_an_edit_is_left_with_escape(page: Page, server: LocalChatServer) -> None:
    sim = server.simulation
    sim.send_text(sim.private, sim.alice, "before")
    await page.get_by_role("button", name="Edit: before").press("Enter")
    await page.get_by_label("Message", exact=True).press("Escape")
    await expect(page.get_by_label("Message", exact=True)).to_have_value("")
    await expect(page.locator("#reply-bar")).to_be_hidden()
    await page.get_by_label("Message", exact=True).fill("another")
    await page.get_by_label("Message", exact=True).press("Enter")
    await expect(page.locator(".message.mine")).to_have_count(2)


async def test_a_photo_under_a_spoiler_is_hidden_until_a_click(page: Page, server: LocalChatServer) -> None:
    await page.locator("#files").set_input_files(picture("teal"))
    await page.get_by_role("checkbox", name="Spoiler").check()
    await page.get_by_role("button", name="Send", exact=True).click()
    await page.get_by_role("button", name="Hidden photo: show it").click()
    photo = page.get_by_role("button", name="Photo from Alice")
    await expect(photo).to_be_visible()
    await photo.click()
    await expect(page.get_by_role("dialog", name="Photo")).to_be_visible()
    assert server.simulation.messages(server.simulation.private)[0]["has_media_spoiler"]
