"""The chat page's endpoints, over HTTP as a browser speaks it."""

from __future__ import annotations

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import FormData
from PIL import Image

from bot.localchat.methods.files import MAX_DOWNLOAD_BYTES
from bot.localchat.page import PAGE_FOLDER, add_page
from bot.localchat.server import LocalChatServer
from bot.localchat.simulation import Simulation

# No request and no event here takes longer than a moment; this only ends a test that would hang.
GUARD_S = 10


def jpeg(colour: str, width: int = 400, height: int = 300) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "JPEG")
    return out.getvalue()


class Browser:
    """Speaks to a page's endpoints, and as the bot to the Bot API of the same server."""

    def __init__(self, server: LocalChatServer, http: aiohttp.ClientSession) -> None:
        self.sim: Simulation = server.simulation
        self.url = f"{server.api_url}/chat"
        self.http = http
        self._api = f"{server.api_url}/bot{server.token}"

    async def send(
        self, chat_id: int, user_id: int, text: str = "", files: dict[str, bytes] | None = None, **fields: str
    ) -> tuple[int, str]:
        return await self.send_form({"chat_id": str(chat_id), "user_id": str(user_id), "text": text} | fields, files)

    async def send_form(self, fields: dict[str, str], files: dict[str, bytes] | None = None) -> tuple[int, str]:
        form = FormData(default_to_multipart=True)
        for name, value in fields.items():
            form.add_field(name, value)
        for name, data in (files or {}).items():
            form.add_field("file", io.BytesIO(data), filename=name, content_type="image/jpeg")
        return await self.post("/api/messages", data=form)

    async def post(self, path: str, **options: Any) -> tuple[int, str]:
        async with self.http.post(self.url + path, **options) as response:
            return response.status, await response.text()

    async def get(self, path: str, **options: Any) -> tuple[int, str]:
        async with self.http.get(self.url + path, **options) as response:
            return response.status, await response.text()

    async def call(self, method: str, **parameters: Any) -> Any:
        async with self.http.post(f"{self._api}/{method}", json=parameters) as response:
            answer = await response.json()
            assert answer["ok"], answer
            return answer["result"]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    server = LocalChatServer()
    add_page(server.app, server.simulation)
    timeout = aiohttp.ClientTimeout(total=GUARD_S)
    async with server, aiohttp.ClientSession(timeout=timeout) as http:
        yield Browser(server, http)


async def events(browser: Browser, count: int) -> AsyncIterator[dict[str, Any]]:
    """The first events of a stream; it is closed after the last."""
    async with browser.http.get(f"{browser.url}/api/events") as response:
        assert response.content_type == "text/event-stream"
        for _ in range(count):
            line = await response.content.readline()
            assert line.startswith(b"data: ")
            assert await response.content.readline() == b"\n"
            yield json.loads(line.removeprefix(b"data: "))


# What is served


async def test_the_root_leads_to_the_page(browser: Browser) -> None:
    async with browser.http.get(browser.url.removesuffix("/chat")) as response:
        assert response.url.path == "/chat/"
        assert response.content_type == "text/html"
        policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


async def test_everything_that_the_page_names_is_served_from_here(browser: Browser) -> None:
    _, html = await browser.get("/")
    named = set(re.findall(r'(?:src|href)="(/[^"]+)"', html))
    for script in PAGE_FOLDER.glob("*.js"):
        named |= {f"/chat/{name}" for name in re.findall(r'from "\./([\w.]+)"', script.read_text())}
    assert named == {f"/chat/{path.name}" for path in PAGE_FOLDER.iterdir()} - {"/chat/index.html"}
    for path in named:
        assert (await browser.get(path.removeprefix("/chat")))[0] == 200
    sources = "".join(path.read_text() for path in PAGE_FOLDER.iterdir())
    assert set(re.findall(r"https?://[\w.]+", sources)) == {"http://www.w3.org"}


# Who may ask


