"""Answers of the bot. The buttons below an answer change it, and late photos of an album are added to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from bot.domain.media import Media
from inference import Classification, TaughtScore


@dataclass(frozen=True, slots=True)
class AnsweredPhoto:
    """A photo that an answer is about.

    Attributes:
        message_id: id of the message with the photo.
        sizes: files of the photo on Telegram's servers; empty for an image from the web.
        classification: labels of the photo; None if it could not be classified.
        failure: key of the text with the reason for missing labels; None if there are labels.
        cached: whether the labels came from the cache.
        taught: classes taught in the chat that the photo shows, best first.
        own: whether the person who asked sent the photo, too. Others must be asked before their photo is taught.
        spoiler: whether the photo is hidden until a reader taps it; its labels are hidden, too.
    """

    message_id: int
    sizes: tuple[Media, ...]
    classification: Classification | None
    failure: str | None = None
    cached: bool = False
    taught: tuple[TaughtScore, ...] = ()
    own: bool = False
    spoiler: bool = False

    @property
    def still(self) -> bool:
        """Whether the photo is a frame of an animation or a video."""
        return any(size.still for size in self.sizes)

    @property
    def preview(self) -> bool:
        """Whether only the preview of a large file was classified."""
        return bool(self.sizes) and all(size.preview for size in self.sizes)


@dataclass(frozen=True, slots=True)
class Answer:
    """A message of the bot with the labels of photos.

    Attributes:
        chat_id: id of the chat.
        message_id: id of the bot's message.
        asked_message_id: id of the message that the answer replies to.
        asker_id: id of the person who asked; None for a channel or an anonymous admin.
        media_group_id: id of the album; None for a single photo.
        photos: photos in the order of their messages; at least one.
    """

    chat_id: int
    message_id: int
    asked_message_id: int
    asker_id: int | None
    media_group_id: str | None
    photos: tuple[AnsweredPhoto, ...]

    def with_photos(self, photos: Sequence[AnsweredPhoto]) -> Self:
        """Return this answer with further photos. The photos that it has already stay as they are."""
        by_message = {photo.message_id: photo for photo in (*photos, *self.photos)}
        together = tuple(by_message[message_id] for message_id in sorted(by_message))
        return replace(self, photos=together)

    def with_photo(self, photo: AnsweredPhoto) -> Self:
        """Return this answer with another photo in place of the photo of the same message."""
        photos = (photo if each.message_id == photo.message_id else each for each in self.photos)
        return replace(self, photos=tuple(photos))

    def photo_of(self, message_id: int) -> AnsweredPhoto | None:
        """Return the photo of a message; None if the answer is not about that message."""
        return next((photo for photo in self.photos if photo.message_id == message_id), None)
