"""The chat page: the local Telegram in a browser."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import BodyPartReader, MultipartReader, web

from bot.localchat.chats import Chat, User
from bot.localchat.methods.files import MAX_DOWNLOAD_BYTES
from bot.localchat.photos import PhotoRefused
from bot.localchat.simulation import Simulation

PAGE_FOLDER = Path(__file__).with_name("page")
LOOPBACK_HOSTS = {"127.0.0.1", "localhost", "::1"}
# Telegram's limits on the photos or files in an album, and on the characters in a caption and in a text.
MAX_ALBUM = 10
MAX_CAPTION_LENGTH = 1024
MAX_TEXT_LENGTH = 4096
# Limit on the size of a form's field that is not a file. There are only a few short fields.
MAX_FIELD_BYTES = 64 * 1024
# Why Telegram does not take a photo, in the reader's words.
REFUSALS = {
    "IMAGE_PROCESS_FAILED": "damaged, or not an image",
    "PHOTO_INVALID_DIMENSIONS": "too large, or too long and narrow",
}
SHOWN_EVENTS = {"message", "edited", "deleted", "reaction", "chat_action"}
# Types that a browser may show in the page. Other types are downloaded, so that no uploaded file runs as a document.
SHOWN_TYPES = {"image/jpeg", "image/png", "image/webp"}
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class Draft:
    """The composer's form: its fields, and its files as (name, content type, bytes)."""

    fields: dict[str, str] = field(default_factory=dict)
    files: list[tuple[str, str, bytes]] = field(default_factory=list)


def add_page(app: web.Application, simulation: Simulation) -> None:
    """Add the chat page under /chat/ to an application on a loopback address; / redirects to it."""
    page = ChatPage(simulation)
    chat = web.Application(middlewares=[only_from_this_machine])
    chat.router.add_get("/", page.index)
    chat.router.add_get("/api/events", page.events)
    chat.router.add_get("/api/commands", page.commands)
    chat.router.add_get("/api/files/{file_id}", page.file)
    chat.router.add_post("/api/messages", page.send)
    chat.router.add_post("/api/edits", page.edit)
    chat.router.add_post("/api/press", page.press)
    chat.router.add_post("/api/react", page.react)
    chat.router.add_static("/", PAGE_FOLDER)
    chat.on_response_prepare.append(add_security_headers)
    app.add_subapp("/chat", chat)
    app.router.add_get("/", to_page)