@pytest.mark.parametrize("host", ["attacker.example:{port}", "192.168.1.7:{port}", "127.0.0.1.attacker.example"])
async def test_a_name_that_is_not_this_machine_s_is_refused(browser: Browser, host: str) -> None:
    headers = {"Host": host.format(port=browser.url.rpartition(":")[2].partition("/")[0])}
    for path in ("/", "/chat.js", "/api/commands?chat_id=1&user_id=1", "/api/events"):
        assert (await browser.get(path, headers=headers))[0] == 403


async def test_localhost_is_this_machine(browser: Browser) -> None:
    status, _ = await browser.get("/", headers={"Host": "localhost:1234"})
    assert status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://attacker.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_another_site_s_page_cannot_write(browser: Browser, headers: dict[str, str]) -> None:
    sim = browser.sim
    form = FormData({"chat_id": str(sim.private.id), "user_id": str(sim.alice.id), "text": "/model"})
    status, _ = await browser.post("/api/messages", data=form(), headers=headers)
    assert status == 403
    assert sim.messages(sim.private) == []


# What people send


async def test_a_text_reaches_the_chat_and_the_bot(browser: Browser) -> None:
    sim = browser.sim
    assert (await browser.send(sim.private.id, sim.alice.id, "/help me"))[0] == 200
    (message,) = sim.messages(sim.private)
    assert message["text"] == "/help me"
    (update,) = await browser.call("getUpdates", timeout=GUARD_S)
    assert update["message"] == message


async def test_one_photo_is_a_photo_with_its_caption(browser: Browser) -> None:
    sim = browser.sim
    await browser.send(sim.group.id, sim.admin.id, "look", {"red.jpg": jpeg("red")})
    (message,) = sim.messages(sim.group)
    assert message["photo"][-1]["width"] == 400
    assert message["caption"] == "look"
    assert message["from"]["id"] == sim.admin.id
    assert "media_group_id" not in message


async def test_several_photos_are_one_album_with_one_caption(browser: Browser) -> None:
    sim = browser.sim
    photos = {"1.jpg": jpeg("red"), "2.jpg": jpeg("green"), "3.jpg": jpeg("blue")}
    await browser.send(sim.private.id, sim.alice.id, "three", photos)
    messages = sim.messages(sim.private)
    assert [message.get("caption") for message in messages] == ["three", None, None]
    assert len({message["media_group_id"] for message in messages}) == 1


async def test_photos_sent_as_files_keep_their_bytes(browser: Browser) -> None:
    sim = browser.sim
    data = jpeg("red")
    await browser.send(sim.private.id, sim.alice.id, "", {"red.jpg": data}, as_file="true")
    (message,) = sim.messages(sim.private)
    assert message["document"]["file_name"] == "red.jpg"
    assert message["document"]["mime_type"] == "image/jpeg"
    assert message["document"]["file_size"] == len(data)


async def test_files_sent_together_are_one_album(browser: Browser) -> None:
    sim = browser.sim
    files = {"1.jpg": jpeg("red"), "2.jpg": jpeg("green")}
    await browser.send(sim.private.id, sim.alice.id, "two", files, as_file="true")
    messages = sim.messages(sim.private)
    assert [message["document"]["file_name"] for message in messages] == ["1.jpg", "2.jpg"]
    assert [message.get("caption") for message in messages] == ["two", None]
    assert len({message["media_group_id"] for message in messages}) == 1


async def test_a_reply_quotes_the_message(browser: Browser) -> None:
    sim = browser.sim
    photo = sim.send_photo(sim.group, sim.admin, jpeg("red"))
    await browser.send(sim.group.id, sim.alice.id, "/label", reply_to=str(photo["message_id"]))
    assert sim.messages(sim.group)[-1]["reply_to_message"]["message_id"] == photo["message_id"]


async def test_a_private_chat_begins_with_the_first_message(browser: Browser) -> None:
    sim = browser.sim
    assert (await browser.send(sim.admin.id, sim.admin.id, "hello"))[0] == 200
    (update,) = await browser.call("getUpdates", timeout=GUARD_S)
    assert update["message"]["chat"]["id"] == sim.admin.id
    assert update["message"]["chat"]["type"] == "private"


