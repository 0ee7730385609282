"""The content fields of people's messages: texts, photos, files, stickers and videos."""

from __future__ import annotations

import io
from typing import Any, Literal

from PIL import Image

from bot.localchat.entities import find_entities
from bot.localchat.files import FileStore

StickerKind = Literal["static", "animated", "video"]
STICKER_SUFFIXES: dict[StickerKind, str] = {"static": ".webp", "animated": ".tgs", "video": ".webm"}
# Long side of every sticker, in pixels.
STICKER_SIDE = 512


def text_content(text: str) -> dict[str, Any]:
    entities = find_entities(text)
    return {"text": text, "entities": entities} if entities else {"text": text}


def caption_content(caption: str) -> dict[str, Any]:
    if not caption:
        return {}
    entities = find_entities(caption)
    return {"caption": caption, "caption_entities": entities} if entities else {"caption": caption}


def photo_content(files: FileStore, data: bytes) -> dict[str, Any]:
    return {"photo": files.sizes(files.photo_of(data))}


def live_photo_content(files: FileStore, data: bytes, film: bytes) -> dict[str, Any]:
    """Return the fields of a live photo: a photo with a short film. As at Telegram, `photo` has the photo, too."""
    sizes = photo_content(files, data)["photo"]
    moving = files.reference(files.put(film, "Video", ".mov")) | {
        "width": sizes[-1]["width"],
        "height": sizes[-1]["height"],
        "duration": 3,
        "mime_type": "video/quicktime",
        "photo": sizes,
    }
    return {"photo": sizes, "live_photo": moving}


def spoiler_content(spoiler: bool) -> dict[str, Any]:
    return {"has_media_spoiler": True} if spoiler else {}


def document_content(
    files: FileStore, data: bytes, file_name: str, mime_type: str, thumbnail: bytes | None
) -> dict[str, Any]:
    stored = files.put(data, "Document", _suffix(file_name))
    document = {"file_name": file_name, "mime_type": mime_type} | files.reference(stored)
    if thumbnail is not None:
        document["thumbnail"] = files.thumbnail(thumbnail)
    return {"document": document}


def sticker_content(files: FileStore, data: bytes, kind: StickerKind, thumbnail: bytes | None) -> dict[str, Any]:
    width = height = STICKER_SIDE
    if kind == "static":
        with Image.open(io.BytesIO(data)) as image:
            width, height = image.size
    sticker = files.reference(files.put(data, "Sticker", STICKER_SUFFIXES[kind])) | {
        "type": "regular",
        "width": width,
        "height": height,
        "is_animated": kind == "animated",
        "is_video": kind == "video",
        "emoji": "🙂",
    }
    if thumbnail is not None:
        sticker["thumbnail"] = files.thumbnail(thumbnail)
    return {"sticker": sticker}


def animation_content(
    files: FileStore, data: bytes, file_name: str, mime_type: str, thumbnail: bytes
) -> dict[str, Any]:
    """Return the fields of an animation. As at Telegram, `document` has the same file, for old bots."""
    stored = files.put(data, "Animation", _suffix(file_name))
    still = files.thumbnail(thumbnail)
    document = {"file_name": file_name, "mime_type": mime_type} | files.reference(stored) | {"thumbnail": still}
    animation = document | {"width": still["width"], "height": still["height"], "duration": 2}
    return {"animation": animation, "document": document}


def video_content(files: FileStore, data: bytes, thumbnail: bytes) -> dict[str, Any]:
    still = files.thumbnail(thumbnail)
    video = files.reference(files.put(data, "Video", ".mp4")) | {
        "file_name": "video.mp4",
        "mime_type": "video/mp4",
        "width": still["width"],
        "height": still["height"],
        "duration": 2,
        "thumbnail": still,
    }
    return {"video": video}


def _suffix(file_name: str) -> str:
    return "." + file_name.rpartition(".")[2] if "." in file_name else ""
