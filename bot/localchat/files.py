"""The files that Telegram's cloud keeps: found again by file_id, told apart by file_unique_id."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import itertools
from dataclasses import dataclass
from typing import Any, Literal

from bot.localchat.photos import Rung, make_ladder

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
    """One file.

    Attributes:
        path: Where the download finds it below /file/bot<token>/.
        photo: The photo that this is a size of, if it is one.
    """

    kind: FileKind
    data: bytes
    unique_id: str
    path: str
    photo: Photo | None = None


@dataclass(slots=True)
class Photo:
    """A photo in all its sizes, smallest first."""

    sizes: tuple[tuple[Rung, StoredFile], ...] = ()


class FileStore:
    """Keeps content once, however often it is sent; every sending gets a file_id of its own."""

    def __init__(self) -> None:
        self._by_unique_id: dict[str, StoredFile] = {}
        self._by_file_id: dict[str, StoredFile] = {}
        self._by_path: dict[str, StoredFile] = {}
        self._photos: dict[bytes, Photo] = {}
        self._serial = itertools.count(1)

    def put(self, data: bytes, kind: FileKind, suffix: str) -> StoredFile:
        """Stores content as a file, or finds it if it is there already. `suffix` is that of its path, e.g. ".jpg"."""
        unique_id = "AQAD" + base64.urlsafe_b64encode(_digest(data, kind)[:9]).decode()
        stored = self._by_unique_id.get(unique_id)
        if stored is None:
            stored = StoredFile(kind, data, unique_id, f"{FOLDERS[kind]}/file_{len(self._by_path)}{suffix}")
            self._by_unique_id[unique_id] = stored
            self._by_path[stored.path] = stored
        return stored

    def reference(self, stored: StoredFile) -> dict[str, Any]:
        """A fresh file_id for the file, with the fields that every file object of the Bot API has."""
        serial = next(self._serial).to_bytes(6, "big")
        file_id = "AgACAgIAAxkB" + base64.urlsafe_b64encode(serial + _digest(serial, stored.unique_id)).decode()
        self._by_file_id[file_id] = stored
        return {"file_id": file_id, "file_unique_id": stored.unique_id, "file_size": len(stored.data)}

    def find(self, file_id: str) -> StoredFile | None:
        return self._by_file_id.get(file_id)

    def find_path(self, path: str) -> StoredFile | None:
        return self._by_path.get(path)

    def photo_of(self, data: bytes) -> Photo:
        """The photo that these bytes make. The first call for a content does Pillow work.

        Raises:
            PhotoRefused: Telegram does not take the bytes as a photo.
        """
        key = _digest(data, "photo")
        return self._photos.get(key) or self._keep(key, make_ladder(data))

    async def prepare_photo(self, data: bytes) -> Photo:
        """As `photo_of`, with the Pillow work in a thread.

        Raises:
            PhotoRefused: Telegram does not take the bytes as a photo.
        """
        key = _digest(data, "photo")
        return self._photos.get(key) or self._keep(key, await asyncio.to_thread(make_ladder, data))

    def sizes(self, photo: Photo) -> list[dict[str, Any]]:
        """The photo's PhotoSize objects, smallest first."""
        return [self.reference(stored) | {"width": rung.width, "height": rung.height} for rung, stored in photo.sizes]

    def thumbnail(self, still: bytes) -> dict[str, Any]:
        """The PhotoSize of a still image in the size of Telegram's thumbnails (320 pixels at most)."""
        rung = [rung for rung, _ in self.photo_of(still).sizes[:2]][-1]
        stored = self.put(rung.data, "Thumbnail", ".jpg")
        return self.reference(stored) | {"width": rung.width, "height": rung.height}

    def _keep(self, key: bytes, ladder: tuple[Rung, ...]) -> Photo:
        photo = self._photos.setdefault(key, Photo())
        photo.sizes = tuple((rung, self.put(rung.data, "Photo", ".jpg")) for rung in ladder)
        for _, stored in photo.sizes:
            stored.photo = photo
        return photo


def _digest(data: bytes, person: str) -> bytes:
    return hashlib.blake2b(data, digest_size=16, person=person.encode()[:16]).digest()