# What is refused


async def test_a_file_over_20_mb_is_refused_and_nothing_is_sent(browser: Browser) -> None:
    sim = browser.sim
    largest, larger = bytes(MAX_DOWNLOAD_BYTES), bytes(MAX_DOWNLOAD_BYTES + 1)
    files = {"largest.bin": largest, "larger.bin": larger}
    status, text = await browser.send(sim.private.id, sim.alice.id, "", files, as_file="true")
    assert (status, text) == (400, "larger.bin is larger than 20 MB, the limit for bots.")
    assert sim.messages(sim.private) == []
    assert (await browser.send(sim.private.id, sim.alice.id, "", {"a": largest}, as_file="true"))[0] == 200


async def test_what_is_no_photo_is_refused_with_its_name_and_nothing_is_sent(browser: Browser) -> None:
    sim = browser.sim
    files = {"red.jpg": jpeg("red"), "notes.jpg": b"just text"}
    status, text = await browser.send(sim.private.id, sim.alice.id, "", files)
    assert status == 400
    assert text == (
        "notes.jpg can't be sent as a photo: it is damaged, or not an image. Send it as a file, or remove it."
    )
    assert sim.messages(sim.private) == []


async def test_an_album_holds_ten(browser: Browser) -> None:
    sim = browser.sim
    photos = {f"{i}.jpg": jpeg("red", 10 + i) for i in range(11)}
    status, text = await browser.send(sim.private.id, sim.alice.id, "", photos)
    assert (status, text) == (400, "An album can have at most 10 photos or files.")


async def test_a_long_and_narrow_photo_is_refused_as_such(browser: Browser) -> None:
    sim = browser.sim
    status, text = await browser.send(sim.private.id, sim.alice.id, "", {"rope.jpg": jpeg("red", 2100, 100)})
    assert status == 400
    assert text.startswith("rope.jpg can't be sent as a photo: it is too large, or too long and narrow.")


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"text": "  "}, "There's nothing to send."),
        ({"text": "x" * 4097}, "A message can have 4096 characters."),
        ({"user_id": "1", "text": "x"}, "There's no such person."),
        ({"chat_id": "1", "text": "x"}, "Alice isn't in that chat."),
        ({"chat_id": "one", "text": "x"}, "Expected a number as chat_id."),
    ],
)
async def test_a_refusal_says_why(browser: Browser, fields: dict[str, str], refusal: str) -> None:
    sim = browser.sim
    usual = {"chat_id": str(sim.private.id), "user_id": str(sim.alice.id)}
    assert await browser.send_form(usual | fields) == (400, refusal)


async def test_nobody_writes_in_a_chat_that_they_are_not_in(browser: Browser) -> None:
    sim = browser.sim
    board = sim.add_group("Board", creator=sim.admin)
    for chat_id in (board.id, sim.admin.id):
        status, text = await browser.send(chat_id, sim.alice.id, "hello")
        assert (status, text) == (400, "Alice isn't in that chat.")
    assert sim.messages(board) == []


# What people see


async def test_the_stream_opens_with_all_that_is_there(browser: Browser) -> None:
    sim = browser.sim
    message = sim.send_text(sim.group, sim.admin, "hello")
    async for snapshot in events(browser, 1):
        assert snapshot["kind"] == "snapshot"
        assert [(person["first_name"], person["role"]) for person in snapshot["people"]] == [
            (sim.alice.first_name, "member"),
            (sim.admin.first_name, "admin"),
        ]
        chats = {chat["id"]: chat for chat in snapshot["chats"]}
        assert chats[sim.group.id]["messages"] == [message]
        assert chats[sim.group.id]["members"] == [sim.alice.id, sim.admin.id]
        assert chats[sim.admin.id]["messages"] == []


