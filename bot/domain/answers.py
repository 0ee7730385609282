"""What the bot answered: what its buttons work on, and what a late photo of an album is added to."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.media import Media
from inference import Classification


@dataclass(frozen=True, slots=True)
class AnsweredPhoto:
    """One photo that an answer is about.

    Attributes:
        message_id: of the message that shows it.
        sizes: in which Telegram has it; none of an image from elsewhere.
        classification: its labels; None if there are none.
        failure: key of the text that says why there are no labels; None where there are.
        cached: whether the labels came from the cache.
    """

    message_id: int
    sizes: tuple[Media, ...]
    classification: Classification | None
    failure: str | None = None
    cached: bool = False

    @property
    def still(self) -> bool:
        """Whether it is one frame of something that moves."""
        return any(size.still for size in self.sizes)

    @property
    def preview(self) -> bool:
        """Whether only a small copy of a file was looked at, which is all that is kept then."""
        return bool(self.sizes) and all(size.preview for size in self.sizes)


@dataclass(frozen=True, slots=True)
class Answer:
    """A message of the bot that says what photos show.

    Attributes:
        chat_id: where it is.
        message_id: its own.
        asked_message_id: of the message that it replies to.
        asker_id: of the person who asked; None where that was a channel, or an admin who hides behind the group.
        media_group_id: of the album that it is about; None where it is about one photo.
        photos: at least one, in the order of their messages.
    """

    chat_id: int
    message_id: int
    asked_message_id: int
    asker_id: int | None
    media_group_id: str | None
    photos: tuple[AnsweredPhoto, ...]