async def to_page(_request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("/chat/")


@web.middleware
async def only_from_this_machine(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse requests that a page of another site makes the browser send.

    A name that an attacker points at 127.0.0.1 (DNS rebinding) appears in the Host header; a cross-origin request has
    an Origin or Sec-Fetch-Site header.
    """
    if request.url.host not in LOOPBACK_HOSTS:
        raise web.HTTPForbidden(text="This page works on 127.0.0.1 and localhost only.")
    origin = request.headers.get("Origin", f"{request.scheme}://{request.host}")
    from_elsewhere = request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none")
    if origin != f"{request.scheme}://{request.host}" or (from_elsewhere and "/api/" in request.path):
        raise web.HTTPForbidden(text="This page doesn't accept requests from other sites.")
    return await handler(request)


async def add_security_headers(_request: web.Request, response: web.StreamResponse) -> None:
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)


class ChatPage:
    """The page's endpoints. An error is one sentence of plain text, which the page shows."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation

    async def index(self, _request: web.Request) -> web.StreamResponse:
        return web.FileResponse(PAGE_FOLDER / "index.html", headers={"Cache-Control": "no-cache"})

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Stream Server-Sent Events: first a snapshot of all chats, then every change."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        with self._simulation.subscribe() as events:
            snapshot = self._snapshot()
            await response.prepare(request)
            await response.write(server_sent_event(snapshot))
            async for event in events:
                if event.kind in SHOWN_EVENTS:
                    shown = {"kind": event.kind, "chat_id": event.chat_id, "data": event.data}
                    await response.write(server_sent_event(shown))
        return response

    async def commands(self, request: web.Request) -> web.StreamResponse:
        user = self._user(request.query)
        return web.json_response(self._simulation.store.menus.shown(self._chat(request.query, user), user))

    async def file(self, request: web.Request) -> web.StreamResponse:
        stored = self._simulation.store.files.find(request.match_info["file_id"])
        if stored is None:
            raise web.HTTPNotFound(text="There's no such file.")
        # A file_id always names the same bytes.
        headers = {"Cache-Control": "private, max-age=86400, immutable"}
        content_type, _ = mimetypes.guess_type(stored.path)
        if content_type not in SHOWN_TYPES:
            content_type = "application/octet-stream"
            headers["Content-Disposition"] = "attachment"
        return web.Response(body=stored.data, content_type=content_type, headers=headers)

    async def send(self, request: web.Request) -> web.StreamResponse:
        draft = await read_draft(request)
        user = self._user(draft.fields)
        chat = self._chat(draft.fields, user)
        reply_to = chat.messages.get(number(draft.fields, "reply_to", 0))
        text = draft.fields.get("text", "")
        check_length(text, is_caption=bool(draft.files))
        if not draft.files:
            if not text.strip():
                raise web.HTTPBadRequest(text="There's nothing to send.")
            self._simulation.send_text(chat, user, text, reply_to=reply_to)
        elif draft.fields.get("as_file") == "true":
            self._send_files(chat, user, draft, reply_to)
        else:
            await self._send_photos(chat, user, draft, reply_to)
        return web.json_response({})

    async def edit(self, request: web.Request) -> web.StreamResponse:
        """Edit a person's own message: its text or caption, and its photo or file if the form has a new one."""
        draft = await read_draft(request)
        user = self._user(draft.fields)
        chat = self._chat(draft.fields, user)
        message = chat.messages.get(number(draft.fields, "message_id"))
        if message is None:
            raise web.HTTPBadRequest(text="That message no longer exists.")
        if message.get("from", {}).get("id") != user.id:
            raise web.HTTPBadRequest(text=f"{user.first_name} can't edit someone else's message.")
        if len(draft.files) > 1:
            raise web.HTTPBadRequest(text="A message can have only one photo or file.")
        text = draft.fields.get("text", "")
        check_length(text, is_caption=bool(draft.files) or "text" not in message)
        if draft.files:
            await self._replace_media(chat, message, draft)
        elif "text" not in message:
            self._simulation.edit_caption(chat, message, text)
        elif text.strip():
            self._simulation.edit_text(chat, message, text)
        else:
            raise web.HTTPBadRequest(text="A message needs a text, a photo or a file.")
        return web.json_response({})

    async def _replace_media(self, chat: Chat, message: dict[str, Any], draft: Draft) -> None:
        ((name, content_type, data),) = draft.files
        caption = draft.fields.get("text", "")
        if draft.fields.get("as_file") == "true":
            self._simulation.edit_document(chat, message, data, file_name=name, mime_type=content_type, caption=caption)
            return
        await self._prepare_photos(draft)
        spoiler = draft.fields.get("spoiler") == "true"
        self._simulation.edit_photo(chat, message, data, caption=caption, spoiler=spoiler)

    def _send_files(self, chat: Chat, user: User, draft: Draft, reply_to: dict[str, Any] | None) -> None:
        album, caption = self._album_of(draft), draft.fields.get("text", "")
        for name, content_type, data in draft.files:
            self._simulation.send_document(
                chat,
                user,
                data,
                file_name=name,
                mime_type=content_type,
                caption=caption,
                reply_to=reply_to,
                media_group_id=album,
            )
            caption = ""

    async def _prepare_photos(self, draft: Draft) -> None:
        for name, _, data in draft.files:
            try:
                await self._simulation.prepare_photo(data)
            except PhotoRefused as refused:
                reason = REFUSALS[str(refused)]
                text = f"{name} can't be sent as a photo: it is {reason}. Send it as a file, or remove it."
                raise web.HTTPBadRequest(text=text) from None

    async def _send_photos(self, chat: Chat, user: User, draft: Draft, reply_to: dict[str, Any] | None) -> None:
        await self._prepare_photos(draft)
        album, caption = self._album_of(draft), draft.fields.get("text", "")
        for _, _, data in draft.files:
            self._simulation.send_photo(
                chat,
                user,
                data,
                caption=caption,
                spoiler=draft.fields.get("spoiler") == "true",
                reply_to=reply_to,
                media_group_id=album,
            )
            caption = ""

    def _album_of(self, draft: Draft) -> str | None:
        """Return the id of a new album; None for a single file."""
        return self._simulation.new_album_id() if len(draft.files) > 1 else None

    async def press(self, request: web.Request) -> web.StreamResponse:
        pressed = await read_json(request)
        user = self._user(pressed)
        message = self._chat(pressed, user).messages.get(number(pressed, "message_id"))
        if message is None:
            raise web.HTTPBadRequest(text="That message no longer exists.")
        try:
            answer = await self._simulation.press(message, str(pressed.get("data")), user)
        except ValueError:
            raise web.HTTPBadRequest(text="That button no longer exists.") from None
        except TimeoutError:
            raise web.HTTPGatewayTimeout(text="The bot didn't respond to the button.") from None
        return web.json_response({"text": answer.text, "show_alert": answer.show_alert})

    async def react(self, request: web.Request) -> web.StreamResponse:
        """Set a person's reaction to a message; the same reaction a second time takes it back."""
        wanted = await read_json(request)
        user = self._user(wanted)
        chat = self._chat(wanted, user)
        message = chat.messages.get(number(wanted, "message_id"))
        if message is None:
            raise web.HTTPBadRequest(text="That message no longer exists.")
        emoji = str(wanted.get("emoji"))
        present = chat.reactions.get(message["message_id"], {}).get(user.id)
        try:
            self._simulation.react(message, user, *(() if present == [emoji] else (emoji,)))
        except ValueError:
            raise web.HTTPBadRequest(text="Telegram has no such reaction.") from None
        return web.json_response({})

    def _people(self) -> list[User]:
        return [user for user in self._simulation.store.users.values() if not user.is_bot]

    def _user(self, fields: Any) -> User:
        user = self._simulation.store.users.get(number(fields, "user_id"))
        if user is None or user.is_bot:
            raise web.HTTPBadRequest(text="There's no such person.")
        return user

    def _chat(self, fields: Any, user: User) -> Chat:
        """Return the chat that a person writes in. The first message opens their private chat with the bot."""
        chat_id = number(fields, "chat_id")
        if chat_id == user.id and chat_id not in self._simulation.store.chats:
            return self._simulation.add_private_chat(user)
        chat = self._simulation.store.chats.get(chat_id)
        if chat is None or not chat.has_member(user):
            raise web.HTTPBadRequest(text=f"{user.first_name} isn't in that chat.")
        return chat

    def _snapshot(self) -> dict[str, Any]:
        chats = [self._chat_snapshot(chat) for chat in self._simulation.store.chats.values()]
        known = {chat["id"] for chat in chats}
        for user in self._people():
            if user.id not in known:
                empty = {"messages": [], "reactions": [], "members": [user.id]}
                chats.append({"id": user.id, "type": "private", "first_name": user.first_name, **empty})
        people = [{**user.to_api(), "role": self._role(user)} for user in self._people()]
        return {"kind": "snapshot", "bot": self._simulation.bot.to_api(), "people": people, "chats": chats}

    def _chat_snapshot(self, chat: Chat) -> dict[str, Any]:
        return {
            **chat.to_api(),
            "messages": list(chat.messages.values()),
            "reactions": [{"message_id": key, "reaction": chat.shown_reactions(key)} for key in chat.reactions],
            "members": [user.id for user in self._people() if chat.has_member(user)],
        }

    def _role(self, user: User) -> str:
        statuses = {chat.status_of(user) for chat in self._simulation.store.chats.values()}
        return "admin" if statuses & {"creator", "administrator"} else "member"


async def read_draft(request: web.Request) -> Draft:
    """Read the composer's form part by part, so that a file over the limit is refused before the rest is read."""
    if not request.content_type.startswith("multipart/"):
        raise web.HTTPUnsupportedMediaType(text="Expected a multipart form.")
    try:
        return await _read_parts(await request.multipart())
    except ValueError:  # of the form, or of a field that is not UTF-8
        raise web.HTTPBadRequest(text="The form is broken.") from None


async def _read_parts(form: MultipartReader) -> Draft:
    draft = Draft()
    async for part in form:
        if not isinstance(part, BodyPartReader):
            raise web.HTTPBadRequest(text="Expected a flat form.")
        if part.filename is None:
            draft.fields[part.name or ""] = (await read_limited(part, MAX_FIELD_BYTES)).decode()
            continue
        if len(draft.files) == MAX_ALBUM:
            raise web.HTTPBadRequest(text=f"An album can have at most {MAX_ALBUM} photos or files.")
        data = await read_limited(part, MAX_DOWNLOAD_BYTES)
        content_type = part.headers.get("Content-Type", "application/octet-stream")
        draft.files.append((part.filename, content_type, data))
    return draft


async def read_json(request: web.Request) -> Any:
    try:
        return await request.json()
    except (ValueError, RecursionError):
        raise web.HTTPBadRequest(text="Expected a JSON object.") from None


async def read_limited(part: BodyPartReader, max_bytes: int) -> bytes:
    data = bytearray()
    while chunk := await part.read_chunk():
        data += chunk
        if len(data) > max_bytes:
            name = part.filename or "A field"
            raise web.HTTPBadRequest(text=f"{name} is larger than 20 MB, the limit for bots.")
    return bytes(data)


def check_length(text: str, *, is_caption: bool) -> None:
    limit = MAX_CAPTION_LENGTH if is_caption else MAX_TEXT_LENGTH
    if len(text) > limit:
        raise web.HTTPBadRequest(text=f"A {'caption' if is_caption else 'message'} can have {limit} characters.")


def number(fields: Any, name: str, default: int | None = None) -> int:
    try:
        return int(fields.get(name, default))
    except (AttributeError, TypeError, ValueError):
        raise web.HTTPBadRequest(text=f"Expected a number as {name}.") from None


def server_sent_event(content: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(content, ensure_ascii=False)}\n\n".encode()