async def test_the_stream_goes_on_with_what_happens(browser: Browser) -> None:
    sim = browser.sim
    seen = []
    async with asyncio.timeout(GUARD_S):
        async for event in events(browser, 6):
            seen.append(event["kind"])
            if event["kind"] == "snapshot":
                message = sim.send_text(sim.private, sim.alice, "hello")
                chat_id, message_id = sim.private.id, message["message_id"]
                await browser.call("sendChatAction", chat_id=chat_id, action="typing")
                reaction = [{"type": "emoji", "emoji": "👀"}]
                await browser.call("setMessageReaction", chat_id=chat_id, message_id=message_id, reaction=reaction)
                sim.edit_text(sim.private, message, "goodbye")
                sim.delete(sim.private, message)
            else:
                assert event["chat_id"] == sim.private.id
            if event["kind"] == "reaction":
                assert event["data"] == {"message_id": message_id, "reaction": ["👀"]}
            if event["kind"] == "edited":
                assert event["data"]["text"] == "goodbye"
    assert seen == ["snapshot", "message", "chat_action", "reaction", "edited", "deleted"]


async def test_photos_are_shown_and_everything_else_is_only_saved(browser: Browser) -> None:
    sim = browser.sim
    photo = sim.send_photo(sim.private, sim.alice, jpeg("red"))["photo"][-1]
    page = b"<script>alert(1)</script>"
    hostile = sim.send_document(sim.private, sim.alice, page, file_name="a.html", mime_type="text/html")
    async with browser.http.get(f"{browser.url}/api/files/{photo['file_id']}") as response:
        assert response.content_type == "image/jpeg"
        assert len(await response.read()) == photo["file_size"]
    async with browser.http.get(f"{browser.url}/api/files/{hostile['document']['file_id']}") as response:
        assert response.content_type == "application/octet-stream"
        assert response.headers["Content-Disposition"] == "attachment"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert await response.read() == page
    assert (await browser.get("/api/files/none"))[0] == 404


async def test_the_menu_is_the_one_of_the_chat(browser: Browser) -> None:
    sim = browser.sim
    for scope, name in (("all_private_chats", "help"), ("all_group_chats", "label")):
        commands = [{"command": name, "description": f"The {name} command"}]
        await browser.call("setMyCommands", commands=commands, scope={"type": scope})
    for chat, name in ((sim.private, "help"), (sim.group, "label")):
        _, shown = await browser.get(f"/api/commands?chat_id={chat.id}&user_id={sim.alice.id}")
        assert json.loads(shown) == [{"command": name, "description": f"The {name} command"}]


# Buttons


async def test_a_pressed_button_brings_back_the_bot_s_answer(browser: Browser) -> None:
    sim = browser.sim
    keyboard = {"inline_keyboard": [[{"text": "One", "callback_data": "1"}]]}
    message = await browser.call("sendMessage", chat_id=sim.private.id, text="Which?", reply_markup=keyboard)
    press = {"chat_id": sim.private.id, "message_id": message["message_id"], "user_id": sim.alice.id, "data": "1"}
    pressed = asyncio.create_task(browser.post("/api/press", json=press))
    (update,) = await browser.call("getUpdates", timeout=GUARD_S)
    assert update["callback_query"]["from"]["id"] == sim.alice.id
    query_id = update["callback_query"]["id"]
    await browser.call("answerCallbackQuery", callback_query_id=query_id, text="Done", show_alert=True)
    status, answer = await pressed
    assert status == 200
    assert json.loads(answer) == {"text": "Done", "show_alert": True}


async def test_a_button_that_is_not_there_cannot_be_pressed(browser: Browser) -> None:
    sim = browser.sim
    message = sim.send_text(sim.private, sim.alice, "no buttons")
    press = {"chat_id": sim.private.id, "message_id": message["message_id"], "user_id": sim.alice.id, "data": "1"}
    assert await browser.post("/api/press", json=press) == (400, "That button no longer exists.")
    assert (await browser.post("/api/press", json=press | {"message_id": 99})) == (
        400,
        "That message no longer exists.",
    )


