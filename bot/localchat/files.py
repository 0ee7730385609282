"""The files that Telegram's cloud keeps: found again by file_id, told apart by file_unique_id."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.localchat.photos import PhotoSize, content_hash, make_ladder


@dataclass(slots=True)
class StoredFile:
    """One file. `path` is where the download finds it below /file/bot<token>/."""

    kind: str
    data: bytes
    unique_id: str
    path: str


class FileStore:
    """Keeps content once, however often it is sent; every sending gets a file_id of its own."""

    def __init__(self) -> None:
        self._by_unique_id: dict[str, StoredFile] = {}
        self._by_file_id: dict[str, StoredFile] = {}
        self._by_path: dict[str, StoredFile] = {}
        self._photos: dict[bytes, list[tuple[PhotoSize, StoredFile]]] = {}
        self._serial = itertools.count(1)

    def put(self, data: bytes, kind: str, folder: str, suffix: str) -> StoredFile:
        """Stores content as a file of a kind ("photo", "document", ...) or finds it if it is there already."""
        digest = hashlib.blake2b(content_hash(data), digest_size=9, person=kind.encode()[:16]).digest()
        unique_id = "AQAD" + base64.urlsafe_b64encode(digest).decode()
        stored = self._by_unique_id.get(unique_id)
        if stored is None:
            stored = StoredFile(kind, data, unique_id, f"{folder}/file_{len(self._by_path)}{suffix}")
            self._by_unique_id[unique_id] = stored
            self._by_path[stored.path] = stored
        return stored

    def reference(self, stored: StoredFile) -> dict[str, Any]:
        """A fresh file_id for the file, with the fields that every file object of the Bot API has."""
        tail = base64.urlsafe_b64encode(f"{stored.unique_id}:{next(self._serial)}".encode()).decode().rstrip("=")
        file_id = "AgACAgI" + tail
        self._by_file_id[file_id] = stored
        return {"file_id": file_id, "file_unique_id": stored.unique_id, "file_size": len(stored.data)}

    def find(self, file_id: str) -> StoredFile | None:
        return self._by_file_id.get(file_id)

    def find_path(self, path: str) -> StoredFile | None:
        return self._by_path.get(path)

    def photo(self, data: bytes) -> list[dict[str, Any]]:
        """The PhotoSize objects of a photo, smallest first. The first call for a content does Pillow work.

        Raises:
            PhotoRefused: Telegram would not take the bytes as a photo.
        """
        key = content_hash(data)
        if key not in self._photos:
            self._keep_ladder(key, make_ladder(data))
        return self.photo_sizes(key)

    async def prepare_photo(self, data: bytes) -> None:
        """Makes a photo's sizes in a thread, so that `photo` is quick afterwards.

        Raises:
            PhotoRefused: Telegram would not take the bytes as a photo.
        """
        key = content_hash(data)
        if key not in self._photos:
            self._keep_ladder(key, await asyncio.to_thread(make_ladder, data))

    def photo_sizes(self, key: bytes) -> list[dict[str, Any]]:
        return [
            {**self.reference(stored), "width": size.width, "height": size.height} for size, stored in self._photos[key]
        ]

    def _keep_ladder(self, key: bytes, ladder: Sequence[PhotoSize]) -> None:
        self._photos[key] = [(size, self.put(size.data, f"photo-{size.type}", "photos", ".jpg")) for size in ladder]
