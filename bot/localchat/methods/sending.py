"""Messages that the bot sends."""

from __future__ import annotations

from typing import Any

from bot.localchat.errors import bad_request
from bot.localchat.files import Photo
from bot.localchat.formatting import caption_fields, text_fields
from bot.localchat.keyboards import reply_markup
from bot.localchat.methods.access import reply_placement, writable_chat
from bot.localchat.parameters import Parameters, Upload
from bot.localchat.photos import PhotoRefused
from bot.localchat.store import ChatStore
from bot.localchat.threads import Message

MAX_PHOTO_BYTES = 10 * 1024 * 1024
MAX_ALBUM = 10


async def send_message(store: ChatStore, parameters: Parameters) -> Message:
    fields = text_fields(store, parameters) | reply_markup(parameters)
    chat = writable_chat(store, parameters)
    return store.post_own(chat, reply_placement(store, chat, parameters) | fields)


async def send_photo(store: ChatStore, parameters: Parameters) -> Message:
    fields = caption_fields(store, parameters) | reply_markup(parameters)
    chat = writable_chat(store, parameters, "photos")
    place = reply_placement(store, chat, parameters)
    photo = await find_photo(store, parameters, parameters.text("photo"), "photo")
    return store.post_own(chat, place | {"photo": store.files.sizes(photo)} | fields)


async def send_media_group(store: ChatStore, parameters: Parameters) -> list[Message]:
    items = parameters.objects("media", "InputMedia")
    if not items:
        raise bad_request("there are no messages to send")
    if len(items) > MAX_ALBUM:
        raise bad_request("there are too many messages to send")
    chat = writable_chat(store, parameters, "photos")
    place = reply_placement(store, chat, parameters)
    contents = [await input_media(store, parameters, item) for item in items]
    album_id = store.new_album_id()
    return [store.post_own(chat, place | {"media_group_id": album_id} | content) for content in contents]


async def input_media(store: ChatStore, parameters: Parameters, item: dict[str, Any]) -> dict[str, Any]:
    """Return the content of an InputMedia object. Only photos are supported."""
    media = Parameters(item)
    if media.text("type") != "photo":
        raise bad_request(f'can\'t parse InputMedia: type "{media.text("type")}" is unsupported')
    caption = caption_fields(store, media)
    photo = await find_photo(store, parameters, media.text("media"), "media")
    return {"photo": store.files.sizes(photo)} | caption


async def find_photo(store: ChatStore, parameters: Parameters, source: str, field: str) -> Photo:
    """Return the photo that a parameter names: an upload in `field`, an attach:// upload, or a known file_id."""
    upload = parameters.uploads.get(source.removeprefix("attach://") if source else field)
    if upload is not None:
        return await _uploaded_photo(store, upload)
    if not source or source.startswith("attach://"):
        raise bad_request("there is no photo in the request")
    if source.startswith(("http://", "https://")):
        # Telegram's error for an unreachable address: this server has no access to the web.
        raise bad_request("failed to get HTTP URL content")
    stored = store.files.find(source)
    if stored is None:
        raise bad_request("wrong file identifier/HTTP URL specified")
    if stored.photo is None:
        raise bad_request(f"can't use file of type {stored.kind} as Photo")
    return stored.photo


async def _uploaded_photo(store: ChatStore, upload: Upload) -> Photo:
    if not upload.data:
        raise bad_request("file must be non-empty")
    if len(upload.data) > MAX_PHOTO_BYTES:
        raise bad_request(
            f"file of size {len(upload.data)} bytes is too big for a photo; the maximum size is {MAX_PHOTO_BYTES} bytes"
        )
    try:
        return await store.files.prepare_photo(upload.data)
    except PhotoRefused as refused:
        raise bad_request(str(refused)) from refused
