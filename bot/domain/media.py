"""Selects the file of a message to classify."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from mimetypes import MimeTypes
from pathlib import PurePath

from telegram import Document, Message, PhotoSize, Sticker

# Apps that do not know a format, mostly HEIC or AVIF, send the MIME type application/octet-stream. Then the file name
# tells whether a file is an image.
IMAGE_SUFFIXES = frozenset(
    {
        *(".apng", ".avif", ".bmp", ".gif", ".heic", ".heif", ".hif", ".jfif", ".jpe", ".jpeg", ".jpg", ".png"),
        *(".tif", ".tiff", ".webp"),
        # Raw files of cameras.
        *(".arw", ".cr2", ".cr3", ".dng", ".nef", ".orf", ".pef", ".raf", ".rw2", ".srw"),
    }
)
UNKNOWN_TYPE = "application/octet-stream"
# The types that Python knows, without those that the machine's files add.
TYPES = MimeTypes()


@dataclass(frozen=True, slots=True)
class Media:
    """A file on Telegram's servers with the image of a message.

    Attributes:
        file_id: id for downloads by this bot.
        file_unique_id: permanent id of the file, the same for every bot.
        size_bytes: size of the file; None if unknown.
        still: whether the file is a frame of an animation or a video.
        short_side_px: shorter side of a photo; 0 for other files, which have one size only.
        preview: whether the file is Telegram's small copy of an image file, which is used if that file is too large.
    """

    file_id: str
    file_unique_id: str
    size_bytes: int | None
    still: bool = False
    short_side_px: int = 0
    preview: bool = False


def has_media(message: Message) -> bool:
    """Return whether a message has a photo, file, sticker or video. Even then, `find_media` may find no image."""
    return bool(
        message.photo or message.document or message.sticker or message.animation or message.video or message.video_note
    )


def find_media(message: Message) -> tuple[Media, ...]:
    """Return the files of a message that can be classified; () if there are no such files.

    A photo has several sizes, an image file has a preview, and other files have one size.

    Args:
        message: message with a photo, an image file, a sticker, or an animation or video with a thumbnail.
    """
    if message.photo:
        return tuple(_media(size, short_side_px=min(size.width, size.height)) for size in message.photo)
    if message.sticker and not (message.sticker.is_animated or message.sticker.is_video):
        return (_media(message.sticker),)
    # An animation also has a document of the same file; both have the same thumbnail.
    moving = message.animation or message.sticker or message.video or message.video_note
    thumbnail = moving.thumbnail if moving else None
    if moving is None and message.document:
        if may_be_image(message.document):
            preview = message.document.thumbnail
            return (_media(message.document), *([_media(preview, preview=True)] if preview else []))
        thumbnail = message.document.thumbnail if _is_video(message.document) else None
    return (_media(thumbnail, still=True),) if thumbnail else ()


def smallest_covering(sizes: Sequence[Media], short_side_px: int) -> Media:
    """Return the smallest size whose shorter side is at least `short_side_px`, else the largest size.

    Args:
        sizes: sizes to choose from, at least one; previews are chosen only if there are no other sizes.
        short_side_px: minimum of the shorter side, in pixels.
    """
    by_short_side = sorted([size for size in sizes if not size.preview] or sizes, key=lambda size: size.short_side_px)
    return next((size for size in by_short_side if size.short_side_px >= short_side_px), by_short_side[-1])


def is_image(document: Document) -> bool:
    """Return whether a file is called an image by its MIME type or its name."""
    if document.mime_type and document.mime_type.startswith("image/"):
        return True
    return PurePath(document.file_name or "").suffix.lower() in IMAGE_SUFFIXES


def may_be_image(document: Document) -> bool:
    """Return whether a file is called an image, or neither its MIME type nor its name tells what it is."""
    if is_image(document):
        return True
    if document.mime_type not in (None, "", UNKNOWN_TYPE):
        return False
    return TYPES.guess_type(PurePath(document.file_name or "").name) == (None, None)


def _is_video(document: Document) -> bool:
    return bool(document.mime_type) and str(document.mime_type).startswith("video/")


def _media(
    file: PhotoSize | Document | Sticker, *, still: bool = False, short_side_px: int = 0, preview: bool = False
) -> Media:
    return Media(file.file_id, file.file_unique_id, file.file_size, still, short_side_px, preview)
