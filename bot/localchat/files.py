"""The files in Telegram's cloud. A file is found by its file_id and identified by its file_unique_id."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import itertools
from dataclasses import dataclass
from typing import Any, Literal

from bot.localchat.photos import PhotoSize, make_sizes

FileKind = Literal["Photo", "Document", "Sticker", "Animation", "Video", "Thumbnail"]
FOLDERS: dict[FileKind, str] = {
    "Photo": "photos",
    "Document": "documents",
    "Sticker": "stickers",
    "Animation": "animations",
    "Video": "videos",
    "Thumbnail": "thumbnails",
}


@dataclass(slots=True)
class StoredFile:
    """A file.

    Attributes:
        path: path of the download below /file/bot<token>/.
        photo: photo, if this file is one of its sizes; None for other files.
    """

    kind: FileKind
    data: bytes
    unique_id: str
    path: str
    photo: Photo | None = None


@dataclass(slots=True)
class Photo:
    """A photo in all its sizes, smallest first."""

    sizes: tuple[tuple[PhotoSize, StoredFile], ...] = ()


class FileStore:
    """Stores each content once. Every message with the content gets its own file_id."""

    def __init__(self) -> None:
        self._by_unique_id: dict[str, StoredFile] = {}
        self._by_file_id: dict[str, StoredFile] = {}
        self._by_path: dict[str, StoredFile] = {}
        self._photos: dict[bytes, Photo] = {}
        self._serial = itertools.count(1)

    def put(self, data: bytes, kind: FileKind, suffix: str) -> StoredFile:
        """Return the file with this content; new content is stored. `suffix` ends the file's path, e.g. ".jpg"."""
        unique_id = "AQAD" + base64.urlsafe_b64encode(_digest(data, kind)[:9]).decode()
        stored = self._by_unique_id.get(unique_id)
        if stored is None:
            stored = StoredFile(kind, data, unique_id, f"{FOLDERS[kind]}/file_{len(self._by_path)}{suffix}")
            self._by_unique_id[unique_id] = stored
            self._by_path[stored.path] = stored
        return stored

    def reference(self, stored: StoredFile) -> dict[str, Any]:
        """Return a new file_id of a file, with the fields that every file object of the Bot API has."""
        serial = next(self._serial).to_bytes(6, "big")
        file_id = "AgACAgIAAxkB" + base64.urlsafe_b64encode(serial + _digest(serial, stored.unique_id)).decode()
        self._by_file_id[file_id] = stored
        return {"file_id": file_id, "file_unique_id": stored.unique_id, "file_size": len(stored.data)}

    def find(self, file_id: str) -> StoredFile | None:
        return self._by_file_id.get(file_id)

    def find_path(self, path: str) -> StoredFile | None:
        return self._by_path.get(path)

    def photo_of(self, data: bytes) -> Photo:
        """Return the photo with this content. The first call for a content runs Pillow.

        Raises:
            PhotoRefused: Telegram does not take the bytes as a photo.
        """
        key = _digest(data, "photo")
        return self._photos.get(key) or self._keep(key, make_sizes(data))

    async def prepare_photo(self, data: bytes) -> Photo:
        """Do the same as `photo_of`, but run Pillow in a thread.

        Raises:
            PhotoRefused: Telegram does not take the bytes as a photo.
        """
        key = _digest(data, "photo")
        return self._photos.get(key) or self._keep(key, await asyncio.to_thread(make_sizes, data))

    def sizes(self, photo: Photo) -> list[dict[str, Any]]:
        """Return the photo's PhotoSize objects, smallest first."""
        return [self.reference(stored) | {"width": size.width, "height": size.height} for size, stored in photo.sizes]

    def thumbnail(self, still: bytes) -> dict[str, Any]:
        """Return the PhotoSize of a still image in the size of Telegram's thumbnails (at most 320 pixels)."""
        size = [size for size, _ in self.photo_of(still).sizes[:2]][-1]
        stored = self.put(size.data, "Thumbnail", ".jpg")
        return self.reference(stored) | {"width": size.width, "height": size.height}

    def _keep(self, key: bytes, sizes: tuple[PhotoSize, ...]) -> Photo:
        photo = self._photos.setdefault(key, Photo())
        photo.sizes = tuple((size, self.put(size.data, "Photo", ".jpg")) for size in sizes)
        for _, stored in photo.sizes:
            stored.photo = photo
        return photo


def _digest(data: bytes, person: str) -> bytes:
    return hashlib.blake2b(data, digest_size=16, person=person.encode()[:16]).digest()
