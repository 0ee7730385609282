"""Which file of a message to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from telegram import Document, Message, PhotoSize, Sticker

# Senders that do not know a format, HEIC and AVIF mostly, announce application/octet-stream; the name then decides.
IMAGE_SUFFIXES = frozenset(
    {".avif", ".bmp", ".gif", ".heic", ".heif", ".jfif", ".jpe", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
)


@dataclass(frozen=True, slots=True)
class Media:
    """A file on Telegram's servers that shows what a message shows.

    Attributes:
        file_id: with which this bot may fetch it.
        file_unique_id: the same for the same file, always and for every bot.
        size_bytes: None where Telegram does not say.
        still: one frame of something that moves.
        short_side_px: of a photo; 0 for all else, of which Telegram holds one file only.
        preview: a small copy that Telegram made of a file, for use if the file itself is too large.
    """

    file_id: str
    file_unique_id: str
    size_bytes: int | None
    still: bool = False
    short_side_px: int = 0
    preview: bool = False


def shows_something(message: Message) -> bool:
    """Tell whether a message is about something to look at, though `find_media` may find no file to look at in it."""
    return bool(
        message.photo or message.document or message.sticker or message.animation or message.video or message.video_note
    )


def find_media(message: Message) -> tuple[Media, ...]:
    """Find what there is to look at in a message; () where there is nothing.

    A photo is there in several sizes, an image file with a preview, all else once.

    Args:
        message: with a photo, an image sent as a file, a sticker, or something that moves and has a thumbnail.
    """
    if message.photo:
        return tuple(_media(size, short_side_px=min(size.width, size.height)) for size in message.photo)
    if message.sticker and not (message.sticker.is_animated or message.sticker.is_video):
        return (_media(message.sticker),)
    # An animation comes with a document of the same file beside it; the thumbnail of either is the same still.
    moving = message.animation or message.sticker or message.video or message.video_note
    thumbnail = moving.thumbnail if moving else None
    if moving is None and message.document:
        if is_image(message.document):
            preview = message.document.thumbnail
            return (_media(message.document), *([_media(preview, preview=True)] if preview else []))
        thumbnail = message.document.thumbnail if _is_video(message.document) else None
    return (_media(thumbnail, still=True),) if thumbnail else ()


def smallest_covering(sizes: Sequence[Media], short_side_px: int) -> Media:
    """Pick the smallest size whose shorter side is at least `short_side_px`, or the largest where none is.

    Args:
        sizes: at least one; previews count only where there is nothing else.
        short_side_px: what the shorter side should cover, in pixels.
    """
    by_short_side = sorted([size for size in sizes if not size.preview] or sizes, key=lambda size: size.short_side_px)
    return next((size for size in by_short_side if size.short_side_px >= short_side_px), by_short_side[-1])


def is_image(document: Document) -> bool:
    """Tell whether a file was sent as an image, by its announced type or, failing that, its name."""
    if document.mime_type and document.mime_type.startswith("image/"):
        return True
    return PurePath(document.file_name or "").suffix.lower() in IMAGE_SUFFIXES


def _is_video(document: Document) -> bool:
    return bool(document.mime_type) and str(document.mime_type).startswith("video/")


def _media(
    file: PhotoSize | Document | Sticker, *, still: bool = False, short_side_px: int = 0, preview: bool = False
) -> Media:
    return Media(file.file_id, file.file_unique_id, file.file_size, still, short_side_px, preview)
