"""What people taught: classes of chats, and their photos as numbers.

`bot.services.teaching` makes its changes one after another, so that none comes between two statements of another.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, delete, func, or_, select, update

from bot.domain.media import Media
from bot.storage.database import Database
from bot.storage.durable import patient
from bot.storage.tables import taught_classes, taught_photos
from inference.teaching.class_names import name_key

IN_CHAT = taught_photos.c.chat_id == bindparam("of_chat")
# All columns but the embedding.
COLUMNS = [column for column in taught_photos.c if column.name != "embedding"]

# A class without photos does not count, see the table.
CLASSES = (
    select(taught_classes, func.count(taught_photos.c.id).label("photos"))
    .join(taught_photos, taught_photos.c.class_id == taught_classes.c.id)
    .where(taught_classes.c.chat_id == bindparam("of_chat"), IN_CHAT)
    .group_by(*taught_classes.c)
    .order_by(taught_classes.c.key)
)
CLASS_BY_KEY = select(taught_classes).where(
    taught_classes.c.chat_id == bindparam("of_chat"), taught_classes.c.key == bindparam("of_key")
)
PHOTOS = select(*COLUMNS).where(IN_CHAT).order_by(taught_photos.c.id)
EMBEDDINGS = (
    select(taught_photos.c.id, taught_photos.c.class_id, taught_photos.c.embedding)
    .where(
        IN_CHAT,
        taught_photos.c.model == bindparam("of_model"),
        taught_photos.c.version == bindparam("of_version"),
    )
    .order_by(taught_photos.c.id)
)
EMBEDDING_OF_FILE = (
    select(taught_photos.c.embedding)
    .where(
        IN_CHAT,
        taught_photos.c.file_unique_id.in_(bindparam("files", expanding=True)),
        taught_photos.c.model == bindparam("of_model"),
        taught_photos.c.version == bindparam("of_version"),
    )
    .limit(1)
)
DELETE_EMPTY = delete(taught_classes).where(
    taught_classes.c.chat_id == bindparam("of_chat"),
    taught_classes.c.id.not_in(select(taught_photos.c.class_id).where(IN_CHAT)),
)
CHATS = select(taught_photos.c.chat_id).distinct()
GIVEN = (
    select(*COLUMNS, taught_classes.c.name)
    .join(taught_classes, taught_photos.c.class_id == taught_classes.c.id)
    .where(taught_photos.c.giver_id == bindparam("of_person"))
    .order_by(taught_photos.c.chat_id, taught_classes.c.key, taught_photos.c.id)
)


@dataclass(frozen=True, slots=True)
class StoredClass:
    """A class of a chat.

    Attributes:
        id, name: see `TaughtClass`.
        photos: number of photos.
        last_used_at: time when the class was last recognised, in seconds since 1970, UTC; None for never.
    """

    id: int
    name: str
    photos: int
    last_used_at: int | None


@dataclass(frozen=True, slots=True)
class StoredPhoto:
    """A photo of a class, without its embedding.

    Attributes:
        id: id of the photo; a later photo has a larger id.
        class_id, chat_id, giver_id, message_id: ids of what it belongs to, who gave it, and its message.
        media: file of the photo.
        model, version: model version whose embedding is stored.
        teaching_id: number of the teaching that added the photo.
        given_at: time when it was added, in seconds since 1970, UTC.
        lost_at: time since when Telegram does not serve the file; None if it does.
        lost_told_at: time when the chat was told that the file is lost; None for never.
    """

    id: int
    class_id: int
    chat_id: int
    giver_id: int
    message_id: int
    media: Media
    model: str
    version: str
    teaching_id: int
    given_at: int
    lost_at: int | None = None
    lost_told_at: int | None = None


class Taught:
    """The tables of classes and photos. Each method waits for a while if the database fails temporarily."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._last_id = 0

    def new_id(self) -> int:
        """Return an id that is larger than all earlier ids, unless the clock was set back: a time in microseconds.

        The ids of deleted rows are not used again, so no old button changes another row.
        """
        self._last_id = max(time.time_ns() // 1000, self._last_id + 1)
        return self._last_id

    @patient
    async def chat_ids(self) -> set[int]:
        """Return the ids of all chats with photos."""
        return set((await self._database.execute(CHATS)).scalars())

    @patient
    async def classes(self, chat_id: int) -> tuple[StoredClass, ...]:
        """Return the classes of a chat that have photos, by name."""
        rows = await self._database.execute(CLASSES, {"of_chat": chat_id})
        return tuple(StoredClass(row.id, row.name, row.photos, row.last_used_at) for row in rows)

    @patient
    async def class_id(self, chat_id: int, name: str) -> int | None:
        """Return the id of the class of a name, with or without photos; None if there is no such class."""
        found = await self._database.execute(CLASS_BY_KEY, {"of_chat": chat_id, "of_key": name_key(name)})
        row = found.one_or_none()
        return None if row is None else int(row.id)

    @patient
    async def add_class(self, chat_id: int, name: str, by: int) -> None:
        """Store a class without photos. If the chat has a class without photos of this name, it gets the new name."""
        row = {"id": self.new_id(), "chat_id": chat_id, "name": name, "key": name_key(name)}
        inserted = self._database.insert_into(taught_classes).values(**row, created_by=by, created_at=int(time.time()))
        await self._database.execute(
            inserted.on_conflict_do_update(index_elements=["chat_id", "key"], set_={"name": inserted.excluded.name})
        )

    @patient
    async def rename(self, class_id: int, name: str) -> None:
        change = {"name": name, "key": name_key(name)}
        await self._database.execute(update(taught_classes).where(taught_classes.c.id == class_id).values(change))

    @patient
    async def note_used(self, class_id: int, at: int) -> None:
        """Store when a class was last recognised, in seconds since 1970, UTC."""
        used = update(taught_classes).where(taught_classes.c.id == class_id).values(last_used_at=at)
        await self._database.execute(used)

    @patient
    async def add_photos(self, photos: Sequence[tuple[StoredPhoto, bytes]]) -> None:
        """Store photos with their embeddings: all of them or none. Files that their class has already stay as is."""
        if photos:
            rows = [_row(photo) | {"embedding": embedding} for photo, embedding in photos]
            insert = self._database.insert_into(taught_photos).values(rows)
            await self._database.execute(insert.on_conflict_do_nothing())

    @patient
    async def photos(self, chat_id: int, class_id: int | None = None) -> tuple[StoredPhoto, ...]:
        """Return the photos of a class, or of all classes of a chat, the oldest first."""
        statement = PHOTOS if class_id is None else PHOTOS.where(taught_photos.c.class_id == class_id)
        return tuple(map(_photo, await self._database.execute(statement, {"of_chat": chat_id})))

    @patient
    async def find_photo(self, photo_id: int) -> StoredPhoto | None:
        """Return a photo of any chat; None if there is no such photo."""
        found = await self._database.execute(select(*COLUMNS).where(taught_photos.c.id == photo_id))
        row = found.one_or_none()
        return None if row is None else _photo(row)

    @patient
    async def embeddings(self, chat_id: int, model: str, version: str) -> list[tuple[int, int, bytes]]:
        """Return id, class id and stored embedding of a chat's photos that a model version has read, oldest first."""
        values = {"of_chat": chat_id, "of_model": model, "of_version": version}
        return [tuple(row) for row in await self._database.execute(EMBEDDINGS, values)]

    @patient
    async def embedding_of_file(
        self, chat_id: int, file_unique_ids: Collection[str], model: str, version: str
    ) -> bytes | None:
        """Return the stored embedding of a photo that is taught in a chat; None if the photo is not."""
        values = {"of_chat": chat_id, "files": sorted(file_unique_ids), "of_model": model, "of_version": version}
        return (await self._database.execute(EMBEDDING_OF_FILE, values)).scalar()

    @patient
    async def given_by(self, person_id: int) -> list[tuple[str, StoredPhoto]]:
        """Return the photos that a person gave, in all chats, each with the name of its class."""
        rows = await self._database.execute(GIVEN, {"of_person": person_id})
        return [(row.name, _photo(row)) for row in rows]

    @patient
    async def set_embedding(self, photo_id: int, embedding: bytes, model: str, version: str) -> None:
        """Replace the embedding of a photo. A photo that was removed meanwhile stays removed."""
        change = {"embedding": embedding, "model": model, "version": version, "lost_at": None, "lost_told_at": None}
        await self._database.execute(update(taught_photos).where(taught_photos.c.id == photo_id).values(change))

    @patient
    async def note_lost(self, photo_id: int) -> None:
        """Store that Telegram does not serve the file of a photo any more."""
        lost = update(taught_photos).where(taught_photos.c.id == photo_id).values(lost_at=int(time.time()))
        await self._database.execute(lost)

    @patient
    async def note_told(self, photo_ids: Collection[int], at: int) -> None:
        """Store when a chat was told of lost photos, in seconds since 1970, UTC."""
        told = update(taught_photos).where(taught_photos.c.id.in_(sorted(photo_ids))).values(lost_told_at=at)
        await self._database.execute(told)

    @patient
    async def outdated(self, chat_id: int, model: str, version: str) -> tuple[StoredPhoto, ...]:
        """Return the photos of a chat that a model version has not read, the oldest first."""
        other = or_(taught_photos.c.model != model, taught_photos.c.version != version)
        return tuple(map(_photo, await self._database.execute(PHOTOS.where(other), {"of_chat": chat_id})))

    @patient
    async def move_photos(self, chat_id: int, photo_ids: Collection[int], class_id: int) -> None:
        """Move photos of a chat to another class. Files that this class has already are deleted where they were."""
        moved = (taught_photos.c.chat_id == chat_id) & taught_photos.c.id.in_(sorted(photo_ids))
        await self._move_photos(moved & (taught_photos.c.class_id != class_id), chat_id, class_id)
        await self.delete_empty(chat_id)

    @patient
    async def delete_photos(self, chat_id: int, photo_ids: Collection[int]) -> None:
        """Delete photos of a chat, and the classes that have none left."""
        here = taught_photos.c.id.in_(sorted(photo_ids)) & (taught_photos.c.chat_id == chat_id)
        await self._database.execute(delete(taught_photos).where(here))
        await self.delete_empty(chat_id)

    @patient
    async def erase_chat(self, chat_id: int) -> None:
        """Delete all that was taught in a chat."""
        for table in (taught_photos, taught_classes):
            await self._database.execute(delete(table).where(table.c.chat_id == chat_id))

    @patient
    async def erase_person(self, person_id: int, chat_id: int | None = None) -> None:
        """Delete what a person gave, in one chat or in all chats."""
        given = delete(taught_photos).where(taught_photos.c.giver_id == person_id)
        if chat_id is not None:
            given = given.where(taught_photos.c.chat_id == chat_id)
        chats = set((await self._database.execute(given.returning(taught_photos.c.chat_id))).scalars())
        created = update(taught_classes).where(taught_classes.c.created_by == person_id)
        await self._database.execute(created.values(created_by=None))
        for each in chats:
            await self.delete_empty(each)

    @patient
    async def move_chat(self, old_id: int, new_id: int) -> None:
        """Move all that was taught in a group to the supergroup that replaced it. A second call does nothing."""
        old_classes = select(taught_classes).where(taught_classes.c.chat_id == old_id)
        for old in (await self._database.execute(old_classes)).all():
            row = taught_classes.c.id == old.id
            there = await self.class_id(new_id, old.name)  # taught in both chats
            class_id = old.id if there is None else there
            photos = (taught_photos.c.chat_id == old_id) & (taught_photos.c.class_id == old.id)
            await self._move_photos(photos, new_id, class_id)
            # The photos are moved first: a class without photos in its chat may be deleted.
            moved = update(taught_classes).where(row).values(chat_id=new_id)
            await self._database.execute(moved if there is None else delete(taught_classes).where(row))

    async def _move_photos(self, moved: ColumnElement[bool], chat_id: int, class_id: int) -> None:
        there = taught_photos.alias()
        known = select(there.c.file_unique_id).where(there.c.chat_id == chat_id, there.c.class_id == class_id)
        await self._database.execute(delete(taught_photos).where(moved, taught_photos.c.file_unique_id.in_(known)))
        change = {"chat_id": chat_id, "class_id": class_id}
        await self._database.execute(update(taught_photos).where(moved).values(change))

    @patient
    async def delete_empty(self, chat_id: int) -> None:
        """Delete the classes of a chat that have no photos."""
        await self._database.execute(DELETE_EMPTY, {"of_chat": chat_id})


def _row(photo: StoredPhoto) -> dict[str, Any]:
    return {
        "id": photo.id,
        "class_id": photo.class_id,
        "chat_id": photo.chat_id,
        "giver_id": photo.giver_id,
        "message_id": photo.message_id,
        "file_id": photo.media.file_id,
        "file_unique_id": photo.media.file_unique_id,
        "short_side_px": photo.media.short_side_px,
        "model": photo.model,
        "version": photo.version,
        "teaching_id": photo.teaching_id,
        "given_at": photo.given_at,
        "lost_at": photo.lost_at,
        "lost_told_at": photo.lost_told_at,
    }


def _photo(row: Row[Any]) -> StoredPhoto:
    media = Media(row.file_id, row.file_unique_id, None, short_side_px=row.short_side_px)
    return StoredPhoto(
        row.id,
        row.class_id,
        row.chat_id,
        row.giver_id,
        row.message_id,
        media,
        row.model,
        row.version,
        row.teaching_id,
        row.given_at,
        row.lost_at,
        row.lost_told_at,
    )
