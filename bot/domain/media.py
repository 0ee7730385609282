"""Selects the file of a message to classify."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from mimetypes import MimeTypes
from pathlib import PurePath
from typing import TypeAlias

from telegram import Document, ExternalReplyInfo, Message, PaidMediaLivePhoto, PaidMediaPhoto, PhotoSize, Sticker

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


# What may show an image: a message, or what Telegram tells of a message in another chat or topic.
Content: TypeAlias = Message | ExternalReplyInfo


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


def has_media(content: Content) -> bool:
    """Return whether a message has a photo, file, sticker or video. Even then, `find_media` may find no image."""
    moving = content.animation or content.video or content.video_note
    return bool(photo_of(content) or content.document or content.sticker or moving or is_hidden(content))


def is_hidden(content: Content) -> bool:
    """Return whether Telegram keeps the content from bots: it must be bought, or is a story."""
    return bool(content.story or (content.paid_media and not photo_of(content)))


def photo_of(content: Content) -> Sequence[PhotoSize]:
    """Return the sizes of a message's photo; () if it has none. A live photo and bought media may have one, too."""
    if content.photo:
        return content.photo
    if content.live_photo is not None:
        return content.live_photo.photo or ()
    for paid in content.paid_media.paid_media if content.paid_media else ():
        if isinstance(paid, PaidMediaPhoto):
            return paid.photo
        if isinstance(paid, PaidMediaLivePhoto):
            return paid.live_photo.photo or ()
    return ()


def find_media(content: Content) -> tuple[Media, ...]:
    """Return the files of a message that can be classified; () if there are no such files.

    A photo has several sizes, an image file has a preview, and other files have one size.

    Args:
        content: message with a photo, an image file, a sticker, or an animation or video with a thumbnail.
    """
    if photo := photo_of(content):
        return tuple(_media(size, short_side_px=min(size.width, size.height)) for size in photo)
    if content.sticker and not (content.sticker.is_animated or content.sticker.is_video):
        return (_media(content.sticker),)
    # An animation also has a document of the same file; both have the same thumbnail. It is a video, or rarely a GIF.
    moving = content.animation or content.sticker or content.video or content.video_note
    document = content.document
    if document and (is_image(document) if moving else may_be_image(document)):
        preview = (content.animation or document).thumbnail
        return (_media(document), *([_media(preview, preview=True)] if preview else []))
    thumbnail = moving.thumbnail if moving else None
    if moving is None and document:
        thumbnail = document.thumbnail if _is_video(document) else None
    return (_media(thumbnail, still=True),) if thumbnail else ()


def is_under_spoiler(content: Content) -> bool:
    """Return whether a message's photo or video is hidden until a reader taps it."""
    return bool(content.has_media_spoiler)


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