async def test_a_broken_request_is_one_sentence(browser: Browser) -> None:
    for path in ("/api/press", "/api/react"):
        for body in (b"", b"{", b"[" * 100_000, b"\xff"):
            assert await browser.post(path, data=body) == (400, "Expected a JSON object.")
        assert await browser.post(path, data=b"[]") == (400, "Expected a number as user_id.")
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    field = b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n\xff\r\n--x--\r\n'
    for path in ("/api/messages", "/api/edits"):
        for form in (b"--x\r\n", field):
            assert await browser.post(path, data=form, headers=headers) == (400, "The form is broken.")


# Reactions


async def test_a_reaction_is_set_and_a_second_time_taken_back(browser: Browser) -> None:
    chat, alice = browser.sim.private, browser.sim.alice
    message = await browser.call("sendMessage", chat_id=chat.id, text="a cat")
    wanted = {"chat_id": chat.id, "message_id": message["message_id"], "user_id": alice.id}
    for emoji, shown in (("👍", ["👍"]), ("👎", ["👎"]), ("👎", [])):
        assert await browser.post("/api/react", json=wanted | {"emoji": emoji}) == (200, "{}")
        assert chat.shown_reactions(message["message_id"]) == shown
    status, reason = await browser.post("/api/react", json=wanted | {"emoji": "🦜"})
    assert (status, reason) == (400, "Telegram has no such reaction.")
    status, reason = await browser.post("/api/react", json=wanted | {"message_id": 99, "emoji": "👍"})
    assert (status, reason) == (400, "That message no longer exists.")


# Edits and spoilers


async def test_a_person_edits_the_text_the_caption_and_the_photo_of_their_message(browser: Browser) -> None:
    sim, place = browser.sim, (browser.sim.private.id, browser.sim.alice.id)
    fields = {"chat_id": str(place[0]), "user_id": str(place[1])}

    async def edit(message: dict[str, Any], files: dict[str, bytes] | None = None, **more: str) -> tuple[int, str]:
        form = FormData(fields | {"message_id": str(message["message_id"])} | more, default_to_multipart=True)
        for name, data in (files or {}).items():
            form.add_field("file", io.BytesIO(data), filename=name, content_type="image/jpeg")
        return await browser.post("/api/edits", data=form)

    message = sim.send_text(sim.private, sim.alice, "old")
    assert (await edit(message, text="new"))[0] == 200
    assert sim.messages(sim.private)[0]["text"] == "new"
    assert (await edit(message, text=" "))[0] == 400
    assert (await edit(message, {"a.jpg": jpeg("red")}, text="a photo", spoiler="true"))[0] == 200
    (edited,) = sim.messages(sim.private)
    assert (edited["caption"], edited["has_media_spoiler"], "text" in edited) == ("a photo", True, False)
    assert (await edit(message, text=""))[0] == 200
    assert "caption" not in sim.messages(sim.private)[0]
    assert (await edit(message, {"a.bin": b"bytes"}, as_file="true"))[0] == 200
    assert "photo" not in sim.messages(sim.private)[0]
    assert await edit(message, {"a.jpg": b"no photo"}) == (
        400,
        "a.jpg can't be sent as a photo: it is damaged, or not an image. Send it as a file, or remove it.",
    )
    assert (await edit(message, {"a.jpg": jpeg("red"), "b.jpg": jpeg("blue")}))[0] == 400
    sim.delete(sim.private, message)
    assert await edit(message, text="x") == (400, "That message no longer exists.")


async def test_nobody_edits_a_message_of_someone_else(browser: Browser) -> None:
    sim = browser.sim
    message = sim.send_text(sim.group, sim.admin, "mine")
    fields = {"chat_id": sim.group.id, "user_id": sim.alice.id, "message_id": message["message_id"], "text": "x"}
    form = FormData({name: str(value) for name, value in fields.items()}, default_to_multipart=True)
    assert await browser.post("/api/edits", data=form) == (400, "Alice can't edit someone else's message.")


async def test_a_photo_is_sent_under_a_spoiler(browser: Browser) -> None:
    sim = browser.sim
    status, _ = await browser.send(sim.private.id, sim.alice.id, files={"a.jpg": jpeg("red")}, spoiler="true")
    assert status == 200
    assert sim.messages(sim.private)[0]["has_media_spoiler"]
