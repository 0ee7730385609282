"""Teaching: people teach classes with a few photos, and change or withdraw what they taught."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.teaching import (
    GivenPhoto,
    OfferedPhoto,
    Promotion,
    TaughtClass,
    TaughtPhoto,
    TeachRequest,
    TeachResult,
)
from bot.storage.storage import Storage
from inference import Classification, TaughtScore

# Seconds for which teaching can be undone.
UNDO_S = 600
# Seconds for which a request waits for a name, for further photos, or for a consent.
REQUEST_S = 3600


class Teaching:
    """The classes that chats have taught.

    Each method that changes something raises `StorageError` if the database fails for too long.

    Args:
        storage: the database.
        max_classes: maximum number of classes of a chat.
        max_photos: maximum number of photos of a class.
    """

    def __init__(self, storage: Storage, *, max_classes: int, max_photos: int) -> None:
        self._storage = storage
        self._max_classes = max_classes
        self._max_photos = max_photos

    async def consented(self, chat_id: int, person_id: int) -> bool:
        """Return whether a person agreed that the bot keeps the person's photos as numbers, in this chat."""
        raise NotImplementedError

    async def agree(self, chat_id: int, person_id: int) -> None:
        """Record that a person agreed, in this chat."""
        raise NotImplementedError

    async def open_request(
        self, chat_id: int, asker_id: int, name: str | None, photos: Sequence[OfferedPhoto]
    ) -> int:
        """Keep an offer of photos for an hour, while the bot waits for a name, further photos or consents.

        Only Telegram's ids of the photos are kept.

        Returns:
            The id of the request.
        """
        raise NotImplementedError

    async def request(self, request_id: int) -> TeachRequest | None:
        """Return a request; None if it is closed or older than an hour."""
        raise NotImplementedError

    async def requests_of(self, chat_id: int, asker_id: int) -> tuple[TeachRequest, ...]:
        """Return the open requests of a person in a chat, the newest first."""
        raise NotImplementedError

    async def add_to_request(
        self, request_id: int, photos: Sequence[OfferedPhoto] = (), *, name: str | None = None
    ) -> TeachRequest:
        """Add photos to a request, or set its name; return the request as it is then.

        Raises:
            TeachingRefused: the request is closed or too old.
        """
        raise NotImplementedError

    async def close_request(self, request_id: int) -> None:
        """Delete a request. A second call does nothing."""
        raise NotImplementedError

    async def teach(
        self, chat_id: int, name: str, photos: Sequence[OfferedPhoto], by: int, *, teaching_id: int | None = None
    ) -> TeachResult:
        """Add photos to a class; create the class if it is new. Photos without their giver's consent are left out.

        Args:
            chat_id: id of the chat.
            name: name of the class, see `clean_name`.
            photos: offered photos, at least one.
            by: id of the person who teaches.
            teaching_id: number for `undo` that no other teaching in the chat has, such as the id of the update. If the
                update is handled again after a crash, the result is then the same. By default a new number.

        Raises:
            TeachingRefused: the chat has too many classes.
        """
        raise NotImplementedError

    async def undo(self, chat_id: int, teaching_id: int) -> int:
        """Delete the photos that were taught together, within ten minutes; return the number of photos.

        Raises:
            TeachingRefused: the ten minutes are over, or the photos are gone.
        """
        raise NotImplementedError

    async def classes(self, chat_id: int) -> tuple[TaughtClass, ...]:
        """Return the classes of a chat, by name."""
        raise NotImplementedError

    async def find_class(self, chat_id: int, name: str) -> TaughtClass | None:
        """Return the class of a name, whatever its case; None if there is no such class."""
        raise NotImplementedError

    async def photos(self, chat_id: int, class_id: int) -> tuple[TaughtPhoto, ...]:
        """Return the photos of a class, the oldest first; () if there is no such class."""
        raise NotImplementedError

    async def remove_photo(self, chat_id: int, photo_id: int) -> TaughtPhoto:
        """Remove a photo, and its class if it was the last one; return the removed photo.

        Raises:
            TeachingRefused: the photo is gone.
        """
        raise NotImplementedError

    async def move_photo(self, chat_id: int, photo_id: int, class_id: int) -> None:
        """Move a photo to another class of the chat.

        Raises:
            TeachingRefused: the photo or the class is gone, or the class is full.
        """
        raise NotImplementedError

    async def rename(self, chat_id: int, class_id: int, name: str) -> None:
        """Rename a class.

        Raises:
            TeachingRefused: the class is gone, or another class has the name: see `merge`.
        """
        raise NotImplementedError

    async def merge(self, chat_id: int, class_id: int, into_id: int) -> int:
        """Move all photos of a class to another class; return the number of photos of that class.

        Raises:
            TeachingRefused: a class is gone, or the other class would be too full.
        """
        raise NotImplementedError

    async def forget(self, chat_id: int, class_id: int) -> str:
        """Delete a class with its photos; return its name.

        Raises:
            TeachingRefused: the class is gone.
        """
        raise NotImplementedError

    async def given_by(self, person_id: int) -> tuple[GivenPhoto, ...]:
        """Return the photos that a person gave, in all chats, by chat and class."""
        raise NotImplementedError

    async def withdraw(self, person_id: int, photo_id: int) -> GivenPhoto:
        """Delete a photo that a person gave; return what was deleted.

        Raises:
            TeachingRefused: the photo is gone, or somebody else gave it.
        """
        raise NotImplementedError

    def recognise(self, chat_id: int, classification: Classification) -> tuple[TaughtScore, ...]:
        """Return the taught classes that a photo shows, best first.

        Args:
            chat_id: id of the chat.
            classification: answer with the embedding; () if it has none.
        """
        raise NotImplementedError

    async def promote(self, chat_id: int, model: str) -> Promotion:
        """Make a model the chat's model if it passes the test of `Promotion`.

        Raises:
            TeachingRefused: the chat has taught nothing that was held out from the model's training.
            CommandRefused: the model is chosen there already.
            InferenceError: the model is missing or does not work.
        """
        raise NotImplementedError
